/** Every arbitrary with what the laws need to know of it. `laws.test.ts` holds each row to all of them. */
import * as fc from 'fast-check';
import { select } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { componentSet } from '../../generators/_internals/component-set.js';
import { circuits } from '../../generators/circuits.js';
import { counterfactuals } from '../../generators/counterfactuals.js';
import { exhaustive } from '../../generators/exhaustive.js';
import { mildness } from '../../generators/_internals/mildness.js';
import type { GeneratedImplementation } from '../../generators/_internals/generated-implementation.js';
import { implementation } from '../../generators/implementation.js';
import { implementations, type ImplementationsConstraints } from '../../generators/implementations.js';
import { inputs } from '../../generators/inputs.js';
import { ways } from '../../generators/_internals/sources.js';
import { subsets } from '../../generators/_internals/subsets.js';
import { task } from '../../generators/task.js';
import { template, type TemplatedText } from '../../generators/template.js';
import { tensor, type DrawnTensor } from '../../generators/tensor.js';
import { tensors } from '../../generators/tensors.js';
import { tokens } from '../../generators/tokens.js';
import { both } from '../helpers/tiny.js';

export interface Row<T> {
  readonly name: string;
  /** @param model the tiny model of tests/helpers, for those that need one */
  make(model: Model): fc.Arbitrary<T>;
  /** false, or an error, for a value that may not be drawn */
  isValid(value: T): boolean | void;
  /** what every shrink makes smaller: a number, or several of falling importance */
  size(value: T): number | readonly number[];
  /** the way back from `print`, which is `fc.stringify` by default */
  parse(printed: string, model: Model): T;
  print?(value: T): string;
  equal?(a: T, b: T): boolean;
}

// oxlint-disable-next-line typescript/no-explicit-any
type AnyRow = Row<any>;
const row = <T>(given: Row<T>): AnyRow => given;

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const json = (printed: string): never => JSON.parse(printed) as never;

const names = ['Mary', 'John', 'Tom'] as const;
const places = ['shop', 'park'] as const;
const story = () => template('{A} and {B} went to the {place}. {B} gave', { A: names, B: names, place: places });
/** places of the words in their lists, and whether the two names stand the wrong way round */
const storySize = ({ slots: { A, B, place } }: TemplatedText<'A' | 'B' | 'place'>): number[] => {
  const [a, b] = [names.indexOf(A as never), names.indexOf(B as never)];
  return [a + b + places.indexOf(place as never), Number(a > b)];
};

const evaluate = (printed: string): DrawnTensor => new Function('tensor', `return ${printed}`)(tensor) as DrawnTensor;
const nonZero = ({ data }: DrawnTensor): number[] => Array.from(data).filter((value) => value !== 0);

const sequences = () => tokens({ vocabulary: 7, minLength: 2, maxLength: 4 });
const overSequences = () =>
  task({
    name: 'sequences',
    inputs: sequences(),
    behaviour: accuracy(([a = 0]: readonly number[]) => a),
    threshold: { atLeast: 0 },
  });
const overStories = () =>
  task({
    name: 'stories',
    inputs: story(),
    encode: ({ text }) => [...text].map((letter) => letter.charCodeAt(0)),
    behaviour: accuracy(() => 0),
    threshold: { atLeast: 0 },
  });

/** Two placed inputs print as a pair. */
const pairRow = <I>(
  name: string,
  make: () => ReturnType<typeof counterfactuals<I>>,
  valid: (base: I, source: I) => boolean,
): AnyRow => ({
  name,
  make,
  isValid: ({ base, source }) => valid(base, source),
  size: ({ order }) => order,
  print: ({ base, source }) => JSON.stringify([base, source]),
  parse: (printed) => ({ base: json(printed)[0], source: json(printed)[1] }) as never,
  equal: (a, b) =>
    fc.stringify([a.base, a.source].map(String)) ===
    fc.stringify([b.base, b.source].map((one) => String((one as { text?: string }).text ?? one))),
});
const differing = (a: readonly number[], b: readonly number[]): number[] =>
  a.flatMap((value, at) => (value === b[at] ? [] : [at]));

const withoutModel: readonly AnyRow[] = [
  row({
    name: 'subsets',
    make: () => subsets(range(30), 1),
    isValid: (set) => set.length >= 1 && set.every((one, i) => i === 0 || one > set[i - 1]!),
    size: (set) => set.length,
    parse: json,
  }),
  row({
    name: 'subsets of 3 to 6',
    make: () => subsets(range(9), 3, 6),
    isValid: (set) => set.length >= 3 && set.length <= 6,
    size: (set) => set.length,
    parse: json,
  }),
  row({
    name: 'exhaustive',
    make: () => exhaustive([5, 3, 4], range(7)),
    isValid: ([a, b]) => a >= 3 && a <= 5 && b < 7,
    size: ([a, b]) => [5, 3, 4].indexOf(a) + b,
    parse: json,
  }),
  row({
    name: 'exhaustive, one list',
    make: () => exhaustive(['b', 'a', 'c']),
    isValid: (one) => ['a', 'b', 'c'].includes(one),
    size: (one) => ['b', 'a', 'c'].indexOf(one),
    parse: json,
  }),
  row({
    name: 'tokens',
    make: sequences,
    isValid: (list) => list.length >= 2 && list.length <= 4 && list.every((token) => token >= 0 && token < 7),
    size: (list) => [list.length, sum(list)],
    parse: json,
  }),
  row({
    name: 'tokens of a list, distinct, with a start and an end',
    make: () =>
      tokens({ vocabulary: [9, 2, 5, 4], minLength: 0, maxLength: 3, start: [1], end: [0, 0], distinct: true }),
    isValid: (list) =>
      list[0] === 1 &&
      list.at(-1) === 0 &&
      list.at(-2) === 0 &&
      new Set(list.slice(1, -2)).size === list.length - 3 &&
      list.slice(1, -2).every((token) => [9, 2, 5, 4].includes(token)),
    size: (list) => [list.length, sum(list.slice(1, -2).map((token) => [9, 2, 5, 4].indexOf(token)))],
    parse: json,
  }),
  row<TemplatedText<'A' | 'B' | 'place'>>({
    name: 'template',
    make: story,
    isValid: ({ text, slots: { A, B, place } }) => A !== B && text === `${A} and ${B} went to the ${place}. ${B} gave`,
    size: storySize,
    parse: (printed) => story().parse(json(printed)),
  }),
  row({
    name: 'tensors',
    make: () => tensors({ shape: [2, 3], min: -1, max: 1 }),
    isValid: ({ shape, data }) =>
      shape.join() === '2,3' && data.length === 6 && data.every((value) => value >= -1 && value <= 1),
    // negative comes after positive
    size: (value) => [
      nonZero(value).length,
      sum(nonZero(value).map((entry) => Math.round(100 * Math.abs(entry)))),
      nonZero(value).filter((entry) => entry < 0).length,
    ],
    parse: evaluate,
  }),
  row({
    name: 'tensors of bytes',
    make: () => tensors({ shape: [1, 4, 4], max: 255 }),
    isValid: ({ data }) =>
      data.length === 16 && data.every((value) => Number.isInteger(value) && value >= 0 && value <= 255),
    size: (value) => [nonZero(value).length, sum(nonZero(value))],
    parse: evaluate,
  }),
  row({
    name: 'tensors away from zero',
    make: () => tensors({ shape: [3], min: 0.5, max: 0.9, step: 0.1 }),
    isValid: ({ data }) => data.every((value) => value > 0.499 && value < 0.901),
    size: ({ data }) => [Array.from(data).filter((value) => value !== 0.5).length, sum(Array.from(data))],
    parse: evaluate,
  }),
  row({
    name: 'inputs of a list',
    make: () =>
      inputs(
        task({ name: 't', inputs: pairs(range(5), range(5)), behaviour: accuracy(() => 0), threshold: { atLeast: 0 } }),
      ),
    isValid: ({ input, encoded }) => input === encoded,
    size: ({ input: [a, b] }) => 5 * a + b,
    parse: (printed) => ({ input: json(printed), encoded: json(printed) }),
    equal: (a, b) => String(a.input) === String(b.input),
  }),
  row({
    name: 'inputs of an arbitrary',
    make: () => inputs(overSequences()),
    isValid: ({ input, encoded }) => input === encoded,
    size: ({ input }) => [input.length, sum(input)],
    parse: (printed) => ({ input: json(printed), encoded: json(printed) }),
    equal: (a, b) => String(a.input) === String(b.input),
  }),
  pairRow(
    'counterfactuals',
    () => counterfactuals(both()),
    (a, b) => differing(a, b).length > 0,
  ),
  pairRow(
    'counterfactuals in one position',
    () => counterfactuals(overSequences(), { differ: 'position' }),
    (a, b) => a.length === b.length && differing(a, b).length === 1,
  ),
  pairRow(
    'counterfactuals in the last position',
    () => counterfactuals(overSequences(), { differ: { position: -1 }, pool: 50 }),
    (a, b) => a.length === b.length && differing(a, b).join() === String(a.length - 1),
  ),
  pairRow(
    'counterfactuals in one slot',
    () => counterfactuals(overStories(), { differ: { slot: 'A' } }),
    (a, b) => a.slots.A !== b.slots.A && a.slots.B === b.slots.B && a.slots.place === b.slots.place,
  ),
  pairRow(
    'counterfactuals by a function',
    () => counterfactuals(both(), { differ: ([a = 0, b = 0], [c = 0, d = 0]) => a + b === c + d }),
    ([a, b], [c, d]) => a === d && b === c && a !== b,
  ),
  pairRow(
    'counterfactuals of the task',
    () =>
      counterfactuals(
        task({
          name: 'own',
          inputs: tokens({ vocabulary: 9, minLength: 2, maxLength: 3 }),
          counterfactual: (input, random) => input.map(() => random.below(9)),
          behaviour: accuracy(() => 0),
          threshold: { atLeast: 0 },
        }),
        { pool: 50 },
      ),
    (a, b) => a.length === b.length,
  ),
];

const everything = ['blocks.0.*.*.*'];

function implementationRow(name: string, options: Omit<ImplementationsConstraints<[number, number]>, 'on'>): AnyRow {
  const all = { on: both(), ...options };
  return row<GeneratedImplementation<[number, number]>>({
    name,
    make: (model) => implementations(model, all),
    isValid: (one) =>
      one.components.length > 0 &&
      [all.by ?? 'resample'].flat().includes(one.by) &&
      (one.by === 'resample') === (one.from !== undefined),
    size: ({ components: set, by, from }) => [
      set.length,
      mildness.indexOf(by),
      from ? ways.indexOf(from.kind) : 0,
      from?.kind === 'input' ? from.place : from?.kind === 'shift' ? from.places : (from?.seed ?? 0),
    ],
    print: (one) => JSON.stringify(one),
    parse: (printed, model) => implementation(model, all, json(printed)),
    equal: (a, b) =>
      a.description === b.description &&
      a.components.map((one) => one.name).join() === b.components.map((one) => one.name).join(),
  });
}

const overModel: readonly AnyRow[] = [
  row({
    name: 'circuits',
    make: (model) => circuits(model),
    isValid: ({ components }) => components.length > 0 && components.every(({ kind }) => kind !== 'layer'),
    size: ({ components }) => components.length,
    parse: (printed, model) => componentSet(model, select(model, json(printed))),
  }),
  row({
    name: 'circuits of heads',
    make: (model) => circuits(model, { from: 'heads', minLength: 0 }),
    isValid: ({ components }) => components.every(({ kind }) => kind === 'head'),
    size: ({ components }) => components.length,
    parse: (printed, model) => componentSet(model, select(model, json(printed))),
  }),
  implementationRow('implementations', { outside: everything }),
  implementationRow('implementations by anything', {
    outside: everything,
    by: ['zero', 'mean', 'resample'],
    from: ['drawn', 'input', 'shift'],
  }),
  implementationRow('implementations by mean', { circuit: ['blocks.0.attn'], by: 'mean', minLength: 2 }),
];

export const rows: readonly AnyRow[] = [...withoutModel, ...overModel];
