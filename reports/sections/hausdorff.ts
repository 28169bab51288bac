/** The two bounds on the Hausdorff distance between the sampled sets. */
import { number } from '../../src/format.js';
import { figure, table, type Markup } from '../html/markup.js';
import { scaleOf } from '../html/scale.js';
import { ofComparison, type Comparison } from './section.js';
import { axis, dot, heading, LEFT, line, RIGHT, svg } from '../html/svg.js';

function picture({ bounds }: Comparison): Markup {
  const scale = scaleOf([0, bounds.necessary, bounds.hausdorff, bounds.sufficient, ...bounds.diameters], LEFT, RIGHT);
  const range = `${number(bounds.necessary)} ≤ ${number(bounds.hausdorff)} ≤ ${number(bounds.sufficient)}`;
  const drawn = svg(
    144,
    'Hausdorff distance between the two sets and its bounds',
    `necessary ≤ Hausdorff ≤ sufficient: ${range}; diameters ${number(bounds.diameters[0])} and ${number(bounds.diameters[1])}`,
    [
      axis(scale, 4, 110, `distance (${bounds.measure})`),
      heading(14, 'between the sets', range),
      line(scale(Math.max(0, bounds.necessary)), 28, scale(bounds.sufficient), 28, 's-strangers thick'),
      line(scale(bounds.necessary), 20, scale(bounds.necessary), 36, 's-strangers thick'),
      line(scale(bounds.sufficient), 20, scale(bounds.sufficient), 36, 's-strangers thick'),
      dot('strangers', scale(bounds.hausdorff), 28, `Hausdorff distance ${number(bounds.hausdorff)}`),
      (['baseline', 'candidate'] as const).map((name, s) => {
        const y = 64 + s * 34;
        const diameter = bounds.diameters[s as 0 | 1];
        return [
          heading(y - 10, `${name} diameter`, number(diameter), 't'),
          line(scale(0), y, scale(diameter), y, `s-${name} thick`),
          dot(name, scale(diameter), y, `${name} diameter ${number(diameter)}`, 4),
        ];
      }),
    ],
  );
  return figure(
    'Bounds',
    drawn,
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

export const hausdorff = ofComparison({ id: 'hausdorff', title: 'Scores', html: picture });
