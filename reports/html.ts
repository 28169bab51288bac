/** report.html: one file that needs nothing else. No script, no network, no font; all pictures inline. */
import { duration, percentInterval, number } from '../src/format.js';
import { badge, checkSection } from './html/check.js';
import { markup, Markup, table } from './html/markup.js';
import { style } from './html/style.js';
import { restartIds } from './html/svg.js';
import type { Report } from './schema.js';
import { validReport } from './validate.js';
import { fromJest, partialInWords, tally } from './words.js';

// the page forbids itself everything it does not need, so that not even a hole in the escaping could load or run anything
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

function overview(report: Report): Markup {
  return table(
    'Checks',
    ['check', 'status', 'excess, baseline', 'excess, candidate', 'congruity'].map((head, j) => ({ head, numeric: j > 1 })),
    report.checks.map((check, i) => {
      const { test, status, evidence, claim } = check;
      const jest = fromJest(check);
      const link = markup`<a href="#check${i + 1}">${test}</a>${jest !== undefined && markup`<br><span class="muted">${jest}</span>`}`;
      if (claim) return [markup`${link}<br><span class="muted">${claim.models.map(({ name }) => name).join(' against ')}: ${claim.received}</span>`, badge(status), '–', '–', '–'];
      if (!evidence) return [link, badge(status), '–', '–', '–'];
      const [a, b] = evidence.judgement.sides;
      return [
        markup`${link}<br><span class="muted">${evidence.candidate.model.name} against ${evidence.baseline.model.name}</span>`,
        badge(status),
        percentInterval(a.excess),
        percentInterval(b.excess),
        number(evidence.judgement.congruity.estimate),
      ];
    }),
  );
}

/**
 * The page's text.
 * @throws as `toJson` for a report that is not valid
 */
export function toHtml(report: Report): string {
  const valid = validReport(report);
  restartIds();
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="congruity-run" content="${valid.run}">
<title>congruity: ${tally(valid)}</title><style>${new Markup(style)}</style></head><body>
<header><h1>congruity report</h1><p><b>${tally(valid)}</b> Exit code ${valid.exitCode}.</p>
${valid.partial !== undefined && markup`<p class="partial"><b>${partialInWords(valid)}</b></p>`}
<p class="muted">congruity ${valid.tool.version}, ${valid.started}, ${duration(valid.seconds)}</p></header>
<main>${valid.checks.length > 0 && overview(valid)}
${valid.checks.map((check, i) => checkSection(check, `check${i + 1}`))}</main></body></html>
`.text;
}
