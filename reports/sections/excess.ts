/** The quantity that decides, against the tolerance: how much larger the cross-model distance is than the within-model distance, seen from each side. */
import { lowerLevel } from '../../src/verdict/rule/policy.js';
import { isUnbounded, percent, percentInterval } from '../../src/format.js';
import { figure, table, type Markup } from '../html/markup.js';
import { scaleOf } from '../html/scale.js';
import { limitsUnder, ofComparison, type Comparison } from './section.js';
import { axis, dot, heading, LEFT, line, over, path, px, rect, RIGHT, svg, text, type Kind } from '../html/svg.js';

const rowHeight = 42;

interface Row {
  readonly kind: Kind;
  readonly label: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly description: string;
  readonly splits?: readonly number[];
}

function rowsOf(evidence: Comparison): Row[] {
  const { sides } = evidence.judgement;
  const kinds = ['baseline', 'candidate'] as const;
  const excess = kinds.map((kind, s): Row => {
    const e = sides[s as 0 | 1].excess;
    return {
      kind,
      label: `from the ${kind}`,
      ...e,
      description: percentInterval(e),
      splits: evidence.bySplit.map((split) => split[s as 0 | 1]),
    };
  });
  const noise = kinds.map((kind, s): Row => {
    const value = sides[s as 0 | 1].self.noise;
    return {
      kind,
      label: `${kind} against itself`,
      estimate: value,
      low: value,
      high: value,
      description: percent(value),
    };
  });
  const control = kinds.flatMap((kind, s): Row[] => {
    const c = sides[s as 0 | 1].control;
    return c ? [{ kind, label: `shuffled, ${kind}`, ...c, description: percentInterval(c) }] : [];
  });
  return [...excess, ...noise, ...control];
}

function picture(evidence: Comparison): Markup {
  const { policy, oneSideSuffices } = evidence.judgement;
  const { margin, beta } = policy;
  const rows = rowsOf(evidence);
  // controls are far off by construction: they may leave the picture, the deciding rows may not
  const deciding = rows.filter((row) => !row.label.startsWith('shuffled'));
  const scale = scaleOf(
    [0, 2 * margin, ...deciding.flatMap((row) => [row.low, row.high, row.estimate, ...(row.splits ?? [])])].filter(
      (x) => !isUnbounded(x),
    ),
    LEFT,
    RIGHT,
    5,
    0.03,
  );
  const bottom = rows.length * rowHeight + 26;
  const beyond = (row: Row): boolean => row.low > scale.domain[1];
  const drawn = svg(
    bottom + 38,
    'How much larger the cross-model distance is than the within-model distance',
    `Tolerance ${percent(margin)}. ${rows.map((row) => `${row.label}: ${row.description}`).join('; ')}.`,
    [
      rect(LEFT, 18, scale(margin) - LEFT, bottom - 18, 'allowed'),
      axis(scale, 18, bottom, 'cross-model beyond within-model distance', percent),
      line(scale(margin), 14, scale(margin), bottom, 'margin'),
      over(scale(margin), 10, `tolerance ${percent(margin)}`, 't b'),
      rows.map((row, r) => {
        const y = 18 + r * rowHeight + 27;
        return [
          heading(y - 12, row.label, row.description, r < 2 ? 't b' : 't'),
          row.splits &&
            row.splits.length > 0 &&
            path(`s-${row.kind}`, row.splits.map((split) => `M${px(scale(split))} ${px(y + 6)}v6`).join('')),
          beyond(row)
            ? text(RIGHT - 2, y + 4, '→ beyond', 'end', 't m')
            : [
                row.low < row.high && line(scale(row.low), y, scale(row.high), y, `s-${row.kind} thick`),
                dot(row.kind, scale(row.estimate), y, `${row.label}: ${row.description}`),
              ],
        ];
      }),
    ],
  );
  return figure(
    'Excess against the tolerance',
    drawn,
    `The excess is how much larger the cross-model distance is than the within-model distance, on average. The tolerance is ${percent(margin)}. “Equivalent” needs both of the first two lines to end inside the tolerance, “different” ${oneSideSuffices ? 'one of them' : 'both'} to begin beyond it (docs/verdict.md has the whole rule). ` +
      `“Against itself” is what random halves of one set show; the shuffled control is unrelated by construction. ` +
      `Lines run from the lower limit (wrong in at most ${percent(lowerLevel(policy, oneSideSuffices))} of cases) to the upper (${percent(beta)}).` +
      (evidence.bySplit.length > 0 ? ' Small ticks: single train/test splits.' : '') +
      (evidence.singleSite ? ` All of it is at ${evidence.singleSite.site} alone.` : ''),
    [
      table(
        'Excess',
        [{ head: '' }, { head: 'estimate [interval]', numeric: true }],
        rows.map((row) => [row.label, row.description]),
      ),
      evidence.bySplit.length > 0 &&
        table(
          'Excess with one train/test split alone',
          [{ head: 'split' }, { head: 'from baseline', numeric: true }, { head: 'from candidate', numeric: true }],
          evidence.bySplit.map((split, i) => [String(i + 1), percent(split[0]), percent(split[1])]),
        ),
    ],
  );
}

export const excess = ofComparison({
  id: 'excess',
  title: 'What was measured',
  html: picture,
  properties: ({ judgement: { policy, sides } }) => ({
    margin: String(policy.margin),
    ...Object.assign(
      {},
      ...(['baseline', 'candidate'] as const).map((name, s) => {
        const side = sides[s as 0 | 1];
        return {
          ...limitsUnder(`excess.${name}`, side.excess),
          ...(side.control && limitsUnder(`control.${name}`, side.control)),
        };
      }),
    ),
  }),
});
