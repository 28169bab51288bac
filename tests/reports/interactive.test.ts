/** What the page does in a browser: sort, filter, choose. With Chromium where it is installed. */
import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHtml } from '../../reports/html.js';
import { script } from '../../reports/html/interactive.js';
import { makeCheck, makeUnjudged, reportOf } from './evidence.js';

test('the script writes text alone, and reaches for nothing outside the page', () => {
  expect(script).not.toMatch(
    /innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|fetch|XMLHttp|WebSocket|import|localStorage|cookie|<\//,
  );
  expect(() => new Function(script)).not.toThrow();
});

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const inBrowser = chromium === undefined ? describe.skip : describe;

/** The page as it stands after its own script, and after `drive`, whose result is JSON. */
function inChromium(page: string, drive: string): { dom: string; said: unknown } {
  const folder = mkdtempSync(join(tmpdir(), 'congruity-page-'));
  try {
    const dump = (text: string): string => {
      writeFileSync(join(folder, 'page.html'), text);
      return execFileSync(
        chromium!,
        [
          '--headless',
          '--no-sandbox',
          '--disable-gpu',
          '--dump-dom',
          `--user-data-dir=${folder}/profile`,
          `file://${folder}/page.html`,
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 },
      );
    };
    const driven = page
      .replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '')
      .replace(
        '</body>',
        () => `<script>document.title = JSON.stringify((function () { ${drive} })());</script></body>`,
      );
    const title = /<title>([^<]*)<\/title>/.exec(dump(driven))![1]!;
    return { dom: dump(page), said: JSON.parse(title.replaceAll('&amp;', '&')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

inBrowser(`in a browser${chromium === undefined ? ' (skipped: no Chromium is installed here)' : ''}`, () => {
  test('checks are filtered, sorted and chosen; a pair and a site are told; the policy lets the script run', () => {
    const checks = [
      makeCheck({ m1: 4, m2: 5, offset: 3, test: 'zebra', sites: 3 }),
      makeCheck({ m1: 20, m2: 20, seed: 4, test: 'apple', sites: 3 }),
      makeUnjudged({ test: 'mango' }),
    ];
    const { dom, said } = inChromium(
      toHtml(reportOf(...checks)),
      `
      var set = function (control, value) { control.value = value; control.dispatchEvent(new Event('input')); };
      var bar = document.querySelector('[role=search]');
      var controls = bar.querySelectorAll('input, select');
      var names = function () { return Array.from(document.querySelectorAll('main > .scroll tbody tr')).filter(function (r) { return !r.hidden; }).map(function (r) { return r.querySelector('a').textContent; }); };
      var shown = function () { return Array.from(document.querySelectorAll('section.check')).filter(function (s) { return !s.hidden; }).map(function (s) { return s.querySelector('h2').textContent; }); };
      var out = { first: names() };
      document.querySelector('thead button').click(); out.sorted = names();
      document.querySelector('thead button').click(); out.back = names();
      out.aria = document.querySelector('main > .scroll th').getAttribute('aria-sort');
      set(controls[0], 'ZEB'); out.filtered = [names(), shown()];
      out.live = bar.querySelector('[role=status]').textContent;
      set(controls[0], ''); set(controls[1], '2'); out.status = names();
      set(controls[1], '0'); set(controls[2], '3'); out.chosen = [names().length, shown()]; out.jump = bar.querySelector('a').textContent + ': ' + document.querySelector(bar.querySelector('a').getAttribute('href') + ' h2').textContent;
      set(controls[0], 'nothing has this name'); set(controls[2], '0'); out.none = bar.querySelector('a').hidden; set(controls[0], '');
      var pair = document.querySelector('[aria-label="A pair of implementations"]');
      var two = pair.querySelectorAll('select'); set(two[0], '0'); set(two[1], '1');
      out.pair = pair.querySelector('[role=status]').textContent;
      out.options = two[0].options.length;
      var site = document.querySelector('[aria-label="A site"]');
      set(site.querySelector('select'), '1'); out.site = site.querySelector('[role=status]').textContent;
      out.marked = document.querySelectorAll('#check1-sites tr.chosen').length;
      out.unlabelled = Array.from(document.querySelectorAll('input, select')).filter(function (c) { return c.labels.length !== 1; }).length;
      out.reachable = Array.from(document.querySelectorAll('input, select, button')).every(function (c) { return c.tabIndex === 0; });
      return out;`,
    );
    const { distances } = checks[0]!.evidence!;
    expect(said).toMatchObject({
      first: ['zebra', 'mango', 'apple'],
      sorted: ['apple', 'mango', 'zebra'],
      back: ['zebra', 'mango', 'apple'],
      aria: 'descending',
      filtered: [['zebra'], ['zebra']],
      live: '1 of 3 checks listed',
      status: ['mango'],
      chosen: [3, ['apple']],
      jump: 'Go to the first that is shown: apple',
      none: true,
      options: 9,
      marked: 1,
      unlabelled: 0,
      reachable: true,
    });
    const { pair, site } = said as { pair: string; site: string };
    expect(Number(/are ([\d.e-]+) apart/.exec(pair)![1])).toBeCloseTo(distances.within1[0]![1]!, 2);
    // 6 within the baseline, 10 within the candidate
    expect(pair).toMatch(/^b1 and b2 are .* farther than \d+ of 16 within-model distances\.$/);
    expect(site).toMatch(/^within: baseline, candidate .+; cross-model .+; excess .+$/);
    for (const part of ['role="search"', 'aria-label="A site"', '3 of 3 checks listed']) expect(dom).toContain(part);
  });

  test('a hundred checks with names of any kind: labels stay whole, nothing is wider than a narrow page, no script of a name runs', () => {
    const names = [
      '<script>document.title = 1</script>',
      '"\' & </script><img src=x onerror=alert(1)>',
      '\u05e9\u05dc \u202egnirts',
      'x'.repeat(300),
      '\u{1f680}',
    ];
    const checks = Array.from({ length: 100 }, (_, i) => makeUnjudged({ test: `${names[i % 5]} ${i}` }));
    const { said } = inChromium(
      toHtml(reportOf(...checks, makeCheck({ m1: 4, m2: 4, offset: 3, test: names[3]!, sites: 3 }))),
      `
      document.body.style.width = '360px';
      var right = function (e) { return e.getBoundingClientRect().right - document.body.getBoundingClientRect().left; };
      return {
        controls: document.querySelectorAll('.controls').length,
        tallest: Math.max.apply(null, Array.from(document.querySelectorAll('.control label')).map(function (l) { return l.offsetHeight; })),
        wide: Array.from(document.querySelectorAll('.control > *')).filter(function (e) { return right(e) > 361; }).length,
        images: document.images.length,
        scripts: document.scripts.length,
        headless: Array.from(document.querySelectorAll('th')).filter(function (h) { return h.textContent.trim() === ''; }).length,
      };`,
    );
    // two scripts: the page's, and this one
    expect(said).toEqual({ controls: 3, tallest: expect.any(Number), wide: 0, images: 0, scripts: 2, headless: 0 });
    expect((said as { tallest: number }).tallest).toBeLessThan(40);
  });
});
