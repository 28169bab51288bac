/** Within-model and cross-model distances on one axis: histogram, mean and its interval. */
import type { Interval } from '../../src/statistics/judgement.js';
import { interval, isUnbounded, number } from '../../src/format.js';
import { figure, markup, table, type Markup } from '../html/markup.js';
import { scaleOf, type Scale } from '../html/scale.js';
import { limitsUnder, ofComparison, type Comparison } from './section.js';
import { axis, dot, heading, LEFT, line, path, px, RIGHT, svg, type Kind } from '../html/svg.js';

interface Row {
  readonly kind: Kind;
  readonly label: string;
  readonly values: readonly number[];
  readonly mean: Interval;
}

/** Every unordered pair of one model's implementations once. */
export function withinDistances(within: readonly (readonly number[])[]): number[] {
  return within.flatMap((row, i) => row.slice(i + 1));
}

export function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

const bins = 48;
const rowHeight = 72;

function histogram(row: Row, scale: Scale, base: number): Markup {
  const counts = Array.from({ length: bins }, () => 0);
  const step = (RIGHT - LEFT) / bins;
  for (const value of row.values) counts[Math.min(bins - 1, Math.floor((scale(value) - LEFT) / step))]!++;
  const highest = Math.max(...counts, 1);
  const bars = counts.map((n, b) =>
    n === 0 ? '' : `M${px(LEFT + b * step)} ${base}v-${px((36 * n) / highest)}h${px(step - 0.6)}V${base}z`,
  );
  return path(`f-${row.kind} soft`, bars.join(''));
}

function picture(evidence: Comparison): Markup {
  const { distances, judgement } = evidence;
  const rows: Row[] = [
    {
      kind: 'baseline',
      label: 'within the baseline',
      values: withinDistances(distances.within1),
      mean: judgement.sides[0].siblings,
    },
    {
      kind: 'candidate',
      label: 'within the candidate',
      values: withinDistances(distances.within2),
      mean: judgement.sides[1].siblings,
    },
    { kind: 'strangers', label: 'cross-model', values: distances.across.flat(), mean: judgement.strangers },
  ];
  const scale = scaleOf(
    [0, ...rows.flatMap((row) => [...row.values, ...[row.mean.low, row.mean.high].filter((x) => !isUnbounded(x))])],
    LEFT,
    RIGHT,
  );
  const bottom = rows.length * rowHeight + 8;
  const drawn = svg(
    bottom + 38,
    'Distances between the implementations of one model and of two',
    rows.map((row) => `${row.label}: mean ${interval(row.mean)} over ${row.values.length} pairs`).join('; '),
    [
      axis(scale, 4, bottom, `distance (${evidence.measure})`),
      rows.map((row, r) => {
        const base = r * rowHeight + 58;
        const y = base + 9;
        return [
          heading(base - 44, row.label, interval(row.mean)),
          histogram(row, scale, base),
          line(scale(row.mean.low), y, scale(row.mean.high), y, `s-${row.kind} thick`),
          dot(row.kind, scale(row.mean.estimate), y, `${row.label}: mean ${interval(row.mean)}`, 4.5),
        ];
      }),
    ],
  );
  const describe = (row: Row): (string | Markup)[] => {
    const sorted = [...row.values].sort((a, b) => a - b);
    const spread = sorted.length === 0 ? ['–', '–', '–'] : [0, 0.5, 1].map((q) => number(quantile(sorted, q)));
    return [row.label, String(row.values.length), interval(row.mean), ...spread];
  };
  return figure(
    'Within-model and cross-model distances',
    drawn,
    markup`Bars: how often each distance occurs. Mark and line: the mean with its limits.`,
    table(
      'Distances between pairs',
      ['', 'pairs', 'mean', 'least', 'median', 'greatest'].map((head, j) => ({ head, numeric: j > 0 })),
      rows.map(describe),
    ),
  );
}

export const distances = ofComparison({
  id: 'distances',
  title: 'What was measured',
  html: picture,
  properties: ({ judgement: { sides, strangers }, measure }) => ({
    measure,
    ...limitsUnder('siblings.baseline', sides[0].siblings),
    ...limitsUnder('siblings.candidate', sides[1].siblings),
    ...limitsUnder('strangers', strangers),
  }),
});
