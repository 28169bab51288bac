/** Where two models part: the same distances at each site alone. */
import type { Evidence } from '../../src/verdict/evidence.js';
import { number, percent } from '../../src/format.js';
import { figure, table, type Markup } from './markup.js';
import { scaleOf } from './scale.js';
import { axis, dot, heading, LEFT, line, RIGHT, shorten, svg } from './svg.js';

const rowHeight = 34;
/** rows beyond these are in the table only */
const shown = 40;

export function sitesPicture(evidence: Evidence): Markup | undefined {
  const { bySite } = evidence;
  if (bySite.length === 0) return undefined;
  const rows = bySite.slice(0, shown);
  const scale = scaleOf([0, ...rows.flatMap((row) => [...row.siblings, row.strangers])], LEFT, RIGHT);
  const bottom = rows.length * rowHeight + 10;
  const first = bySite[0]!;
  const picture = svg(
    bottom + 38,
    'Distance by site',
    `Strangers are farthest beyond siblings at ${first.site}: ${number(first.strangers)} against ${number(Math.max(...first.siblings))}, ${percent(first.excess)} farther.`,
    [
      axis(scale, 4, bottom, `mean distance (${evidence.measure})`),
      rows.map((row, r) => {
        const y = 8 + r * rowHeight + 20;
        return [
          heading(y - 9, shorten(row.site, 40), percent(row.excess), 't code'),
          line(scale(Math.max(...row.siblings)), y, scale(row.strangers), y, 'link'),
          dot('baseline', scale(row.siblings[0]), y, `${row.site}, baseline siblings: ${number(row.siblings[0])}`, 4.5),
          dot(
            'candidate',
            scale(row.siblings[1]),
            y,
            `${row.site}, candidate siblings: ${number(row.siblings[1])}`,
            4.5,
          ),
          dot('strangers', scale(row.strangers), y, `${row.site}, strangers: ${number(row.strangers)}`, 4.5),
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
      ['site', 'siblings: baseline, candidate', 'strangers', 'excess'].map((head, j) => ({ head, numeric: j > 0 })),
      bySite.map((row) => [row.site, row.siblings.map(number).join(', '), number(row.strangers), percent(row.excess)]),
    ),
  );
}
