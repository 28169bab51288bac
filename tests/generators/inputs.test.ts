import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { InputError, OptionError, TaskError } from '../../src/errors.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { counterfactuals } from '../../generators/counterfactuals.js';
import { exhaustive } from '../../generators/exhaustive.js';
import { inputs } from '../../generators/inputs.js';
import { fromArbitrary } from '../../generators/from-arbitrary.js';
import { task } from '../../generators/task.js';
import { isTemplated, template, type TemplatedText } from '../../generators/template.js';
import { tensor } from '../../generators/tensor.js';
import { tensors } from '../../generators/tensors.js';
import { tokens } from '../../generators/tokens.js';
import { errorOf } from '../helpers/error-of.js';

const anything = { behaviour: accuracy(() => 0), threshold: { atLeast: 0 } };
const names = ['Mary', 'John', 'Tom'];
/** what a property fails on, shrunk */
const smallest = <T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => boolean, seed = 1): T => {
  const { counterexample } = fc.check(fc.property(arbitrary, holds), { seed, numRuns: 1000 });
  return counterexample![0];
};

describe('exhaustive', () => {
  const all = exhaustive(range(4), ['x', 'y']);
  test('knows all it gives, in order', () => {
    expect(all.size).toBe(8);
    expect(all.all()).toEqual(pairs(range(4), ['x', 'y']));
    expect(exhaustive([7, 8]).all()).toEqual([7, 8]);
  });
  test('samples without repetition, by seed', () => {
    const large = exhaustive(range(1000), range(1000), range(1000));
    for (const [source, n] of [
      [all, 3],
      [all, 7],
      [all, 100],
      [large, 500],
    ] as const) {
      const sample = source.sample(n, 5).map(String);
      expect(sample).toHaveLength(Math.min(n, source.size));
      expect(new Set(sample).size).toBe(sample.length);
      expect(source.sample(n, 5).map(String)).toEqual(sample);
    }
    expect(large.sample(9, 1)).not.toEqual(large.sample(9, 2));
  });
  test('few of many are spread over all', () => {
    const firsts = exhaustive(range(10), range(100_000))
      .sample(1000, 0)
      .map(([a]) => a);
    for (const digit of range(10)) expect(firsts.filter((one) => one === digit).length).toBeGreaterThan(50);
  });
  test('as a task has a size and samples without repetition; a huge one too', () => {
    const listed = task({ name: 't', inputs: exhaustive(range(9), range(9)), ...anything });
    expect(listed.size).toBe(81);
    expect(new Set(listed.examples(60, 1).inputs.map(String)).size).toBe(60);
    const huge = task({ name: 't', inputs: exhaustive(range(5000), range(5000)), ...anything });
    expect(huge.size).toBeUndefined();
    expect(new Set(huge.examples(3000, 1).inputs.map(String)).size).toBe(3000);
  });
  test('every value can be tried, and what fails shrinks', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(all, (one) => void seen.add(String(one))),
      all.every(),
    );
    expect(seen.size).toBe(8);
    const { counterexample } = fc.check(
      fc.property(all, ([a]) => a < 2),
      all.every(),
    );
    expect(counterexample).toEqual([[2, 'x']]);
  });
  test('shrinks each coordinate towards the first of its list', () => {
    expect(smallest(exhaustive([5, 3, 9], range(100)), ([a, b]) => a === 5 || b < 30)).toEqual([3, 30]);
  });
  test('no list, or an empty one, is an error', () => {
    expect(() => exhaustive([])).toThrow(OptionError);
    expect(() => exhaustive([1], [])).toThrow(errorOf(OptionError, /list 1 is empty/));
    expect(() => (exhaustive as () => unknown)()).toThrow(errorOf(OptionError, /there is no list/));
  });
});

describe('tokens', () => {
  test('lengths go all the way to the longest', () => {
    const lengths = fc
      .sample(tokens({ vocabulary: 50_000, maxLength: 100 }), { numRuns: 500, seed: 1 })
      .map((list) => list.length);
    expect(Math.max(...lengths)).toBeGreaterThan(90);
    expect(Math.min(...lengths)).toBe(1);
  });
  test('shrink to the shortest and smallest', () => {
    expect(
      smallest(
        tokens({ vocabulary: 100, maxLength: 20 }),
        (list) => list.length < 3 || list.every((token) => token < 7),
      ),
    ).toEqual([0, 0, 7]);
    expect(smallest(tokens({ vocabulary: [9, 4, 6], maxLength: 5, start: [1] }), (list) => !list.includes(6))).toEqual([
      1, 6,
    ]);
  });
  test.each([
    [{ vocabulary: 0, maxLength: 2 }, /vocabulary/],
    [{ vocabulary: [1, 1], maxLength: 2 }, /distinct token ids/],
    [{ vocabulary: 3, maxLength: 4, distinct: true }, /cannot all be distinct/],
    [{ vocabulary: 3, minLength: 4, maxLength: 2 }, /from 4 to 2/],
    [{ vocabulary: 3, maxLength: 2, start: [-1] }, /no token id/],
    [{ vocabulary: 3, maxlength: 2 }, /did you mean "maxLength"/],
  ])('%j is an error', (options, message) => {
    expect(() => tokens(options as never)).toThrow(errorOf(OptionError, message));
  });
});

describe('templates', () => {
  const story = template('{A} and {B} went to the {place}. {B} gave', { A: names, B: names, place: ['shop', 'park'] });
  test('slots of one kind differ, and every filling comes', () => {
    const seen = new Set(fc.sample(story, { numRuns: 500, seed: 1 }).map(({ text }) => text));
    expect(seen.size).toBe(3 * 2 * 2);
    for (const text of seen) expect(text).toMatch(/^(\w+) and (?!\1)(\w+) went to the (shop|park)\. \2 gave$/);
  });
  test('shrink towards the first words that are left', () => {
    expect(smallest(story, () => false).text).toBe('Mary and John went to the shop. John gave');
    for (const seed of range(20))
      expect(smallest(story, ({ slots }) => slots.B !== 'Tom', seed).text).toBe(
        'Mary and Tom went to the shop. Tom gave',
      );
    expect(smallest(story, ({ slots }) => slots.A !== 'Tom').text).toBe('Tom and Mary went to the shop. Mary gave');
    expect(smallest(story, ({ slots }) => slots.B !== 'Mary').text).toBe('John and Mary went to the shop. Mary gave');
  });
  test('keep their slots, and give variants', () => {
    const one = story.parse('Tom and John went to the park. John gave');
    expect(one.slots).toEqual({ A: 'Tom', B: 'John', place: 'park' });
    expect(one.variants('A').map(({ text }) => text)).toEqual(['Mary and John went to the park. John gave']);
    expect(one.with('place', 'shop').text).toBe('Tom and John went to the shop. John gave');
    expect(() => one.with('A', 'John')).toThrow(InputError);
    expect(() => one.with('A', 'Jane')).toThrow(errorOf(InputError, /"Jane" cannot fill the slot {A}/));
    expect(() => story.parse('Tom and John went to the park. Tom gave')).toThrow(
      errorOf(InputError, /is no text of this template/),
    );
  });
  test('special characters are text', () => {
    const odd = template('$1 (a|b)* {x}? {y}', { x: ['.*', '$&'], y: ['+', '\\'] });
    for (const { text } of fc.sample(odd, 50)) expect(odd.parse(text).text).toBe(text);
    expect(new Set(fc.sample(odd, 100).map(String)).has('$1 (a|b)* $&? \\')).toBe(true);
  });
  test('a task over them needs no encode', () => {
    const tokenizer = {
      description: 'letters',
      size: 200,
      encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0)),
      decode: () => '',
      token: (text: string) => text.charCodeAt(0),
    };
    const on = task({
      name: 'story',
      inputs: story,
      behaviour: accuracy(({ slots }: TemplatedText) => slots['A']![0]!),
      threshold: { atLeast: 0 },
    });
    const examples = on.examples(5, 0);
    expect(examples.inputs.every(isTemplated)).toBe(true);
    expect(on.encode(examples, { name: 'm', tokenizer, ragged: false }).inputs[0]).toEqual(
      tokenizer.encode(examples.inputs[0]!.text),
    );
    expect(() => on.encode(on.examples(5, 1), { name: 'm', tokenizer: undefined, ragged: false })).toThrow(
      errorOf(InputError, /m has no tokenizer/),
    );
  });
  test.each([
    ['{A} {C}', { A: names, B: names }, /the slot {C} has no words/],
    ['{A}', { A: names, B: names }, /the text has no slot {B}/],
    ['{A}', { A: [] }, /not a list of distinct strings/],
    ['{A} {B}', { A: ['x'], B: ['x'] }, /1 words cannot fill the 2 slots/],
  ])('%s with %j is an error', (text, words, message) => {
    expect(() => template(text, words as Record<string, string[]>)).toThrow(errorOf(OptionError, message));
  });
});

describe('tensors', () => {
  test('shrink to the one entry that matters, at the value where it begins to', () => {
    const one = smallest(tensors({ shape: [4, 5] }), ({ data }) => data[13]! < 0.37);
    expect(String(one)).toBe("tensor([4, 5], { '2, 3': 0.37 })");
  });
  test('are spread over their range, and sometimes flat, sparse or extreme', () => {
    const drawn = fc
      .sample(tensors({ shape: [10], min: -2, max: 2 }), { numRuns: 1000, seed: 1 })
      .map(({ data }) => Array.from(data));
    const mean = drawn.flat().reduce((a, b) => a + b) / drawn.flat().length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
    expect(drawn.some((row) => row.every((value) => value === row[0]))).toBe(true);
    expect(drawn.some((row) => row.every((value) => Math.abs(value) === 2))).toBe(true);
    expect(drawn.some((row) => row.filter((value) => value === 0).length > 7)).toBe(true);
  });
  test('print as what makes them', () => {
    expect(String(tensor([3]))).toBe('tensor([3])');
    expect(String(tensor([2, 2], [0, 0.1, 0, -1]))).toBe('tensor([2, 2], [0, 0.1, 0, -1])');
    expect(tensor([2, 2], { '1, 0': 3 }).data).toEqual(Float32Array.of(0, 0, 3, 0));
    expect(() => tensor([2], [1])).toThrow(InputError);
    expect(() => tensor([2, 2], { '2, 0': 1 })).toThrow(errorOf(InputError, /no place in shape/));
  });
  test('are inputs of a task', () => {
    const images = task({ name: 'images', inputs: tensors({ shape: [1, 2, 2] }), ...anything });
    expect(images.encode(images.examples(6, 0), { name: 'm', tokenizer: undefined, ragged: false }).groups).toEqual([
      range(6),
    ]);
  });
  test.each([
    [{ shape: [0] }, /positive integers/],
    [{ shape: [2], min: 1, max: 1 }, /from 1 to 1/],
    [{ shape: [2], step: 2 }, /no step/],
    [{ shape: [2], minimum: 0 }, /did you mean "min"/],
  ])('%j is an error', (options, message) => {
    expect(() => tensors(options as never)).toThrow(errorOf(OptionError, message));
  });
});

describe('inputs of a task', () => {
  test('are those of the list, as a model takes them', () => {
    const all = pairs(range(7), range(7));
    const on = task({ name: 'addition', inputs: all, ...anything });
    fc.assert(fc.property(inputs(on), ({ input, encoded }) => all.includes(input) && encoded === input));
    expect(smallest(inputs(on), ({ input: [a] }) => a < 3).input).toEqual([3, 0]);
  });
  test('shrink as the task’s arbitrary does', () => {
    const on = task({ name: 'sequences', inputs: tokens({ vocabulary: 100, maxLength: 20 }), ...anything });
    expect(smallest(inputs(on), ({ input: [first = 0, second] }) => second === undefined || first < 40).input).toEqual([
      40, 0,
    ]);
  });
  test('of a source of one’s own come from a sample, the simplest first', () => {
    const on = task({
      name: 'own',
      inputs: { sample: (n: number, seed: number) => Array.from({ length: n }, (_, i) => [(i * 7 + seed) % 50, 1]) },
      ...anything,
    });
    expect(smallest(inputs(on, { pool: 50 }), ({ input: [a = 0] }) => a < 10).input).toEqual([10, 1]);
  });
  test('an input given as an example shrinks', () => {
    const on = task({ name: 'addition', inputs: pairs(range(7), range(7)), ...anything });
    const { counterexample } = fc.check(
      fc.property(inputs(on), ({ input: [a] }) => a < 3),
      { examples: [[{ input: [6, 6], encoded: [6, 6] }]], numRuns: 1 },
    );
    expect(counterexample![0].input).toEqual([3, 0]);
  });
  test('a sample takes fast-check’s parameters', () => {
    const arbitrary = tokens({ vocabulary: 1000, minLength: 3, maxLength: 3 });
    expect(fromArbitrary(arbitrary, { unbiased: true }).sample(20, 1)).toEqual(
      fc.sample(arbitrary, { unbiased: true, numRuns: 20, seed: 1 }),
    );
    expect(fromArbitrary(arbitrary, { unbiased: true }).sample(20, 1)).not.toEqual(
      fromArbitrary(arbitrary).sample(20, 1),
    );
  });
});

describe('pairs', () => {
  const addition = () => task({ name: 'addition', inputs: pairs(range(7), range(7)), ...anything });
  const sequences = () =>
    task({ name: 'sequences', inputs: tokens({ vocabulary: 100, minLength: 3, maxLength: 6 }), ...anything });

  test('in one position reach every position and many tokens, though samples hold no such pair', () => {
    const seen = new Set<number>();
    const sources = new Set<number>();
    fc.assert(
      fc.property(counterfactuals(sequences(), { differ: 'position' }), ({ base, source }) => {
        const at = base.findIndex((token, i) => token !== source[i]);
        seen.add(at);
        sources.add(source[at]!);
      }),
      { numRuns: 300, seed: 1 },
    );
    expect([...seen].toSorted((a, b) => a - b)).toEqual(range(6));
    expect(sources.size).toBeGreaterThan(30);
  });
  test('shrink to the simplest base, then the simplest source', () => {
    const pair = smallest(counterfactuals(addition(), { differ: { position: 1 } }), ({ source }) => source[1] < 3);
    expect(String(pair)).toBe('[0, 0] against [0, 3]');
    expect(String(smallest(counterfactuals(addition()), () => false))).toBe('[0, 0] against [0, 1]');
  });
  test('the respect may be any function of both', () => {
    const sameSum = counterfactuals(addition(), { differ: ([a, b], [c, d]) => a + b === c + d });
    fc.assert(fc.property(sameSum, ({ base: [a, b], source: [c, d] }) => a + b === c + d && a !== c));
  });
  test('the task’s own counterfactuals are the default where it has them', () => {
    const on = task({
      name: 'own',
      inputs: pairs(range(7), range(7)),
      counterfactual: ([a, b]): [number, number] => [b, a],
      ...anything,
    });
    fc.assert(
      fc.property(
        counterfactuals(on),
        ({ base, source }) => base[0] !== base[1] && source[0] === base[1] && source[1] === base[0],
      ),
    );
    const wrong = task({ name: 'own', inputs: [[1, 2]], counterfactual: () => [1], ...anything });
    expect(() => fc.sample(counterfactuals(wrong), 1)).toThrow(errorOf(InputError, /has 1 token, the input 2 tokens/));
  });
  test('what no pair does is an error', () => {
    expect(() =>
      fc.sample(
        counterfactuals(
          task({
            name: 't',
            inputs: [
              [1, 2],
              [3, 4],
            ],
            ...anything,
          }),
          { differ: 'position' },
        ),
        1,
      ),
    ).toThrow(TaskError);
    expect(() => fc.sample(counterfactuals(addition(), { differ: () => false }), 1)).toThrow(
      errorOf(TaskError, /no two of 49 inputs/),
    );
    expect(() => counterfactuals(addition(), { differ: 'own' })).toThrow(OptionError);
    expect(() => counterfactuals(addition(), { differ: { slot: 'A' } })).toThrow(errorOf(OptionError, /no slot {A}/));
    expect(() => counterfactuals(addition(), { differ: 'token' as never })).toThrow(
      errorOf(OptionError, /cannot differ in "token"/),
    );
    expect(() => counterfactuals(addition(), { differ: { position: 0.5 } })).toThrow(
      errorOf(OptionError, /0.5 is no position/),
    );
  });
});
