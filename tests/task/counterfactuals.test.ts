/** Counterfactuals differ by value; what has none is left out and counted. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { counterfactuals } from '../../generators/counterfactuals.js';
import { trials } from '../../generators/trials.js';
import { task } from '../../generators/task.js';
import { tiny } from '../helpers/tiny.js';
import { sameInput } from '../../src/model/input.js';
import { random } from '../../src/random.js';
import { accuracy, range } from '../../src/task/index.js';
import { TaskError } from '../../src/errors.js';
import { errorOf } from '../helpers/error-of.js';

const anything = { behaviour: accuracy(() => 0), threshold: { atLeast: 0 } } as const;
const plain = { name: 'plain', tokenizer: undefined, ragged: false };
const of = (inputs: readonly number[][], more: object = {}) =>
  task<number[]>({ name: 't', inputs, ...anything, ...more });

describe('another input of the task', () => {
  const list = fc.array(fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 });

  test('is of the same size and other values; inputs alone in their size are left out, whatever the seed', () => {
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 30 }), fc.nat(), (inputs, n, seed) => {
        const on = of(inputs);
        const given = on.examples(n, seed);
        const sizes = new Map<number, Set<string>>();
        for (const one of inputs) sizes.set(one.length, (sizes.get(one.length) ?? new Set()).add(String(one)));
        const alone = given.inputs.filter((one) => sizes.get(one.length)!.size === 1);
        if (alone.length === given.inputs.length) {
          expect(() => on.withCounterfactuals(given, [plain])).toThrow(
            errorOf(TaskError, /no input of task "t" has a counterfactual/),
          );
          return;
        }
        const kept = on.withCounterfactuals(given, [plain]);
        expect(kept.inputs).toEqual(given.inputs.filter((one) => !alone.includes(one)));
        if (alone.length === 0) expect(kept).toBe(given);
        else
          expect(kept.notes!.at(-1)).toMatch(
            new RegExp(`^${alone.length} inputs? ha(s|ve) no counterfactual .*left out$`),
          );
        on.counterfactuals(kept, seed, plain).forEach((other, i) => {
          expect(other).toHaveLength(kept.inputs[i]!.length);
          expect(sameInput(other, kept.inputs[i]!)).toBe(false);
        });
      }),
    );
  });
  test('is drawn from a source’s examples, and for some of them from all', () => {
    const lengths = [2, 2, 3, 3, 4];
    const on = task<number[]>({
      name: 't',
      inputs: { sample: (n) => range(n).map((i) => Array<number>(lengths[i % 5]!).fill(i)) },
      ...anything,
    });
    const all = on.examples(5, 0);
    const kept = on.withCounterfactuals(all, [plain]);
    expect(kept.inputs.map((one) => one.length)).toEqual([2, 2, 3, 3]);
    // alone among these
    const some = { inputs: kept.inputs.slice(1, 3), pool: kept };
    expect(on.withCounterfactuals(some, [plain])).toBe(some);
    expect(on.counterfactuals(some, 1, plain)).toEqual([kept.inputs[0], kept.inputs[3]]);
    expect(() => on.counterfactuals(all, 1, plain)).toThrow(
      errorOf(TaskError, /input 4 of task "t" is the only one with 4 tokens/),
    );
  });
  test('is what it was where nothing repeats', () => {
    const inputs = range(20).map((i) => [i, i]);
    const stream = random(9, 'counterfactuals');
    const expected = inputs.map((one) => {
      for (;;) {
        const other = inputs[stream.below(20)]!;
        if (other !== one) return other;
      }
    });
    const on = of(inputs);
    expect(on.counterfactuals(on.examples(20, 0), 9, plain)).toEqual(expected);
  });
  test('with NaN in both, is another', () => {
    const nan = (x: number) => ({ shape: [2], data: Float32Array.of(NaN, x) });
    const on = task({ name: 't', inputs: [nan(1), nan(2), nan(1)], ...anything });
    expect(on.counterfactuals(on.examples(3, 0), 0, plain)).toEqual([nan(2), nan(1)]);
  });
});

describe('a counterfactual of the task’s own', () => {
  const reversed = { counterfactual: (one: number[]) => one.toReversed() };
  test('that gives the input again is none', () => {
    const on = of(
      [
        [0, 1],
        [1, 1],
        [2, 0],
      ],
      reversed,
    );
    const kept = on.withCounterfactuals(on.examples(3, 0), [plain]);
    expect(kept.inputs).toEqual([
      [0, 1],
      [2, 0],
    ]);
    expect(kept.notes).toEqual([
      expect.stringMatching(/^1 input has no counterfactual \(the task's counterfactual gives it again\): left out$/),
    ]);
    expect(on.counterfactuals(kept, 0, plain)).toEqual([
      [1, 0],
      [0, 2],
    ]);
    expect(() => on.counterfactuals(on.examples(3, 0), 0, plain)).toThrow(
      errorOf(TaskError, /counterfactual of input 1 of task "t" is that input again/),
    );
  });
  test('is drawn again where it does so by chance', () => {
    const on = of(
      range(30).map((i) => [i % 3, i]),
      { counterfactual: ([, b]: number[], { below }: { below: (n: number) => number }) => [below(3), b!] },
    );
    const examples = on.examples(30, 0);
    expect(on.withCounterfactuals(examples, [plain])).toBe(examples);
    for (const seed of range(20))
      on.counterfactuals(examples, seed, plain).forEach((other, i) =>
        expect(sameInput(other, examples.inputs[i]!)).toBe(false),
      );
  });
  test('whole orbits of a symmetry are left out', () => {
    const swap = ([a, b]: number[]) => [b!, a!];
    // [1, 0] has none
    const on = of(
      [
        [0, 1],
        [1, 0],
        [2, 3],
        [3, 2],
      ],
      { symmetries: { swap }, counterfactual: ([a, b]: number[]) => (a === 1 ? [a, b!] : [a!, b! + 1]) },
    );
    const kept = on.withCounterfactuals(on.examples(4, 0), [plain]);
    expect(kept.inputs).toEqual([
      [2, 3],
      [3, 2],
    ]);
    expect(on.relabellings(kept)).toEqual([Uint32Array.of(1, 0)]);
    expect(kept.notes).toEqual([
      expect.stringMatching(
        /^1 input has no counterfactual .*, with 1 input that a symmetry takes to one of these: left out$/,
      ),
    ]);
  });
  test('an arbitrary of pairs holds none that is the input again', () => {
    const on = of(
      [
        [1, 1],
        [0, 1],
        [2, 2],
        [2, 0],
      ],
      reversed,
    );
    fc.assert(
      fc.property(counterfactuals(on), ({ base: [a, b], source }) => a !== b && source[0] === b && source[1] === a),
    );
    expect(() => fc.sample(counterfactuals(of([[1, 1]], reversed)), 1)).toThrow(
      errorOf(TaskError, /is that input again/),
    );
  });
});

test('pairs are of inputs as the task has them, and of what a model takes', () => {
  const inputs = [
    ['a', 0],
    ['b', 0],
    ['c', 1],
    ['a', 1],
  ].map(([text, label]) => ({ text: text as string, label: label as number }));
  const on = task({ name: 't', inputs, encode: ({ text }) => [text.charCodeAt(0)], ...anything });
  const seen = new Set<string>();
  fc.assert(
    fc.property(counterfactuals(on), ({ base, source, encoded }) => {
      expect(inputs).toContain(base);
      expect(inputs).toContain(source);
      expect([encoded.base, encoded.source]).toEqual([[base.text.charCodeAt(0)], [source.text.charCodeAt(0)]]);
      seen.add(`${base.text}${base.label}`);
      // the same to the model, whatever its label
      return base.text !== source.text;
    }),
  );
  expect(seen.size).toBe(4);
});

test('trials are about every label of an input, and take activations from inputs that differ', async () => {
  const model = await tiny();
  const inputs = [
    [0, 0],
    [0, 1],
    [1, 1],
    [0, 0],
  ].map((tokens, i) => ({ tokens, label: i }));
  const on = task({
    name: 't',
    inputs,
    encode: ({ tokens }) => tokens,
    behaviour: accuracy(() => 0),
    threshold: { atLeast: 0 },
  });
  const space = trials(model, { on, outside: ['blocks.0.attn.head.0'] });
  const found = space.every(space.free, 'resample', 100)!;
  // four bases with two sources each
  expect(found.map(({ input, source }) => `${input!.input.label}<${source(input!)!.input.label}`).toSorted()).toEqual([
    '0<1',
    '0<2',
    '1<0',
    '1<2',
    '2<0',
    '2<1',
    '3<1',
    '3<2',
  ]);
  model.dispose();
});
