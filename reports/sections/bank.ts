/** A candidate among the runs of a bank: how strange each is, and the limit for one more of them. */
import { number, percent } from '../../src/format.js';
import { figure, table, type Markup } from '../html/markup.js';
import { scaleOf } from '../html/scale.js';
import { axis, dot, heading, LEFT, line, RIGHT, svg } from '../html/svg.js';
import { linesOf, ofComparison, type Comparison, type Properties } from './section.js';

type Bank = NonNullable<Comparison['bank']>;
type Class = Bank['accepted'];

const short = (x: number): string => number(Number(x.toPrecision(2)));

/** Both classes by what they are called here. */
const classesOf = ({ of, accepted, stop }: Bank): (readonly [string, Class])[] => [
  [of === 'runs' ? 'the bank' : 'accepted copies', accepted],
  ...(stop ? [['to be stopped', stop] as const] : []),
];

/** The height of one class. */
const ROW = 46;

function picture(bank: Bank, candidate: string): Markup {
  const classes = classesOf(bank);
  const values = classes.flatMap(([, one]) => [one.candidate, one.limit, ...one.members.map(({ score }) => score)]);
  const scale = scaleOf([0, ...values], LEFT, RIGHT);
  const bottom = 10 + ROW * classes.length;
  const said = classes.map(
    ([name, one]) =>
      `${name}: ${one.members.length} models up to ${short(one.limit)} at level ${short(one.level)}, the candidate at ${short(one.candidate)}, p = ${short(one.p)}`,
  );
  return svg(bottom + 34, 'How strange the candidate is among the models of a bank', said.join('; '), [
    axis(scale, 4, bottom, 'strangeness: distance to the nearest others'),
    classes.map(([name, one], i) => {
      const y = 34 + ROW * i;
      return [
        heading(y - 18, name, `p = ${short(one.p)}`),
        line(scale(one.limit), y - 12, scale(one.limit), y + 12, 'margin'),
        one.members.map((member) =>
          dot('baseline', scale(member.score), y, `${member.name}: ${number(member.score)}`, 4),
        ),
        dot('candidate', scale(one.candidate), y, `${candidate}: ${number(one.candidate)}`, 6),
      ];
    }),
  ]);
}

export const bank = ofComparison({
  id: 'bank',
  title: 'Bank',
  applies: (evidence) => evidence.bank !== undefined,
  html: (evidence) => {
    const found = evidence.bank!;
    const name = evidence.candidate.model.name;
    return figure(
      found.of === 'runs' ? 'Among runs of the recipe' : 'Among accepted copies',
      picture(found, name),
      `Circles are the models of the bank, the square is the candidate. Beyond the line it is stranger than one more may be; it is different beyond the line by more than ${percent(found.tolerance)}.`,
      table(
        `How strange each is (${found.measure})`,
        [{ head: 'model' }, { head: 'of' }, { head: 'strangeness', numeric: true }],
        classesOf(found).flatMap(([of, one]) => [
          [name, of, number(one.candidate)],
          ...one.members.map((member) => [member.name, of, number(member.score)]),
        ]),
      ),
    );
  },
  lines: ({ bank: found }) =>
    linesOf(
      classesOf(found!).map(([name, one]) => [
        name,
        `p = ${short(one.p)} among ${one.members.length}, level ${short(one.level)}${one === found!.accepted ? `; ${percent(Math.abs(found!.excess))} ${found!.excess < 0 ? 'below' : 'above'} the limit, tolerance ${percent(found!.tolerance)}` : ''}`,
      ]),
    ),
  properties: ({ bank: found }): Properties => ({
    'bank.outcome': found!.outcome,
    'bank.p': String(found!.accepted.p),
    'bank.level': String(found!.accepted.level),
    'bank.excess': String(found!.excess),
    ...(found!.stop && { 'bank.stop.p': String(found!.stop.p) }),
  }),
});
