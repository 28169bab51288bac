/** report.html: one file that needs nothing else. One script of its own, no network, no font; all pictures inline. */
import { duration, number } from '../src/format.js';
import { badge, checkSection } from './html/check.js';
import { script, scriptSource } from './html/interactive.js';
import { markup, Markup, table } from './html/markup.js';
import { style } from './html/style.js';
import { restartIds } from './html/svg.js';
import { counts } from './report.js';
import type { Check, Report } from './schema.js';
import { validReport } from './validate.js';
import { found, fromJest, partialInWords, tally } from './words.js';

// the page forbids itself everything it does not need, so that not even a hole in the escaping could load or run anything
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${scriptSource}; base-uri 'none'; form-action 'none'`;

/** Checks that have pictures and tables; of a hundred they would make a page that no browser likes. */
const FULL = 12;

/** What failed first, then what is open, what could not be judged, and the rest. */
function rank(check: Check): number {
  if (!counts(check)) return 3;
  if (check.status === 'violated' || check.testFailed !== undefined) return 0;
  return check.status === 'not established' ? 1 : check.status === 'not judged' ? 2 : 3;
}

function overview(checks: readonly Check[]): Markup {
  return table(
    'Checks',
    [{ head: 'check' }, { head: 'status' }, { head: 'what was found' }],
    checks.map((check, i) => {
      const { test, status, evidence, claim } = check;
      const models = claim
        ? claim.models.map(({ name }) => name)
        : evidence
          ? [evidence.candidate.model.name, evidence.baseline.model.name]
          : [];
      const notes = [fromJest(check), models.join(' against ')].filter(Boolean);
      return [
        markup`<a href="#check${i + 1}">${test}</a>${notes.map((note) => markup`<br><span class="muted">${note}</span>`)}`,
        badge(status),
        markup`${found(check)}${evidence && `, congruity ${number(evidence.judgement.congruity.estimate)}`}`,
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
  const checks = valid.checks.toSorted((a, b) => rank(a) - rank(b));
  restartIds();
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="congruity-run" content="${valid.run}">
<title>congruity: ${tally(valid)}</title><style>${new Markup(style)}</style></head><body>
<header><h1>congruity report</h1><p><b>${tally(valid)}</b> Exit code ${valid.exitCode}.</p>
${valid.partial !== undefined && markup`<p class="partial"><b>${partialInWords(valid)}</b></p>`}
<p class="muted">congruity ${valid.tool.version}, ${valid.started}, ${duration(valid.seconds)}</p></header>
<main>${checks.length > 0 && overview(checks)}${
    checks.length > FULL &&
    markup`<p>The first ${FULL} in full, the others in short. A report of its own shows any in full: <code>congruity gate --only</code>, or Jest with <code>-t</code>.</p>`
  }
${checks.map((check, i) => checkSection(check, `check${i + 1}`, i < FULL))}</main><script>${new Markup(script)}</script></body></html>
`.text;
}
