/** Do the implementations still do the task, and how many of those tried did? */
import { scopeInWords } from '../../src/circuit/scope.js';
import { number, percent, percentInterval, plural } from '../../src/format.js';
import { figure, markup, table, type Markup } from '../html/markup.js';
import { scaleOf } from '../html/scale.js';
import { ofComparison, type Comparison, type Properties } from './section.js';
import { axis, dots, heading, LEFT, line, rect, RIGHT, svg } from '../html/svg.js';

type Side = Comparison['baseline'];

const sidesOf = (evidence: Comparison): [['baseline', Side], ['candidate', Side]] => [
  ['baseline', evidence.baseline],
  ['candidate', evidence.candidate],
];

function behaviourPicture(evidence: Comparison): Markup {
  const sides = sidesOf(evidence);
  const scale = scaleOf(
    sides.flatMap(([, side]) => [side.behaviour, ...side.implementations.map((i) => i.behaviour)]),
    LEFT,
    RIGHT,
    5,
    0.03,
  );
  const picture = svg(
    138,
    'Behaviour of the models and their implementations',
    sides.map(([name, side]) => `${name} model: ${number(side.behaviour)}`).join('; '),
    [
      axis(scale, 4, 104, evidence.task.behaviour),
      sides.map(([name, side], s) => {
        const y = 36 + s * 50;
        return [
          heading(y - 22, name, `model ${number(side.behaviour)}`),
          // a fixed pattern of heights keeps equal values apart
          dots(
            name,
            side.implementations.map(
              (implementation, i) => [scale(implementation.behaviour), y + ((i * 7) % 11) * 2 - 10] as const,
            ),
          ),
          line(scale(side.behaviour), y - 14, scale(side.behaviour), y + 14, `s-${name} thick`),
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
        side.implementations.map((implementation, i) => [
          `${name[0]!}${i + 1}`,
          implementation.description,
          number(implementation.behaviour),
        ]),
      ),
    ),
  );
}

function acceptancePicture(evidence: Comparison): Markup {
  const sides = sidesOf(evidence);
  const scale = scaleOf([0, 1], LEFT, RIGHT, 5);
  const picture = svg(
    116,
    'Acceptance rates',
    sides.map(([name, { acceptance }]) => `${name}: ${acceptance.accepted} of ${acceptance.tried} draws`).join('; '),
    [
      axis(scale, 4, 82, 'draws that preserve behaviour', percent),
      sides.map(([name, { acceptance }], s) => {
        const y = 26 + s * 38;
        return [
          heading(y - 12, name, `${acceptance.accepted} of ${acceptance.tried}`),
          rect(
            LEFT,
            y - 6,
            scale(acceptance.rate.estimate) - LEFT,
            14,
            `f-${name} soft`,
            percentInterval(acceptance.rate),
          ),
          line(scale(acceptance.rate.low), y + 1, scale(acceptance.rate.high), y + 1, `s-${name} thick`),
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
      sides.map(([name, { acceptance }]) => [
        name,
        acceptance.tried,
        acceptance.accepted,
        percentInterval(acceptance.rate),
      ]),
    ),
  );
}

type Searched = NonNullable<Comparison['baseline']['searched']>;

/** What is certain of a search, and what was estimated. */
function searchInWords({ scope, alone, held, untold, runs, how }: Searched): string {
  const parts = [
    `${plural(alone, 'component')} ${alone === 1 ? 'was' : 'were'} patched alone${how === 'gradients' ? ', those first that gradients said matter most' : ''}`,
    ...(held > 0 ? [`${held} only in groups that kept the behaviour`] : []),
    ...(untold > 0 ? [`${untold} could not be told apart within the budget`] : []),
  ];
  return `${scope ? `Searched were ${scopeInWords(scope)}. ` : ''}${parts.join('; ')} (${plural(runs, 'run')}).`;
}

/** The components that matter most, as a table with bars. */
function circuitTables(evidence: Comparison): Markup | undefined {
  const tables = sidesOf(evidence).flatMap(([name, { searched }]) => {
    if (!searched) return [];
    const most = Math.max(...searched.top.map((row) => Math.abs(row.effect)), 0);
    // the number is beside it
    const bar = (effect: number): Markup =>
      markup`<svg width="60" height="10" aria-hidden="true">${rect(0, 1, most > 0 ? (60 * Math.abs(effect)) / most : 0, 8, `f-${name} soft`)}</svg>`;
    const estimates = searched.how === 'gradients';
    return [
      markup`<p>${name}: implementations patch ${searched.patchable} of ${searched.components} components; the others break the behaviour alone, or are the claimed circuit. ${searchInWords(searched)}</p>`,
      searched.top.length > 0 &&
        table(
          `Components of the ${name} that matter most`,
          [
            { head: 'component' },
            { head: 'effect (KL, nats)', numeric: true },
            ...(estimates ? [{ head: 'estimated', numeric: true }] : []),
            { head: '' },
          ],
          searched.top.map((row) => [
            row.component,
            number(row.effect),
            ...(estimates ? [row.estimate === undefined ? '' : number(row.estimate)] : []),
            bar(row.effect),
          ]),
        ),
    ];
  });
  return tables.length === 0
    ? undefined
    : markup`<details><summary>Which components matter</summary>${tables}</details>`;
}

const propertiesOf = (name: string, { behaviour: score, acceptance }: Side): Properties => ({
  [`behaviour.${name}`]: String(score),
  [`acceptance.${name}`]: String(acceptance.rate.estimate),
  [`acceptance.${name}.tried`]: String(acceptance.tried),
  [`acceptance.${name}.accepted`]: String(acceptance.accepted),
});

export const behaviour = ofComparison({
  id: 'behaviour',
  title: 'Implementations',
  html: (evidence) => markup`${behaviourPicture(evidence)}${acceptancePicture(evidence)}${circuitTables(evidence)}`,
  properties: ({ baseline, candidate }) => ({
    ...propertiesOf('baseline', baseline),
    ...propertiesOf('candidate', candidate),
  }),
});
