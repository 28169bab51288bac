/** The numbers of both sides and of the pair, and what other measures say. */
import { interval, number, percent, percentInterval } from '../../src/format.js';
import { markup, table, type Markup, type MarkupPart } from '../html/markup.js';
import { limitsUnder, ofComparison, type Comparison, type Properties } from './section.js';

const yes = (flag: boolean): string => (flag ? 'yes' : 'NO');

function sidesTable({ judgement, baseline, candidate }: Comparison): Markup {
  const [a, b] = judgement.sides;
  const row = (name: string, of: (side: typeof a, evidence: typeof baseline) => MarkupPart): MarkupPart[] => [
    name,
    of(a, baseline),
    of(b, candidate),
  ];
  return table(
    'The two sides',
    [{ head: '' }, { head: 'baseline', numeric: true }, { head: 'candidate', numeric: true }],
    [
      row('mean within-model distance', (side) => interval(side.siblings)),
      row('cross-model beyond within-model distance (excess)', (side) => percentInterval(side.excess)),
      row('within-model pair nearer than cross-model pair (T)', (side) => interval(side.T)),
      row('cross-model more than the tolerance beyond within-model (share)', (side) => number(side.beyond)),
      row('self-congruity', (side) => number(side.self.congruity)),
      row('strict score with itself', (side) => number(side.self.strictScore)),
      row(`noise of random halves (${a.self.splits} halvings)`, (side) => percent(side.self.noise)),
      row('shuffled control, excess', (side) => (side.control ? percentInterval(side.control) : 'none')),
      row('agrees with itself within the tolerance', (side) => yes(side.checks.selfCongruent)),
      row('could tell the unrelated apart', (side) => yes(side.checks.powered)),
      row('implementations vary', (side) => yes(side.checks.varied)),
      row('behaviour of the model', (_, evidence) => number(evidence.behaviour)),
      row('draws accepted', (_, evidence) => `${evidence.acceptance.accepted} of ${evidence.acceptance.tried}`),
    ],
  );
}

function pairTable({ judgement }: Comparison): Markup {
  const { energy } = judgement;
  return table(
    'Scores of the pair',
    [{ head: '' }, { head: 'value', numeric: true }],
    [
      ['mean cross-model distance', interval(judgement.strangers)],
      ['congruity, 1 − |T1 + T2 − 1|', interval(judgement.congruity)],
      ['strict score, 1 − max |2 T − 1|', interval(judgement.strictScore)],
      ['energy distance', number(energy.distance)],
      [`p, ${energy.exact ? 'all' : ''} ${energy.permutations} permutations`, number(energy.p)],
    ],
  );
}

const othersTable = ({ measure, alsoReport: others }: Comparison): Markup =>
  table(
    `Other measures under the same rule (the verdict rests on ${measure})`,
    [{ head: '' }, ...others.map((other) => ({ head: other.measure, numeric: true }))],
    [
      ['decides', ...others.map((other) => (other.decides ? 'yes' : 'no'))],
      ['says', ...others.map((other) => other.outcome)],
      ['within-model', ...others.map((other) => other.siblings.map(number).join(' and '))],
      ['cross-model', ...others.map((other) => number(other.strangers))],
      ['excess from baseline', ...others.map((other) => percentInterval(other.excess[0]))],
      ['excess from candidate', ...others.map((other) => percentInterval(other.excess[1]))],
      ['congruity', ...others.map((other) => number(other.congruity))],
    ],
  );

const selfOf = (name: string, { self }: Comparison['judgement']['sides'][0]): Properties => ({
  [`self.congruity.${name}`]: String(self.congruity),
  [`self.noise.${name}`]: String(self.noise),
});

export const scores = ofComparison({
  id: 'scores',
  title: 'Scores',
  html: (evidence) =>
    markup`${sidesTable(evidence)}${pairTable(evidence)}${evidence.alsoReport.length > 0 && othersTable(evidence)}`,
  properties: ({ judgement: { sides, congruity, strictScore, energy } }) => ({
    ...limitsUnder('T1', sides[0].T),
    ...limitsUnder('T2', sides[1].T),
    ...selfOf('baseline', sides[0]),
    ...selfOf('candidate', sides[1]),
    ...limitsUnder('congruity', congruity),
    ...limitsUnder('strictScore', strictScore),
    'energy.distance': String(energy.distance),
    'energy.p': String(energy.p),
  }),
});
