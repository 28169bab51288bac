/** An input counts once, by its value. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { template } from '../../generators/template.js';
import { task } from '../../generators/task.js';
import { contentKey, sameInput, type ModelInput } from '../../src/model/input.js';
import { alikeFor, distinctInputs, distinctKey, ofGroups } from '../../src/task/distinct.js';
import { accuracy, range } from '../../src/task/index.js';
import { TaskError } from '../../src/errors.js';
import { errorOf } from '../helpers/error-of.js';

const anything = { behaviour: accuracy(() => 0), threshold: { atLeast: 0 } } as const;
const plain = { name: 'plain', tokenizer: undefined, ragged: false };
const letters = {
  description: 'letters',
  size: 26,
  encode: (text: string) => [...text.toLowerCase()].map((c) => c.charCodeAt(0) - 97),
  decode: () => '',
  token: () => 0,
};

/** The slow way: two inputs are one where all their entries are, told apart by Object.is but for the sign of zero. */
const sameList = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((x, i) => Object.is(x + 0, b[i]! + 0));

describe('equal values', () => {
  // short lists are compared as text and long ones by digest: both
  const numbers = fc.oneof(
    fc.array(fc.constantFrom(0, -0, NaN, 1, 0.1, -1e300), { maxLength: 3 }),
    fc.array(fc.constantFrom(0, -0, NaN), { minLength: 63, maxLength: 66 }),
  );
  const asOne = (list: readonly number[], kind: number): ArrayLike<number> =>
    kind === 0 ? list : Float64Array.from(list);

  test('are found whatever list or typed array holds them', () => {
    fc.assert(
      fc.property(numbers, numbers, fc.nat(1), fc.nat(1), (a, b, one, other) => {
        const [x, y] = [
          { shape: [a.length], data: asOne(a, one) },
          { shape: [b.length], data: asOne(b, other) },
        ] as unknown as [ModelInput, ModelInput];
        expect(distinctKey(x) === distinctKey(y)).toBe(sameList(a, b));
        expect(contentKey(x) === contentKey(y)).toBe(sameList(a, b));
        expect(sameInput(x, y)).toBe(sameList(a, b));
      }),
      { numRuns: 300 },
    );
  });
  test('of models’ inputs: tokens and a tensor of one axis, integers of both kinds, names in any order, NaN of any bits', () => {
    expect(sameInput([1, 2], { shape: [2], data: Float32Array.of(1, 2) })).toBe(true);
    expect(sameInput({ shape: [2], data: BigInt64Array.of(1n, 2n) }, [1, 2])).toBe(true);
    expect(sameInput({ a: [1], b: [2] }, { b: [2], a: [1] })).toBe(true);
    expect(sameInput({ a: [1], b: [2] }, { a: [2], b: [1] })).toBe(false);
    expect(sameInput({ shape: [1, 2], data: [1, 2] }, { shape: [2, 1], data: [1, 2] })).toBe(false);
    const wide = (bits: bigint): ModelInput => ({
      shape: [80],
      data: new Float64Array(BigUint64Array.from({ length: 80 }, () => bits).buffer),
    });
    expect(sameInput(wide(0x7ff8000000000000n), wide(0xfff8000000000123n))).toBe(true);
    const large = (last: bigint): ModelInput => ({ shape: [80], data: BigInt64Array.from({ length: 80 }, () => last) });
    expect(sameInput(large(2n ** 60n), large(2n ** 60n + 1n))).toBe(false);
    expect(sameInput(large(5n), { shape: [80], data: Array<number>(80).fill(5) })).toBe(true);
  });
  test('what cannot be looked into equals itself only, and an object within itself ends', () => {
    class Opaque {
      constructor(readonly value: number) {}
    }
    const [one, cyclic] = [new Opaque(1), {} as Record<string, unknown>];
    cyclic['self'] = cyclic;
    expect(
      distinctInputs<unknown>([one, new Opaque(1), one, cyclic, cyclic, Symbol.for('x'), Symbol.for('x')]),
    ).toHaveLength(4);
    expect(distinctInputs([new Date(5), new Date(5), new Date(6)])).toHaveLength(2);
    const [long, other] = ['a'.repeat(100), `${'a'.repeat(99)}b`];
    expect(distinctInputs([long, other, `${long}`])).toEqual([long, other]);
  });
});

describe('task.examples', () => {
  const list = fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 40 });

  test('a list with repeats gives what the list without them gives', () => {
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 50 }), fc.nat(), (inputs, n, seed) => {
        const once = [...new Map(inputs.map((one) => [String(one), one])).values()];
        const [repeated, clean] = [
          task({ name: 't', inputs, ...anything }),
          task({ name: 't', inputs: once, ...anything }),
        ];
        expect(repeated.size).toBe(once.length);
        const { inputs: found, notes } = repeated.examples(n, seed);
        expect(found).toEqual(clean.examples(n, seed).inputs);
        const repeats = inputs.length - once.length;
        expect(notes ?? []).toEqual(
          repeats === 0
            ? []
            : [expect.stringMatching(new RegExp(`^${repeats} inputs? of the ${inputs.length} listed repeat`))],
        );
      }),
    );
  });
  test('an arbitrary over few values is drawn from until all are there, or as good as', () => {
    const of = (count: number) =>
      task({
        name: 't',
        inputs: fc.record({ a: fc.nat(count - 1), b: fc.constant(new Float32Array(3)) }),
        ...anything,
      });
    for (const seed of range(5)) {
      expect(
        new Set(
          of(100)
            .examples(100, seed)
            .inputs.map(({ a }) => a),
        ).size,
      ).toBe(100);
      const few = of(7).examples(100, seed);
      expect(few.inputs).toHaveLength(7);
      expect(few.notes).toEqual([expect.stringMatching(/^\d+ inputs were drawn, and 7 of them are distinct$/)]);
      expect(of(7).examples(100, seed)).toEqual(few);
    }
    expect(of(100).examples(100, 1).notes).toBeUndefined();
  });
  test('a source that does not repeat is asked once, and what it gives is taken as it is', () => {
    const asked: number[] = [];
    const free = task({ name: 't', inputs: { sample: (n: number) => (asked.push(n), range(n)) }, ...anything });
    expect(free.examples(50, 1).inputs).toEqual(range(50));
    expect(asked).toEqual([50]);
  });
  test('texts of a template that read the same are one input', () => {
    const story = template('{A} and {B}', { A: ['Mary', 'John'], B: ['Mary', 'John'] });
    expect(
      task({ name: 't', inputs: story, ...anything })
        .examples(50, 0)
        .inputs.map(String)
        .toSorted(),
    ).toEqual(['John and Mary', 'Mary and John']);
  });
});

describe('inputs that a model takes alike', () => {
  const labelled = [
    ['ab', 0],
    ['AB', 1],
    ['cd', 0],
    ['ab', 2],
    ['xy', 0],
  ].map(([text, answer]) => ({ text: text as string, answer: answer as number }));
  const on = task({ name: 't', inputs: labelled, ...anything });
  const examples = on.examples(10, 0);

  test('are inputs of their own to the task and one to representations', () => {
    expect(examples.inputs).toHaveLength(5);
    expect(alikeFor(on, examples, [{ ...plain, tokenizer: letters }])).toEqual({
      first: Uint32Array.of(0, 2, 4),
      group: Uint32Array.of(0, 0, 1, 0, 2),
    });
  });
  test('what either of two models takes alike counts', () => {
    const first = { ...letters, encode: (text: string) => [text.length, text.charCodeAt(0)] };
    const last = { ...letters, encode: (text: string) => [text.length, text.charCodeAt(1)] };
    const chain = task({ name: 't', inputs: ['ab', 'ac', 'bc', 'xy'], ...anything });
    const some = chain.examples(4, 0);
    const group = (...tokenizers: (typeof letters)[]) =>
      alikeFor(
        chain,
        some,
        tokenizers.map((tokenizer) => ({ ...plain, tokenizer })),
      )?.group;
    expect(group(letters)).toBeUndefined();
    expect(group(letters, first)).toEqual(Uint32Array.of(0, 0, 1, 2));
    expect(group(last)).toEqual(Uint32Array.of(0, 1, 1, 2));
    expect(group(first, last)).toEqual(Uint32Array.of(0, 0, 0, 1));
  });
  test('relabellings of inputs become relabellings of their groups', () => {
    // inputs 2 k and 2 k + 1 are one; a rotation of the groups, and an exchange inside each
    const group = Uint32Array.of(0, 0, 1, 1, 2, 2);
    const alike = { first: Uint32Array.of(0, 2, 4), group };
    const perms = [0, 1, 2].flatMap((by) =>
      [0, 1].map((swap) => Uint32Array.from(range(6), (i) => (((i >> 1) + by) % 3) * 2 + ((i + swap) % 2))),
    );
    expect(ofGroups(perms, alike, 't')).toEqual(
      [0, 0, 1, 1, 2, 2].map((by) => Uint32Array.from(range(3), (i) => (i + by) % 3)),
    );
    expect(() => ofGroups([Uint32Array.of(1, 2, 3, 4, 5, 0)], alike, 't')).toThrow(
      errorOf(TaskError, /inputs 0 and 1 of task "t" are one to the models/),
    );
  });
  test('symmetries of a list with repeats are those of the list without', () => {
    const swap = ([a, b]: readonly [number, number]): [number, number] => [b, a];
    const inputs: [number, number][] = [
      [0, 1],
      [1, 0],
      [2, 2],
      [0, 1],
      [2, 2],
    ];
    const symmetric = task({ name: 't', inputs, ...anything, symmetries: { swap } });
    expect(symmetric.relabellings(symmetric.examples(10, 0))).toEqual([Uint32Array.of(1, 0, 2)]);
  });
});
