/** Where two models part: the same distances at each site alone. */
import type { Evidence } from '../../src/verdict/evidence.js';
import { number, percent } from '../../src/format.js';
import { figure, table, type Markup } from './markup.js';
import { scaleOf } from './scale.js';
import { axis, dot, line, svg, text } from './svg.js';
import { shorten } from './svg.js';

const left = 250;
const right = 600;
const rowHeight = 22;
/** rows beyond these are in the table only */
const shown = 40;

export function sitesPicture(evidence: Evidence): Markup | undefined {
  const { bySite } = evidence;
  if (bySite.length === 0) return undefined;
  const rows = bySite.slice(0, shown);
  const scale = scaleOf([0, ...rows.flatMap((row) => [...row.siblings, row.strangers])], left, right);
  const bottom = rows.length * rowHeight + 10;
  const first = bySite[0]!;
  const picture = svg(
    760,
    bottom + 38,
    'Distance by site',
    `Strangers are farthest beyond siblings at ${first.site}: ${number(first.strangers)} against ${number(Math.max(...first.siblings))}, ${percent(first.excess)} farther.`,
    [
      axis(scale, 4, bottom, `mean distance (${evidence.measure})`),
      rows.map((row, r) => {
        const y = 8 + r * rowHeight + rowHeight / 2;
        return [
          text(left - 10, y + 4, shorten(row.site, 36), 'end', 't code'),
          line(scale(Math.max(...row.siblings)), y, scale(row.strangers), y, 'link'),
          dot('baseline', scale(row.siblings[0]), y, `${row.site}, baseline siblings: ${number(row.siblings[0])}`, 4.5),
          dot('candidate', scale(row.siblings[1]), y, `${row.site}, candidate siblings: ${number(row.siblings[1])}`, 4.5),
          dot('strangers', scale(row.strangers), y, `${row.site}, strangers: ${number(row.strangers)}`, 4.5),
          text(right + 16, y + 4, percent(row.excess)),
        ];
      }),
    ],
  );
  const more = bySite.length > shown ? ` The first ${shown} of ${bySite.length} sites; the table has all.` : '';
  return figure(
    'Distance by site',
    picture,
    `Circle: baseline siblings, square: candidate siblings, diamond: strangers; on the right the smaller excess of the two sides.${more}`,
    table(
      'Mean distance at each site',
      ['site', 'baseline siblings', 'candidate siblings', 'strangers', 'excess'].map((head, j) => ({ head, numeric: j > 0 })),
      bySite.map((row) => [row.site, number(row.siblings[0]), number(row.siblings[1]), number(row.strangers), percent(row.excess)]),
    ),
  );
}
