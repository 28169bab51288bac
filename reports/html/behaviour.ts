/** Do the implementations still do the task, and how many of those tried did? */
import type { Evidence, SideEvidence } from '../../src/verdict/evidence.js';
import { number, percent, percentInterval } from '../../src/format.js';
import { figure, markup, table, type Markup } from './markup.js';
import { scaleOf } from './scale.js';
import { axis, dot, line, rect, svg, text } from './svg.js';

const left = 150;
const right = 560;

const sidesOf = (evidence: Evidence): [['baseline', SideEvidence], ['candidate', SideEvidence]] => [
  ['baseline', evidence.baseline],
  ['candidate', evidence.candidate],
];

export function behaviourPicture(evidence: Evidence): Markup {
  const sides = sidesOf(evidence);
  const scale = scaleOf(
    sides.flatMap(([, side]) => [side.behaviour, ...side.implementations.map((i) => i.behaviour)]),
    left,
    right,
    5,
    0.03,
  );
  const picture = svg(
    760,
    138,
    'Behaviour of the models and their implementations',
    sides.map(([name, side]) => `${name} model: ${number(side.behaviour)}`).join('; '),
    [
      axis(scale, 4, 100, evidence.task.behaviour),
      sides.map(([name, side], s) => {
        const y = 28 + s * 46;
        return [
          text(left - 12, y + 4, name, 'end', 't b'),
          side.implementations.map((implementation, i) =>
            // a fixed pattern of heights keeps equal values apart
            dot(name, scale(implementation.behaviour), y + ((i * 7) % 11) * 2 - 10, `${name} ${i + 1}: ${number(implementation.behaviour)}`, 3),
          ),
          line(scale(side.behaviour), y - 16, scale(side.behaviour), y + 16, `s-${name} thick`),
          text(right + 12, y + 4, `model ${number(side.behaviour)}`),
        ];
      }),
    ],
  );
  return figure(
    'Behaviour',
    picture,
    `${evidence.task.behaviour} over the inputs; required: ${evidence.task.threshold}. Line: the model itself, marks: its implementations.`,
    sides.map(([name, side]) =>
      table(
        `Implementations of the ${name}`,
        [{ head: '' }, { head: 'what was done' }, { head: 'behaviour', numeric: true }],
        side.implementations.map((implementation, i) => [`${name[0]!}${i + 1}`, implementation.words, number(implementation.behaviour)]),
      ),
    ),
  );
}

export function acceptancePicture(evidence: Evidence): Markup {
  const sides = sidesOf(evidence);
  const scale = scaleOf([0, 1], left, right, 5);
  const picture = svg(
    760,
    108,
    'Acceptance rates',
    sides.map(([name, { acceptance }]) => `${name}: ${acceptance.accepted} of ${acceptance.tried} draws`).join('; '),
    [
      axis(scale, 4, 70, 'draws that preserve behaviour', percent),
      sides.map(([name, { acceptance }], s) => {
        const y = 20 + s * 32;
        return [
          text(left - 12, y + 4, name, 'end', 't b'),
          rect(left, y - 8, scale(acceptance.rate.estimate) - left, 16, `f-${name} soft`, percentInterval(acceptance.rate)),
          line(scale(acceptance.rate.low), y, scale(acceptance.rate.high), y, `s-${name} thick`),
          text(right + 12, y + 4, `${acceptance.accepted} of ${acceptance.tried}`),
        ];
      }),
    ],
  );
  return figure(
    'Acceptance',
    picture,
    'Of the implementations drawn, those that still do the task; line: Wilson interval.',
    table(
      'Acceptance',
      ['', 'tried', 'accepted', 'rate'].map((head, j) => ({ head, numeric: j > 0 })),
      sides.map(([name, { acceptance }]) => [name, acceptance.tried, acceptance.accepted, percentInterval(acceptance.rate)]),
    ),
  );
}

/** The components that matter most, as a table with bars. */
export function circuitTables(evidence: Evidence): Markup | undefined {
  const tables = sidesOf(evidence).flatMap(([name, { searched }]) => {
    if (!searched) return [];
    const most = Math.max(...searched.top.map((row) => Math.abs(row.effect)), 0);
    const bar = (effect: number): Markup =>
      svg(102, 10, `effect ${number(effect)}`, 'share of the largest effect shown', rect(0, 1, most > 0 ? (100 * Math.abs(effect)) / most : 0, 8, `f-${name} soft`));
    return [
      markup`<p>${name}: implementations patch ${searched.patchable} of ${searched.components} components; the others break the behaviour alone, or are the claimed circuit (${searched.runs} runs).</p>`,
      searched.top.length > 0 &&
        table(
          `Components of the ${name} that matter most`,
          [{ head: 'component' }, { head: 'effect (KL, nats)', numeric: true }, { head: '' }],
          searched.top.map((row) => [row.component, number(row.effect), bar(row.effect)]),
        ),
    ];
  });
  return tables.length === 0 ? undefined : markup`<details><summary>Which components matter</summary>${tables}</details>`;
}
