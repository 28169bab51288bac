import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { levels, wholeMatrix } from '../../reports/sections/heatmap.js';
import { number } from '../../src/format.js';
import { script } from '../../reports/html/interactive.js';
import { escapeHtml, markup, table } from '../../reports/html/markup.js';
import { heatSteps, scaleOf, ticksBetween } from '../../reports/html/scale.js';
import { quantile, withinDistances } from '../../reports/sections/distances.js';
import { toHtml } from '../../reports/html.js';
import { anyReport, makeCheck, makeUnjudged, reportOf } from './evidence.js';

const tags = new Set(
  (
    '!doctype html head meta title style body header main section h1 h2 h3 p b a br ul li pre code span div figure figcaption details summary ' +
    'table caption thead tbody tr th td svg desc g rect line text circle polygon path use script'
  ).split(' '),
);
const attributes = new Set(
  'html lang charset name content http-equiv id class href role scope aria-labelledby viewbox width height x y x1 y1 x2 y2 cx cy r points text-anchor transform d aria-hidden aria-label tabindex'.split(
    ' ',
  ),
);

/** Reads a page as strictly as it is written: known tags, known quoted attributes, everything closed, text without a bare <. */
function parse(page: string): { texts: string[]; tags: string[] } {
  const open: string[] = [];
  const texts: string[] = [];
  const seen: string[] = [];
  const token = /<(\/?)([!a-z][a-z0-9]*)((?:\s+[a-zA-Z0-9-]+(?:="[^"<>]*")?)*)\s*(\/?)>/y;
  let at = 0;
  while (at < page.length) {
    const next = page.indexOf('<', at);
    const text = page.slice(at, next < 0 ? page.length : next);
    if (open.at(-1) === 'script') {
      // a script ends at its own end tag, whatever it holds
      const end = page.indexOf('</script>', at);
      if (page.slice(at, end) !== script) throw new Error('a script that is not the page’s own');
      open.pop();
      seen.push('script');
      at = end + '</script>'.length;
      continue;
    }
    if (open.at(-1) !== 'style') {
      if (/>/.test(text)) throw new Error(`bare > in ${text.slice(0, 80)}`);
      texts.push(text);
    }
    if (next < 0) break;
    token.lastIndex = next;
    const match = token.exec(page);
    if (!match) throw new Error(`not a tag: ${page.slice(next, next + 80)}`);
    const [whole, closing, name, given, self] = match as unknown as [string, string, string, string, string];
    if (!tags.has(name)) throw new Error(`unexpected <${name}>`);
    seen.push(name);
    for (const [, attribute] of given.matchAll(/\s([a-zA-Z0-9-]+)(?:="[^"]*")?/g))
      if (!attributes.has(attribute!.toLowerCase())) throw new Error(`unexpected attribute ${attribute!}`);
    if (closing) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else if (!self && !['!doctype', 'meta', 'br'].includes(name)) open.push(name);
    at = next + whole.length;
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(' ')}`);
  return { texts, tags: seen };
}

const decode = (text: string): string =>
  text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name]!,
  );

describe('whatever names, words and sizes a report holds', () => {
  test('the page has only its own tags and attributes, and is closed', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const page = toHtml(report);
        const { texts, tags: seen } = parse(page);
        // the page's own, opened and closed
        expect(seen.filter((tag) => tag === 'script')).toHaveLength(2);
        expect(/NaN|Infinity|undefined|\[object/.exec(page)?.[0]).toBeUndefined();
        const all = texts.map(decode).join('\n');
        for (const { status } of report.checks) expect(all.includes(status)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('the same report gives the same page', () => {
    fc.assert(
      fc.property(anyReport, (report) => expect(toHtml(report)).toBe(toHtml(structuredClone(report)))),
      { numRuns: 10 },
    );
  });
});

test('a script in a name is shown, not run', () => {
  const name = '<script>alert("1")</script>';
  const page = toHtml(
    reportOf(makeCheck({ test: name, words: name, file: name }), makeUnjudged({ test: name, what: name })),
  );
  expect(page.split('<script')).toHaveLength(2);
  expect(parse(page).texts.map(decode)).toContain(name);
});

test('nothing is fetched: no address of another file, and a policy that forbids it', () => {
  const page = toHtml(reportOf(makeCheck({ offset: 2 })));
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
  expect(decode(policy)).toBe(
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; base-uri 'none'; form-action 'none'`,
  );
  expect(/(?:https?:)?\/\/[a-z]|url\(|@import|\bsrc=/.exec(page)?.[0]).toBeUndefined();
  for (const [, target] of page.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^#(?:check|p)\d+$/);
});

test('every picture has a title, a description and its numbers', () => {
  const page = toHtml(reportOf(makeCheck({ m1: 4, m2: 5, offset: 1 })));
  // but for bars beside a number
  const pictures = [
    ...page.matchAll(
      /<svg [^>]*aria-labelledby="(p\d+t) (p\d+d)"[^>]*><title id="\1">[^<]+<\/title><desc id="\2">[^<]+<\/desc>/g,
    ),
  ];
  expect(pictures.length).toBe([...page.matchAll(/<svg(?! width="60" height="10" aria-hidden)/g)].length);
  const figures = page.split('<figure>').slice(1);
  expect(figures.length).toBe(8);
  for (const figure of figures)
    expect(/<details><summary>Numbers: [^]*<(?:table|pre class="numbers")>/.test(figure.split('</figure>')[0]!)).toBe(
      true,
    );
  // ids are unique
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

/** Cells of a path like `M3 5h2`. */
const cellsOf = (d: string): string[] =>
  [...d.matchAll(/M(\d+) (\d+)h(\d+)/g)].flatMap(([, x, y, length]) =>
    Array.from({ length: Number(length) }, (_, i) => `${y!} ${Number(x) + i}`),
  );

test('the heat map has a cell per pair, in the colour of its distance, and the numbers beside it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 6 }), fc.integer(), (m1, m2, seed) => {
      const { distances } = makeCheck({ m1, m2, seed }).evidence!;
      const whole = wholeMatrix(distances);
      const max = Math.max(...whole.flat());
      const place = (i: number): number => (i < m1 ? i : i + 1);
      const seen = levels(whole, max, place).flatMap((d, q) => cellsOf(d).map((cell) => [cell, q] as const));
      const wanted = whole.flatMap((row, i) =>
        row
          .slice(0, i)
          .map(
            (distance, j) =>
              [`${place(i)} ${place(j)}`, Math.min(heatSteps - 1, Math.floor((distance / max) * heatSteps))] as const,
          ),
      );
      expect(new Map(seen)).toEqual(new Map(wanted));
      expect(seen).toHaveLength(((m1 + m2) * (m1 + m2 - 1)) / 2);
    }),
    { numRuns: 30 },
  );
  const check = makeCheck({ m1: 3, m2: 4 });
  const { distances } = check.evidence!;
  distances.across[2]![3] = 0.77777;
  const whole = wholeMatrix(distances);
  for (let i = 0; i < 7; i++) for (let j = 0; j < 7; j++) expect(whole[i]![j]).toBe(whole[j]![i]);
  expect(whole[2]![6]).toBe(0.77777);
  const rows = /<pre class="numbers">([^<]*)</
    .exec(toHtml(reportOf(check)))![1]!
    .trim()
    .split('\n');
  expect(rows.map((row) => row.split(':')[0])).toEqual(['b2', 'b3', 'c1', 'c2', 'c3', 'c4']);
  expect(rows[5]!.split(' ').slice(1)).toEqual(whole[6]!.slice(0, 6).map(number));
  expect(rows[5]!.split(' ')[3]).toBe('0.778');
});

test('what failed comes first, then what is open, then what was not judged, then the rest', () => {
  const held = { ...makeCheck({ m1: 20, m2: 20, seed: 4, test: 'held' }), replay: 'x' };
  const checks = [
    held,
    makeUnjudged({ test: 'not judged' }),
    makeCheck({ m1: 3, m2: 12, offset: 0.95, seed: 3, test: 'open' }),
    { ...makeCheck({ offset: 3, test: 'set aside' }), aside: 'tried again' },
    { ...held, test: 'its test failed', testFailed: 'for another reason' },
    makeCheck({ offset: 3, test: 'violated' }),
  ];
  expect(checks.map(({ status }) => status)).toEqual([
    'held',
    'not judged',
    'not established',
    'violated',
    'held',
    'violated',
  ]);
  const page = toHtml(reportOf(...checks));
  const wanted = ['its test failed', 'violated', 'open', 'not judged', 'held', 'set aside'];
  expect([...page.matchAll(/<a href="#check(\d+)">([^<]*)<\/a>/g)].map(([, n, name]) => [n, name])).toEqual(
    wanted.map((name, i) => [String(i + 1), name]),
  );
  expect([...page.matchAll(/<h2 id="check(\d+)h">([^<]*)<\/h2>/g)].map(([, , name]) => name)).toEqual(wanted);
});

test('of many checks the first are in full, and a hundred take little', () => {
  const [held, violated] = [makeCheck({ m1: 20, m2: 20, seed: 4 }), makeCheck({ m1: 20, m2: 20, offset: 3 })];
  const page = toHtml(
    reportOf(...Array.from({ length: 100 }, (_, i) => ({ ...(i === 99 ? violated : held), test: `check ${i}` }))),
  );
  const sections = page.split('<section').slice(1);
  expect(sections).toHaveLength(100);
  expect(sections[0]).toContain('check 99');
  sections.forEach((section, i) => expect(section.includes('<h3>Set-up</h3>')).toBe(i < 12));
  for (const section of sections.slice(12))
    for (const part of ['cross-model distance', 'In short', 'report.json', 'Replay'])
      expect(section.includes(part)).toBe(true);
  expect(page).toContain('The first 12 in full');
  // a cell an element took 370 kB each
  expect(sections[0]!.length).toBeLessThan(60_000);
  expect(page.length).toBeLessThan(1_000_000);
});

test('a table of claims has no columns of dashes', () => {
  const page = toHtml(reportOf(makeUnjudged(), makeCheck()));
  expect(page).not.toContain('>–<');
});

test('histograms count every pair once', () => {
  const page = toHtml(reportOf(makeCheck({ m1: 7, m2: 5 })));
  expect(page.includes('21 pairs')).toBe(true);
  expect(page.includes('10 pairs')).toBe(true);
  expect(page.includes('35 pairs')).toBe(true);
  expect(
    withinDistances([
      [0, 1, 2],
      [1, 0, 3],
      [2, 3, 0],
    ]),
  ).toEqual([1, 2, 3]);
});

test('the page says which rule it was: either set or both, at which level, and of which site', () => {
  const page = (parts: Parameters<typeof makeCheck>[0]): string => toHtml(reportOf(makeCheck(parts)));
  const both = page({ seed: 2, sites: 2, offset: 3 });
  expect(both).toContain('“different” both to begin beyond it');
  expect(both).toContain('wrong in at most 5 % of cases');
  expect(both).not.toContain('All of it is at');
  const either = page({ seed: 3, sites: 3, offset: 3 });
  expect(either).toContain('“different” one of them to begin beyond it');
  expect(either).toContain('wrong in at most 2.5 % of cases');
  expect(either).toContain('All of it is at blocks.1.hook_resid_post alone.');
});

test('the page says what failed and what would settle it, or why nothing was judged', () => {
  const open = makeCheck({ m1: 3, m2: 12, offset: 0.95, seed: 3 });
  const page = toHtml(reportOf(open, makeUnjudged()));
  expect(page.includes('sufficiency not established')).toBe(true);
  expect(page.includes(escapeHtml(open.evidence!.judgement.wouldSettle!))).toBe(true);
  expect(page.includes('The header says 2000 bytes')).toBe(true);
  expect(page.includes('Copy the file again')).toBe(true);
  expect(page.includes(escapeHtml(open.replay))).toBe(true);
});

describe('pieces', () => {
  test('quantile: as numpy.quantile', () => {
    [0, 0.25, 0.5, 0.9, 1].forEach((q, i) =>
      expect(quantile([1, 2, 4, 8], q)).toBeCloseTo([1, 1.75, 3, 6.8, 8][i]!, 12),
    );
  });
  test('markup escapes values, keeps markup, drops nothing else', () => {
    expect(markup`<p>${'<&"\'>'}${markup`<b>${1}</b>`}${[undefined, null, false, 'x', 0]}</p>`.text).toBe(
      '<p>&lt;&amp;&quot;&#39;&gt;<b>1</b>x0</p>',
    );
  });
  test('ticks are round, inside and few', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        (low, width) => {
          const ticks = ticksBetween(low, low + width);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(13);
          const slack = 1e-8 * (Math.abs(low) + width);
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(low - slack);
            expect(tick).toBeLessThanOrEqual(low + width + slack);
          }
        },
      ),
    );
    expect(ticksBetween(0, 0.48)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  });
  test('a scale keeps order and stays inside, also for one value or none', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 5 }), (values) => {
        const scale = scaleOf(values, 10, 20);
        const places = [...values].sort((a, b) => a - b).map(scale);
        places.forEach((place, i) => {
          expect(place).toBeGreaterThanOrEqual(10);
          expect(place).toBeLessThanOrEqual(20);
          if (i > 0) expect(place).toBeGreaterThanOrEqual(places[i - 1]!);
        });
      }),
    );
  });
});

test('a table that may be wider than its window can be scrolled by keyboard; one without heads has no row of them', () => {
  const columns = (n: number, head: (i: number) => string) => Array.from({ length: n }, (_, i) => ({ head: head(i) }));
  const wide = table('Many "columns"', columns(6, String), [['a']]).text;
  expect(wide).toContain(
    '<div class="scroll" tabindex="0" role="region" aria-label="Many &quot;columns&quot;"><table>',
  );
  const narrow = table(
    'Few',
    columns(5, (i) => (i === 0 ? '' : 'head')),
    [['a']],
  ).text;
  expect(narrow).toMatch(/^<div class="scroll"><table>.*<thead><tr><td><\/td><th scope="col">head<\/th>/);
  expect(
    table(
      'None',
      columns(2, () => ''),
      [['a', 'b']],
    ).text,
  ).not.toContain('<thead>');
});
