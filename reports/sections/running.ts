/** The course of the running test: the evidence of each side after every block of draws, against what makes it certain. */
import type { SequentialEvidence, Trajectory } from '../../src/verdict/sequential/evidence.js';
import { BLOCK } from '../../src/verdict/sequential/running-test.js';
import { drawingInWords, leadingClaim, marginLines } from '../../src/verdict/words.js';
import { capital, number, percent } from '../../src/format.js';
import { figure, markup, table, type Markup } from '../html/markup.js';
import { scaleOf } from '../html/scale.js';
import { ofComparison } from './section.js';
import { axis, dots, line, path, px, RIGHT, svg, text } from '../html/svg.js';

const left = 78;
const top = 16;
const bottom = 196;
/** Below this, evidence is shown at the floor: it only says that the other claim is the likelier. */
const FLOOR = -1.5;

const kinds = ['baseline', 'candidate'] as const;
const odds = (log10: number): string => number(Number((10 ** log10).toPrecision(2)));

function course(measure: string, trajectory: Trajectory, { last, earlyLooks }: SequentialEvidence): Markup {
  const { levels, blocks, sides } = trajectory;
  const which = leadingClaim(trajectory);
  const goal = -Math.log10(which === 'near' ? levels.beta : levels.alpha);
  const x = scaleOf([0, BLOCK * blocks], left, RIGHT, Math.min(6, blocks));
  const values = sides.flatMap((side) => side[which]).map((v) => Math.max(FLOOR, v));
  const y = scaleOf([FLOOR, goal * 1.1, ...values], bottom, top, 5);
  const claim =
    which === 'near'
      ? 'the cross-model distance is mostly within the tolerance'
      : 'the cross-model distance is mostly beyond the tolerance';
  const picture = svg(
    bottom + 38,
    `The running test under ${measure}`,
    `Evidence that ${claim}: ${kinds.map((kind, s) => `${kind} ${odds(sides[s]![which].at(-1) ?? 0)} to 1`).join(', ')}; certain at ${odds(goal)} to 1.`,
    [
      axis(x, top, bottom, 'draws a side'),
      y.ticks
        .filter((tick) => Number.isInteger(tick))
        .map((tick) => [
          line(left, y(tick), RIGHT, y(tick), 'grid'),
          text(left - 8, y(tick) + 4, `${odds(tick)} to 1`, 'end', 't m'),
        ]),
      line(left, y(goal), RIGHT, y(goal), 'margin'),
      text(left + 4, y(goal) - 5, `certain: ${odds(goal)} to 1`, 'start', 't b'),
      kinds.map((kind, s) => {
        const at = [0, ...sides[s]![which]].map((v, b) => [x(BLOCK * b), y(Math.max(FLOOR, v))] as const);
        return [
          path(
            `line s-${kind} thick`,
            at.map(([across, up], b) => `${b === 0 ? 'M' : 'L'}${px(across)} ${px(up)}`).join(''),
          ),
          dots(kind, at.slice(1), 'dots large'),
        ];
      }),
    ],
  );
  return figure(
    `Running test (${measure})`,
    picture,
    `Evidence that ${claim}, as the odds at which a fair bet against it would by now stand; seen from the baseline (circles) and the candidate (squares). Where the opposite is true, they reach the line with a probability of at most ${number(which === 'near' ? levels.beta : levels.alpha)}, however often one looks. Drawing stops there if the rule agrees at its share of the level: ${percent(last)} is for the last look, the rest for the ${earlyLooks} sample sizes before it.`,
    table(
      'Odds to 1 after each block of draws: that the cross-model distance is mostly within the tolerance, and beyond it',
      [
        { head: 'draws a side', numeric: true },
        ...kinds.map((kind) => ({ head: `${kind}: within, beyond`, numeric: true })),
      ],
      Array.from({ length: blocks }, (_, b) => [
        String(BLOCK * (b + 1)),
        ...sides.map((side) => `${odds(side.near[b]!)}, ${odds(side.far[b]!)}`),
      ]),
    ),
  );
}

export const running = ofComparison({
  id: 'running',
  title: 'What was measured',
  html: ({ sequential, smallestMargin, largestMargin }) =>
    markup`<p>Drawing: ${drawingInWords(sequential)}.</p>${marginLines({ smallestMargin, largestMargin }).map(
      ([label, text]) => markup`<p>${capital(label)} ${text}.</p>`,
    )}${sequential.running.map(({ measure, trajectory }) => course(measure, trajectory, sequential))}`,
  properties: ({ sequential: { levels, stopped }, smallestMargin, largestMargin, baseline, candidate }) => ({
    alpha: String(levels.alpha),
    beta: String(levels.beta),
    draws: String(Math.max(baseline.implementations.length, candidate.implementations.length)),
    stopped,
    ...(smallestMargin.margin !== undefined && { 'margin.smallest': String(smallestMargin.margin) }),
    ...(largestMargin && { 'margin.largest': String(largestMargin.margin) }),
  }),
});
