/** The two bounds on the Hausdorff distance between the sampled sets. */
import type { Evidence } from '../../src/verdict/evidence.js';
import { number } from '../../src/format.js';
import { figure, table, type Markup } from './markup.js';
import { scaleOf } from './scale.js';
import { axis, dot, line, svg, text } from './svg.js';

const left = 150;
const right = 560;

export function boundsPicture({ bounds }: Evidence): Markup {
  const scale = scaleOf([0, bounds.necessary, bounds.hausdorff, bounds.sufficient, ...bounds.diameters], left, right);
  const range = `${number(bounds.necessary)} ≤ ${number(bounds.hausdorff)} ≤ ${number(bounds.sufficient)}`;
  const picture = svg(
    760,
    130,
    'Hausdorff distance between the two sets and its bounds',
    `necessary ≤ Hausdorff ≤ sufficient: ${range}; diameters ${number(bounds.diameters[0])} and ${number(bounds.diameters[1])}`,
    [
      axis(scale, 4, 92, `distance (${bounds.measure})`),
      text(left - 12, 26, 'between the sets', 'end', 't b'),
      line(scale(Math.max(0, bounds.necessary)), 22, scale(bounds.sufficient), 22, 's-strangers thick'),
      line(scale(bounds.necessary), 13, scale(bounds.necessary), 31, 's-strangers thick'),
      line(scale(bounds.sufficient), 13, scale(bounds.sufficient), 31, 's-strangers thick'),
      dot('strangers', scale(bounds.hausdorff), 22, `Hausdorff distance ${number(bounds.hausdorff)}`),
      text(right + 12, 26, range),
      (['baseline', 'candidate'] as const).map((name, s) => {
        const y = 52 + s * 22;
        const diameter = bounds.diameters[s as 0 | 1];
        return [
          text(left - 12, y + 4, `${name} diameter`, 'end'),
          line(scale(0), y, scale(diameter), y, `s-${name} thick`),
          dot(name, scale(diameter), y, `${name} diameter ${number(diameter)}`, 4),
          text(right + 12, y + 4, number(diameter)),
        ];
      }),
    ],
  );
  return figure(
    'Bounds',
    picture,
    `Under ${bounds.measure}, where the triangle inequality holds: the farthest pair and the smaller set bound the distance between the sets from below (necessary), the nearest pair and the larger set from above (sufficient).`,
    table(
      `Bounds (${bounds.measure})`,
      [{ head: '' }, { head: 'distance', numeric: true }],
      [
        ['necessary: at least', number(bounds.necessary)],
        ['Hausdorff distance of the samples', number(bounds.hausdorff)],
        ['sufficient: at most', number(bounds.sufficient)],
        ['baseline diameter', number(bounds.diameters[0])],
        ['candidate diameter', number(bounds.diameters[1])],
      ],
    ),
  );
}
