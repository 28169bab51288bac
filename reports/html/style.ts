/** The page's style: system fonts, light and dark, and paper. */
import { heatSteps } from './scale.js';

type Rgb = readonly [number, number, number];
const rgb = (hex: string): Rgb => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as unknown as Rgb;

/** One hue, its lightness running away from the page's background: far pairs stand out in either scheme. */
const lightStops = ['#eef5fb', '#bcd9ee', '#6baed6', '#2171b5', '#08306b'].map(rgb);
const darkStops = ['#16222e', '#1d4468', '#2f7ab8', '#7fbfe8', '#eaf6ff'].map(rgb);

function heatColours(stops: readonly Rgb[]): string {
  return Array.from({ length: heatSteps }, (_, q) => {
    const at = (q / (heatSteps - 1)) * (stops.length - 1);
    const k = Math.min(stops.length - 2, Math.floor(at));
    const mixed = stops[k]!.map((a, c) => Math.round(a + (stops[k + 1]![c]! - a) * (at - k)));
    return `.q${q}{stroke:rgb(${mixed.join(',')})}`;
  }).join('');
}

/** The same on white, for pictures by themselves. */
export const lightHeat = heatColours(lightStops);

export const style = `
:root{color-scheme:light dark;--page:#fff;--panel:#f6f8fa;--ink:#1b1f24;--muted:#57606a;--line:#d0d7de;--grid:#eaeef2;
--baseline:#0068a8;--candidate:#c2410c;--strangers:#7a3fc4;--held:#14713a;--violated:#b91c1c;--open:#8a5a00;--none:#5b4b8a;--allowed:#e3f4e8}
@media screen and (prefers-color-scheme:dark){:root{--page:#0f1419;--panel:#181f27;--ink:#e6edf3;--muted:#9aa7b4;--line:#36414d;--grid:#222b35;
--baseline:#58b4f0;--candidate:#ff9457;--strangers:#c39bff;--held:#5fd38a;--violated:#ff8080;--open:#f0c25c;--none:#b9a8f0;--allowed:#16301f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem 4rem;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.25rem;margin:0}h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0}a{color:var(--baseline)}
.muted,figcaption,caption{color:var(--muted)}
figcaption b{color:var(--ink)}
.badge{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .6rem;font-size:.85rem;font-weight:600;white-space:nowrap}
.held{color:var(--held)}.violated{color:var(--violated)}.not-established{color:var(--open)}.not-judged{color:var(--none)}
section.check{border-top:3px solid var(--line);margin-top:2.5rem;padding-top:1.25rem}
section.check>header{display:flex;gap:.75rem;align-items:baseline;flex-wrap:wrap}
.verdict{border-left:4px solid var(--line);background:var(--panel);padding:.5rem 1rem;margin:1rem 0}
.verdict.held{border-color:var(--held)}.verdict.violated{border-color:var(--violated)}.verdict.not-established{border-color:var(--open)}.verdict.not-judged{border-color:var(--none)}
.verdict>*{color:var(--ink)}.verdict ul{margin:.25rem 0;padding-left:1.25rem}
pre{background:var(--panel);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem;margin:.5rem 0;white-space:pre-wrap}
code,pre,.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.875em}
pre code{font-size:1em}
figure{margin:1.5rem 0 0}figcaption{margin-bottom:.5rem;font-size:.9rem;max-width:46rem}
svg{display:block;max-width:100%}.picture{width:30rem;height:auto;overflow:visible}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.9rem;margin:.75rem 0;overflow-wrap:normal}
caption{text-align:left;font-size:.85rem;padding-bottom:.25rem}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word;max-width:24rem}.wide td{max-width:46rem}
th{font-weight:600}tbody th{font-weight:400}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
[hidden]{display:none!important}.controls{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:1rem 0 .5rem}.controls p{flex-basis:100%;margin:0;min-height:1.5em}
.control{display:flex;gap:.4rem;align-items:center;max-width:100%}.control label{flex:none}.control>:last-child{min-width:0}.controls input,.controls select,th button{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:.3rem;padding:.2rem .4rem;min-height:2rem}
th button{font-weight:600;cursor:pointer}th[aria-sort=ascending] button::after{content:' ▲'}th[aria-sort=descending] button::after{content:' ▼'}.chosen{outline:2px solid var(--baseline)}
:focus-visible{outline:2px solid var(--baseline);outline-offset:2px}@media print{.controls{display:none}th button{border:0;padding:0;background:none}}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--muted);font-size:.9rem}
.t{font:12px system-ui,sans-serif;fill:var(--ink);paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}.t.b{font-weight:600}.t.m{fill:var(--muted)}.t.code{font:11px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}.t.s{font-size:10px}
.grid{stroke:var(--grid)}.axis{stroke:var(--muted)}.link{stroke:var(--line);stroke-width:3}
.margin{stroke:var(--held);stroke-width:1.5;stroke-dasharray:5 3}.allowed{fill:var(--allowed)}
${['baseline', 'candidate', 'strangers'].map((kind) => `.f-${kind}{fill:var(--${kind})}.s-${kind}{stroke:var(--${kind})}`).join('')}
.soft{opacity:.45}.thick{stroke-width:2.5}
.cells path{stroke-width:1;shape-rendering:crispEdges}.self{stroke:var(--grid)}.line{fill:none}.dots{stroke-width:6;stroke-linecap:round}.dots.s-candidate{stroke-linecap:square;stroke-width:5}.dots.large{stroke-width:8}.dots.large.s-candidate{stroke-width:7}
.numbers{overflow-wrap:normal}
${lightHeat}
@media screen and (prefers-color-scheme:dark){${heatColours(darkStops)}}
@media screen and (max-width:40rem){.n,.badge{white-space:normal}th,td{padding:.25rem .3rem;overflow-wrap:anywhere}table{font-size:.8rem}.n,.badge{overflow-wrap:normal}.badge{padding:0 .4rem;font-size:.75rem}thead th{overflow-wrap:normal}th[scope=row]{min-width:5.3em}.wide th[scope=row]{min-width:7.5em}}
@media print{body{max-width:none;padding:0;font-size:11pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
figure,.verdict,tr{break-inside:avoid}h2,h3,figcaption{break-after:avoid}section.check{break-before:page}.scroll{overflow:visible}details:not([open]){display:none}}
`;
