import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { accuracy, crossEntropy, pairs, range, requireBehaviour } from '../../src/task/index.js';
import { BehaviourError, InputError, OptionError, TaskError } from '../../src/errors.js';
import { task } from '../../generators/task.js';
import { errorOf } from '../helpers/error-of.js';

const sum = accuracy(([a = 0, b = 0]: readonly number[]) => (a + b) % 7);
/** a model that takes tokens as they are */
const plain = { name: 'plain', tokenizer: undefined, ragged: false };
/** one that pads by itself */
const padding = { ...plain, ragged: true };

const addition = () =>
  task({ name: 'addition', inputs: pairs(range(7), range(7)), behaviour: sum, threshold: { atLeast: 0.9 } });

describe('inputs', () => {
  test('a finite list gives all of itself, or n distinct ones by seed', () => {
    expect(addition().examples(1000, 0).inputs).toHaveLength(49);
    const some = addition().examples(20, 3);
    expect(new Set(some.inputs.map(String)).size).toBe(20);
    expect(addition().examples(20, 3)).toEqual(some);
    expect(addition().examples(20, 4)).not.toEqual(some);
  });
  test('an arbitrary is sampled, the same for the same seed', () => {
    const free = task({
      name: 'free',
      inputs: fc.array(fc.nat(6), { minLength: 2, maxLength: 4 }),
      behaviour: sum,
      threshold: { atLeast: 0.9 },
    });
    expect(free.size).toBeUndefined();
    const some = free.examples(50, 1);
    expect(some.inputs).toHaveLength(50);
    expect(free.examples(50, 1).inputs).toEqual(some.inputs);
    expect(free.examples(50, 2).inputs).not.toEqual(some.inputs);
  });
  test('groups hold every input once, by length', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }), { minLength: 1, selector: String }),
        (list) => {
          const lists = task({ name: 't', inputs: list, behaviour: sum, threshold: { atLeast: 0 } });
          const { groups, inputs: tokens } = lists.encode(lists.examples(list.length, 0), plain);
          expect(groups.flat().toSorted((a, b) => a - b)).toEqual(list.map((_, i) => i));
          for (const group of groups) expect(new Set(group.map((i) => (tokens[i] as number[]).length)).size).toBe(1);
        },
      ),
    );
  });
  test('a model that pads gets batches of several lengths, with at most a quarter of padding', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.array(fc.nat(9), { minLength: 1, maxLength: 30 }), {
          minLength: 1,
          maxLength: 60,
          selector: String,
        }),
        (list) => {
          const lists = task({ name: 't', inputs: list, behaviour: sum, threshold: { atLeast: 0 } });
          const { groups } = lists.encode(lists.examples(list.length, 0), padding);
          expect(groups.flat().toSorted((a, b) => a - b)).toEqual(list.map((_, i) => i));
          for (const group of groups) {
            const lengths = group.map((i) => list[i]!.length);
            expect(Math.max(...lengths) * lengths.length).toBeLessThanOrEqual(1.25 * lengths.reduce((a, b) => a + b));
          }
          expect(groups.length).toBeLessThanOrEqual(new Set(list.map((row) => row.length)).size);
        },
      ),
    );
  });
  test('text goes through the model’s tokenizer, and models with one tokenizer share the result', () => {
    const tokenizer = {
      description: 'letters',
      size: 26,
      encode: (text: string) => [...text].map((c) => c.charCodeAt(0) - 97),
      decode: () => '',
      token: (text: string) => text.charCodeAt(0) - 97,
    };
    const words = task({
      name: 'words',
      inputs: ['ab', 'c'],
      behaviour: accuracy(() => 'b'),
      threshold: { atLeast: 0 },
    });
    const examples = words.examples(2, 0);
    const encoded = words.encode(examples, { ...plain, tokenizer });
    expect(encoded.inputs).toEqual([[0, 1], [2]]);
    expect(words.encode(examples, { ...plain, name: 'other', tokenizer })).toBe(encoded);
    expect(words.encode(examples, { ...plain, tokenizer: { ...tokenizer, encode: () => [7] } }).inputs).toEqual([
      [7],
      [7],
    ]);
  });
  test('tensors and tensors by name are inputs, grouped by their shapes', () => {
    const image = (rows: number, value = 0) => ({ shape: [rows, 2], data: new Float32Array(2 * rows).fill(value) });
    const images = task({
      name: 'images',
      inputs: [image(1), image(2), image(1, 1)],
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
    });
    expect(images.encode(images.examples(3, 0), plain).groups).toEqual([[0, 2], [1]]);
    const named = task({
      name: 'named',
      inputs: [0, 1],
      encode: (n) => ({ ids: [n], image: image(1) }),
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
    });
    expect(named.encode(named.examples(2, 0), plain).groups).toEqual([[0, 1]]);
    const short = task({
      name: 'short',
      inputs: [{ shape: [2, 2], data: [1, 2, 3] }],
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
    });
    expect(() => short.encode(short.examples(1, 0), plain)).toThrow(InputError);
  });
  test('what no model takes is an error that names the input', () => {
    const words = task({ name: 'words', inputs: ['a', 'b'], behaviour: accuracy(() => 0), threshold: { atLeast: 0 } });
    expect(() => words.encode(words.examples(2, 0), plain)).toThrow(
      errorOf(InputError, /gives text, and plain has no tokenizer/),
    );
    const odd = task({ name: 'odd', inputs: [[1, -1]], behaviour: accuracy(() => 0), threshold: { atLeast: 0 } });
    expect(() => odd.encode(odd.examples(1, 0), plain)).toThrow(
      errorOf(InputError, /input 0 is nothing that a model takes[^]*: entry 1 of the list is -1, and no token id/),
    );
    // what is wrong is named, and what is right is not
    const wrong: [unknown, RegExp][] = [
      [{ shape: [3], data: [1] }, /: its shape \[3\] holds 3 values, and its data are 1\n/],
      [{ shape: [2 ** 40], data: new Float32Array(4) }, /holds 1099511627776 values, and its data are 4\n/],
      [{ shape: [2 ** 30, 2 ** 30], data: [] }, /holds 1152921504606847000 values, and its data are 0\n/],
      [{ shape: [2, 0], data: [] }, /: its shape is \[2, 0\], and not a list of positive integers\n/],
      [{ shape: [1], data: [1n] }, /: value 0 is 1n, not a number\n/],
      [{ shape: [1], data: { length: 1, 0: 5 } }, /: its data are an object, and not a list or a typed array\n/],
      [[1n], /: entry 0 of the list is 1n, not a number\n/],
      [new Float32Array(2), /: a typed array alone says no shape/],
      [{ a: { shape: [2], data: [1] } }, /: "a": its shape \[2\] holds 2 values, and its data are 1\n/],
      [{ a: { b: [1] } }, /: "a": it is neither a list of numbers nor a tensor/],
      [{}, /: it is an empty object\n/],
      [null, /: it is null\n/],
      [[], /: it is an empty list\n/],
    ];
    for (const [input, message] of wrong) {
      const on = task({ name: 'wrong', inputs: [input], behaviour: accuracy(() => 0), threshold: { atLeast: 0 } });
      expect(() => on.encode(on.examples(1, 0), plain)).toThrow(errorOf(InputError, message));
    }
    const encoded = task({
      name: 'words',
      inputs: ['a', 'b'],
      encode: (w) => [w.charCodeAt(0) - 97],
      behaviour: accuracy(() => 0),
      threshold: { atLeast: 0 },
    });
    expect(encoded.encode(encoded.examples(2, 0), plain).inputs).toEqual([[0], [1]]);
  });
});

describe('counterfactuals', () => {
  test('are other inputs of the task, as long as the input, by seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const examples = addition().examples(30, seed);
        const drawn = addition().counterfactuals(examples, seed, plain);
        drawn.forEach((row, i) => {
          expect(row).not.toEqual(examples.inputs[i]);
          expect(row).toHaveLength(2);
        });
        expect(addition().counterfactuals(examples, seed, plain)).toEqual(drawn);
      }),
    );
  });
  test('can be the task’s own, and must keep the length', () => {
    const own = task({
      name: 'own',
      inputs: [[1, 2]],
      counterfactual: ([a = 0, b = 0]) => [b, a],
      behaviour: sum,
      threshold: { atLeast: 0 },
    });
    expect(own.counterfactuals(own.examples(1, 0), 0, plain)).toEqual([[2, 1]]);
    const wrong = task({
      name: 'own',
      inputs: [[1, 2]],
      counterfactual: () => [1],
      behaviour: sum,
      threshold: { atLeast: 0 },
    });
    expect(() => wrong.counterfactuals(wrong.examples(1, 0), 0, plain)).toThrow(
      errorOf(InputError, /1 token, the input 2 tokens/),
    );
  });
  test('an input without another of its length is an error', () => {
    for (const list of [
      [[1, 2]],
      [
        [1, 2],
        [1, 2],
      ],
      [[1, 2], [1]],
    ]) {
      const lonely = task({ name: 'lonely', inputs: list, behaviour: sum, threshold: { atLeast: 0 } });
      expect(() => lonely.counterfactuals(lonely.examples(9, 0), 0, plain)).toThrow(TaskError);
    }
  });
});

describe('declaring', () => {
  test('no inputs', () => {
    expect(() => task({ name: 'none', inputs: [], behaviour: sum, threshold: { atLeast: 0.9 } })).toThrow(TaskError);
  });
  test('a threshold on the wrong side', () => {
    expect(() => task({ name: 't', inputs: [[1]], behaviour: sum, threshold: { atMost: 0.9 } })).toThrow(
      errorOf(TaskError, /its threshold is { atLeast/),
    );
    expect(() =>
      task({ name: 't', inputs: [[1]], behaviour: crossEntropy(() => 0), threshold: { atLeast: 0.9 } }),
    ).toThrow(errorOf(TaskError, /its threshold is { atMost/));
  });
  test('an unknown option names the nearest', () => {
    const misspelt = () =>
      task({ name: 't', inputs: [[1]], behavior: sum, behaviour: sum, threshold: { atLeast: 0 } } as never);
    expect(misspelt).toThrow(errorOf(OptionError, /unknown option "behavior"[^]*did you mean "behaviour"/));
  });
  test('every missing option is an error', () => {
    const whole = { name: 't', inputs: [[1]], behaviour: sum, threshold: { atLeast: 0 } };
    for (const key of Object.keys(whole)) {
      const { [key as keyof typeof whole]: _, ...rest } = whole;
      expect(() => task(rest as never)).toThrow(OptionError);
    }
  });
});

test('a score below the threshold is an error with the numbers', () => {
  expect(() => requireBehaviour(addition(), 'small', 0.9)).not.toThrow();
  const below = () => requireBehaviour(addition(), 'small', 0.8999);
  expect(below).toThrow(
    errorOf(BehaviourError, /small scores 0.8999 accuracy on "addition"; the task asks for at least 0.9/),
  );
  expect(() => requireBehaviour(addition(), 'broken', NaN)).toThrow(BehaviourError);
});
