/** Where two models part: the same distances at each site alone. */
import { number, percent } from '../../src/format.js';
import { figure, table, type Markup } from '../html/markup.js';
import { scaleOf } from '../html/scale.js';
import { ofComparison, type Comparison } from './section.js';
import { axis, dot, heading, LEFT, line, RIGHT, shorten, svg } from '../html/svg.js';

const rowHeight = 34;
/** rows beyond these are in the table only */
const shown = 40;

function picture(evidence: Comparison): Markup {
  const { bySite } = evidence;
  const rows = bySite.slice(0, shown);
  const scale = scaleOf([0, ...rows.flatMap((row) => [...row.siblings, row.strangers])], LEFT, RIGHT);
  const bottom = rows.length * rowHeight + 10;
  const first = bySite[0]!;
  const drawn = svg(
    bottom + 38,
    'Distance by site',
    `The cross-model distance is farthest beyond the within-model distance at ${first.site}: ${number(first.strangers)} against ${number(Math.max(...first.siblings))}, ${percent(first.excess)} more.`,
    [
      axis(scale, 4, bottom, `mean distance (${evidence.measure})`),
      rows.map((row, r) => {
        const y = 8 + r * rowHeight + 20;
        return [
          heading(y - 9, shorten(row.site, 40), percent(row.excess), 't code'),
          line(scale(Math.max(...row.siblings)), y, scale(row.strangers), y, 'link'),
          dot(
            'baseline',
            scale(row.siblings[0]),
            y,
            `${row.site}, within the baseline: ${number(row.siblings[0])}`,
            4.5,
          ),
          dot(
            'candidate',
            scale(row.siblings[1]),
            y,
            `${row.site}, within the candidate: ${number(row.siblings[1])}`,
            4.5,
          ),
          dot('strangers', scale(row.strangers), y, `${row.site}, cross-model: ${number(row.strangers)}`, 4.5),
        ];
      }),
    ],
  );
  const more = bySite.length > shown ? ` The first ${shown} of ${bySite.length} sites; the table has all.` : '';
  return figure(
    'Distance by site',
    drawn,
    `Circle: within the baseline, square: within the candidate, diamond: cross-model; on the right the smaller excess of the two sides.${more}`,
    table(
      'Mean distance at each site',
      ['site', 'within: baseline, candidate', 'cross-model', 'excess'].map((head, j) => ({ head, numeric: j > 0 })),
      bySite.map((row) => [row.site, row.siblings.map(number).join(', '), number(row.strangers), percent(row.excess)]),
    ),
  );
}

export const sites = ofComparison({
  id: 'sites',
  title: 'What was measured',
  applies: ({ bySite }) => bySite.length > 0,
  html: picture,
  properties: ({ bySite: [worst] }) => ({ worstSite: worst!.site, 'worstSite.excess': String(worst!.excess) }),
});
