import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError, TaskError } from '../../src/errors.js';
import { random } from '../../src/random.js';
import { accuracy, crossEntropy, klToClean, logitDifference, pairs, range } from '../../src/task/index.js';
import { inputKey, LARGEST_ORBIT, orbitsOf } from '../../src/task/symmetries.js';
import { task } from '../../generators/task.js';
import { errorOf } from '../helpers/error-of.js';

type Pair = readonly [number, number];
const plain = { name: 'plain', tokenizer: undefined, ragged: false };
const sum = (p: number) => accuracy(([a, b]: Pair) => (a + b) % p);
const times =
  (u: number, p: number) =>
  ([a, b]: Pair): Pair => [(u * a) % p, (u * b) % p];
const swap = ([a, b]: Pair): Pair => [b, a];
/** addition modulo a prime; `unit` generates all units */
const addition = (p: number, unit: number) =>
  task<Pair>({
    name: 'addition',
    inputs: pairs(range(p), range(p)),
    behaviour: sum(p),
    threshold: { atLeast: 0.9 },
    symmetries: { units: times(unit, p), swap },
  });
const withSymmetries = (symmetries: Record<string, (input: Pair) => Pair>, p = 7) =>
  task<Pair>({
    name: 'addition',
    inputs: pairs(range(p), range(p)),
    behaviour: sum(p),
    threshold: { atLeast: 0.9 },
    symmetries,
  });

const permutation = (n: number) =>
  fc.shuffledSubarray(range(n), { minLength: n, maxLength: n }).map((order) => Uint32Array.from(order));

describe('orbits', () => {
  test('are what any member leads to', () => {
    fc.assert(
      fc.property(fc.array(permutation(8), { maxLength: 2 }), (generators) => {
        const orbits = orbitsOf(8, generators);
        // reachability by Warshall's algorithm
        const reach = range(8).map((i) =>
          range(8).map((j) => i === j || generators.some((g) => g[i] === j || g[j] === i)),
        );
        for (const k of range(8))
          for (const i of range(8)) for (const j of range(8)) reach[i]![j] ||= reach[i]![k]! && reach[k]![j]!;
        const expected = [
          ...new Set(
            reach.map((row) =>
              range(8)
                .filter((j) => row[j])
                .join(),
            ),
          ),
        ];
        expect(orbits.map((orbit) => orbit.join())).toEqual(expected);
      }),
    );
  });
});

describe('values', () => {
  test('are compared by what they hold', () => {
    const same = [
      [[1, 2], new Float32Array([1, 2])],
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      [0, -0],
      [
        { shape: [2], data: new Float64Array([0.5, 1]) },
        { data: [0.5, 1], shape: [2] },
      ],
    ];
    for (const [a, b] of same) expect(inputKey(a)).toBe(inputKey(b));
    const different = [
      1,
      '1',
      [1],
      ['1'],
      { 0: 1 },
      null,
      undefined,
      'null',
      true,
      1n,
      [1, [2]],
      [1, 2],
      [12],
      '[1]',
      { a: 1, b: 2 },
      { 'a:1,"b"': 2 },
      NaN,
    ];
    expect(new Set(different.map(inputKey)).size).toBe(different.length);
  });
  test('are told apart exactly where JSON is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        // 0 and -0 are one number; JSON.parse keeps the order of keys, the key does not
        const sorted = (v: unknown): unknown =>
          Array.isArray(v)
            ? v.map(sorted)
            : typeof v === 'object' && v !== null
              ? Object.entries(v)
                  .map(([k, x]) => ['key', k, sorted(x)])
                  .toSorted((x, y) => (String(x[1]) < String(y[1]) ? -1 : 1))
                  .concat([['object']])
              : v;
        expect(inputKey(a) === inputKey(b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
        expect(inputKey(a)).toBe(inputKey(JSON.parse(JSON.stringify(a))));
      }),
    );
  });
  test('that cannot be compared are refused', () => {
    expect(() => inputKey([new Map()])).toThrow(errorOf(TaskError, /instance of Map/));
    expect(() => inputKey({ f: () => 1 })).toThrow(errorOf(TaskError, /a function/));
    expect(() => inputKey(Symbol('x'))).toThrow(errorOf(TaskError, /a symbol/));
  });
});

describe('examples', () => {
  test('without symmetries are what they were', () => {
    const list = pairs(range(7), range(7));
    const without = task({ name: 'addition', inputs: list, behaviour: sum(7), threshold: { atLeast: 0.9 } });
    expect(without.examples(20, 5).inputs).toEqual(Array.from(random(5, 'inputs').subset(49, 20), (i) => list[i]!));
    expect(without.relabellings(without.examples(20, 5))).toEqual([]);
    const empty = task({
      name: 'addition',
      inputs: list,
      behaviour: sum(7),
      threshold: { atLeast: 0.9 },
      symmetries: {},
    });
    expect(empty.examples(20, 5)).toEqual(without.examples(20, 5));
    expect(empty.relabellings(empty.examples(20, 5))).toEqual([]);
  });
  test('are whole orbits, about as many as asked for, in the order of the list', () => {
    const on = addition(11, 2);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 130 }), fc.nat(), (n, seed) => {
        const { inputs } = on.examples(n, seed);
        const there = new Set(inputs.map(String));
        expect(
          inputs.flatMap((input) => [swap(input), times(2, 11)(input)]).filter((image) => !there.has(String(image))),
        ).toEqual([]);
        // orbits have 1, 10 or 20 members
        expect(inputs.length).toBeLessThan(n + 20);
        expect(inputs.length).toBeGreaterThanOrEqual(Math.min(n, 121) / 2);
        if (n >= 40) expect(inputs.length).toBeLessThanOrEqual(n);
        const at = inputs.map(([a, b]) => 11 * a + b);
        expect(at).toEqual(at.toSorted((a, b) => a - b));
        expect(on.examples(n, seed)).toEqual({ inputs });
      }),
    );
    expect(new Set(range(20).map((seed) => String(on.examples(40, seed).inputs))).size).toBeGreaterThan(5);
    expect(on.examples(121, 0).inputs).toHaveLength(121);
  });
  test('every orbit is as likely as another', () => {
    const on = withSymmetries({ swap });
    const counts = new Map<string, number>();
    for (const seed of range(2000))
      for (const input of on.examples(10, seed).inputs) counts.set(String(input), (counts.get(String(input)) ?? 0) + 1);
    // about 10 of 49 inputs each time; 5 standard deviations of a binomial
    const expected = [...counts.values()].reduce((a, b) => a + b) / 49;
    expect(counts.size).toBe(49);
    // a pair no longer fits where one place is left, so single inputs are a little likelier
    for (const [input, count] of counts)
      if (input[0] !== input[2])
        expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected) + 0.1 * expected);
  });
});

describe('relabellings', () => {
  test('are the functions, in their order, as permutations of the examples', () => {
    fc.assert(
      fc.property(
        fc.constantFrom([5, 2], [7, 3], [11, 2], [13, 2]),
        fc.integer({ min: 20, max: 200 }),
        fc.nat(),
        ([p, unit], n, seed) => {
          const on = addition(p!, unit!);
          const examples = on.examples(n, seed);
          const place = new Map(examples.inputs.map((input, i) => [String(input), i]));
          expect(on.relabellings(examples)).toEqual(
            [times(unit!, p!), swap].map((f) =>
              Uint32Array.from(examples.inputs, (input) => place.get(String(f(input)))!),
            ),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
  test('of the example generate 24 orbits', () => {
    const on = addition(43, 3);
    expect(
      orbitsOf(1849, on.relabellings(on.examples(1849, 0)))
        .map(({ length }) => length)
        .toSorted((a, b) => a - b),
    ).toEqual([1, 42, 42, ...range(21).map(() => 84)]);
  });
  test('need whole orbits of the task’s inputs', () => {
    const on = addition(7, 3);
    expect(() =>
      on.relabellings({
        inputs: [
          [1, 2],
          [2, 1],
        ],
      }),
    ).toThrow(errorOf(TaskError, /hold \[1, 2\] and not what symmetry "units" makes of it/));
    expect(() => on.relabellings({ inputs: [[9, 9]] })).toThrow(errorOf(TaskError, /no input of task/));
    expect(() =>
      on.relabellings({
        inputs: [
          [0, 0],
          [0, 0],
        ],
      }),
    ).toThrow(errorOf(TaskError, /twice/));
  });
});

test('functions take and give what the inputs are, without annotations', () => {
  const on = task({
    name: 't',
    inputs: pairs(range(3), range(3)),
    behaviour: sum(3),
    threshold: { atLeast: 0 },
    symmetries: { swap: ([a, b]) => [b, a] },
    counterfactual: ([a, b]) => [b, a],
  });
  expect(on.relabellings(on.examples(9, 0))).toHaveLength(1);
  const given = { name: 't', inputs: pairs(range(3), range(3)), behaviour: sum(3), threshold: { atLeast: 0 } } as const;
  // @ts-expect-error: an input is a pair
  expect(() => task({ ...given, symmetries: { one: ([a]) => [a] } })).toThrow(
    errorOf(TaskError, /no input of the task/),
  );
});

describe('what is no symmetry is refused', () => {
  test('a function that leaves the list', () => {
    expect(() => withSymmetries({ shift: ([a, b]) => [a + 1, b] })).toThrow(
      errorOf(TaskError, /symmetry "shift" takes \[6, 0\] to \[7, 0\], which is no input of the task/),
    );
  });
  test('one that is not one-to-one', () => {
    expect(() => withSymmetries({ flat: ([a]) => [a, a] })).toThrow(
      errorOf(TaskError, /symmetry "flat" takes both \[0, 0\] and \[0, 1\] to \[0, 0\]/),
    );
  });
  test('one that changes the input it is given', () => {
    const inputs = pairs(range(3), range(3));
    expect(() =>
      task({
        name: 't',
        inputs,
        behaviour: sum(3),
        threshold: { atLeast: 0 },
        symmetries: { swap: (x) => x.reverse() as [number, number] },
      }),
    ).toThrow(errorOf(TaskError, /changed the input \[0,1\]/));
  });
  test('one that takes inputs of one answer to inputs of two, or of two to one', () => {
    expect(() => withSymmetries({ half: ([a, b]) => [(3 * a) % 7, b] })).toThrow(
      errorOf(
        TaskError,
        /symmetry "half" changes the task: \[0, 1\] and \[1, 0\] have one answer, what it makes of them has two/,
      ),
    );
    const parity = (options: object) => () =>
      task({
        name: 'parity',
        inputs: [0, 1, 2, 3],
        threshold: { atLeast: 0 },
        symmetries: { next: (x: number) => (x + 1) % 4 },
        ...options,
      } as never);
    // 0 1 2 3 to 1 2 3 0: even and odd change places
    expect(parity({ behaviour: accuracy((x: number) => x % 2) })).not.toThrow();
    expect(parity({ behaviour: accuracy((x: number) => Number(x > 1)) })).toThrow(
      errorOf(TaskError, /changes the task/),
    );
    expect(parity({ behaviour: crossEntropy((x: number) => Number(x > 1)), threshold: { atMost: 1 } })).toThrow(
      errorOf(TaskError, /changes the task/),
    );
    expect(
      parity({
        behaviour: logitDifference(
          (x: number) => x % 2,
          (x: number) => Number(x > 1),
        ),
      }),
    ).not.toThrow();
    expect(
      parity({
        behaviour: logitDifference(
          (x: number) => x % 2,
          (x: number) => Number(x === 0),
        ),
      }),
    ).toThrow(errorOf(TaskError, /changes the task/));
    // no answer to hold it against
    expect(parity({ behaviour: klToClean(), threshold: { atMost: 1 } })).not.toThrow();
  });
  test('the check of answers agrees with all pairs', () => {
    fc.assert(
      fc.property(permutation(6), fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }), (to, answers) => {
        const keeps = range(6).every((i) =>
          range(6).every((j) => (answers[i] === answers[j]) === (answers[to[i]!] === answers[to[j]!])),
        );
        const make = () =>
          task({
            name: 't',
            inputs: range(6),
            behaviour: accuracy((x: number) => answers[x]!),
            threshold: { atLeast: 0 },
            symmetries: { to: (x) => to[x]! },
          });
        if (keeps) expect(make).not.toThrow();
        else expect(make).toThrow(errorOf(TaskError, /changes the task/));
      }),
    );
  });
  test('one that changes the size of an input', () => {
    const on = task({
      name: 't',
      inputs: ['a', 'bb'],
      encode: (x) => [...x].map(() => 1),
      behaviour: klToClean(),
      threshold: { atMost: 1 },
      symmetries: { other: (x) => (x === 'a' ? 'bb' : 'a') },
    });
    expect(() => on.encode(on.examples(2, 0), plain)).toThrow(
      errorOf(TaskError, /symmetry "other" takes input "a" of 1 token to "bb" of 2 tokens/),
    );
    // what runs a part of the examples only is not kept from it
    expect(on.encode({ inputs: ['a'] }, plain).inputs).toEqual([[1]]);
  });
  test('sources, too many, and what is no function', () => {
    const source = { sample: (n: number) => range(n).map((i): Pair => [i, i]) };
    expect(() =>
      task<Pair>({ name: 't', inputs: source, behaviour: sum(7), threshold: { atLeast: 0 }, symmetries: { swap } }),
    ).toThrow(errorOf(TaskError, /finite list/));
    // 67 squared is 4489
    expect(() =>
      withSymmetries({ right: ([a, b]) => [(a + 1) % 67, b], left: ([a, b]) => [a, (b + 1) % 67] }, 67),
    ).toThrow(errorOf(TaskError, new RegExp(`4489 inputs to each other, more than ${LARGEST_ORBIT}`)));
    expect(() => withSymmetries({ swap: 'b a' as never })).toThrow(OptionError);
    expect(() => withSymmetries([swap] as never)).toThrow(errorOf(OptionError, /functions by name/));
  });
});
