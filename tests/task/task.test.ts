import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { accuracy, crossEntropy, pairs, range, requireBehaviour } from '../../src/task/index.js';
import { BehaviourError, InputError, OptionError, TaskError } from '../../src/errors.js';
import { task } from '../../generators/task.js';
import { counterfactuals, inputs } from '../../generators/inputs.js';

const sum = accuracy(([a = 0, b = 0]: readonly number[]) => (a + b) % 7);
const addition = () => task({ name: 'addition', inputs: pairs(range(7), range(7)), behaviour: sum, require: { atLeast: 0.9 } });

describe('inputs', () => {
  test('a finite list gives all of itself, or n distinct ones by seed', () => {
    expect(addition().examples(1000, 0).inputs).toHaveLength(49);
    const some = addition().examples(20, 3);
    expect(new Set(some.tokens.map(String)).size).toBe(20);
    expect(addition().examples(20, 3)).toEqual(some);
    expect(addition().examples(20, 4)).not.toEqual(some);
  });
  test('an arbitrary is sampled, the same for the same seed', () => {
    const free = task({ name: 'free', inputs: fc.array(fc.nat(6), { minLength: 2, maxLength: 4 }), behaviour: sum, require: { atLeast: 0.9 } });
    expect(free.size).toBeUndefined();
    const some = free.examples(50, 1);
    expect(some.inputs).toHaveLength(50);
    expect(free.examples(50, 1).inputs).toEqual(some.inputs);
    expect(free.examples(50, 2).inputs).not.toEqual(some.inputs);
  });
  test('groups hold every input once, by length', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }), { minLength: 1 }), (list) => {
        const { groups, tokens } = task({ name: 't', inputs: list, behaviour: sum, require: { atLeast: 0 } }).examples(list.length, 0);
        expect(groups.flat().toSorted((a, b) => a - b)).toEqual(list.map((_, i) => i));
        for (const group of groups) expect(new Set(group.map((i) => tokens[i]!.length)).size).toBe(1);
      }),
    );
  });
  test('what is not tokens is an error that names the input', () => {
    const words = () => task({ name: 'words', inputs: ['a', 'b'], behaviour: accuracy(() => 0), require: { atLeast: 0 } }).examples(2, 0);
    expect(words).toThrow(InputError);
    expect(words).toThrow(/input 0 is not a list of token ids: "a"/);
    const encoded = task({ name: 'words', inputs: ['a', 'b'], tokens: (w) => [w.charCodeAt(0) - 97], behaviour: accuracy(() => 0), require: { atLeast: 0 } });
    expect(encoded.examples(2, 0).tokens).toEqual([[0], [1]]);
  });
});

describe('counterfactuals', () => {
  test('are other inputs of the task, as long as the input, by seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const examples = addition().examples(30, seed);
        const drawn = addition().counterfactuals(examples, seed);
        drawn.forEach((row, i) => {
          expect(row).not.toEqual(examples.tokens[i]);
          expect(row).toHaveLength(2);
        });
        expect(addition().counterfactuals(examples, seed)).toEqual(drawn);
      }),
    );
  });
  test('can be the task’s own, and must keep the length', () => {
    const own = task({ name: 'own', inputs: [[1, 2]], counterfactual: ([a = 0, b = 0]) => [b, a], behaviour: sum, require: { atLeast: 0 } });
    expect(own.counterfactuals(own.examples(1, 0), 0)).toEqual([[2, 1]]);
    const wrong = task({ name: 'own', inputs: [[1, 2]], counterfactual: () => [1], behaviour: sum, require: { atLeast: 0 } });
    expect(() => wrong.counterfactuals(wrong.examples(1, 0), 0)).toThrow(/1 tokens, the input 2/);
  });
  test('an input without another of its length is an error', () => {
    for (const list of [[[1, 2]], [[1, 2], [1, 2]], [[1, 2], [1]]]) {
      const lonely = task({ name: 'lonely', inputs: list, behaviour: sum, require: { atLeast: 0 } });
      expect(() => lonely.counterfactuals(lonely.examples(9, 0), 0)).toThrow(TaskError);
    }
  });
});

describe('declaring', () => {
  test('no inputs', () => {
    expect(() => task({ name: 'none', inputs: [], behaviour: sum, require: { atLeast: 0.9 } })).toThrow(TaskError);
  });
  test('a threshold on the wrong side', () => {
    expect(() => task({ name: 't', inputs: [[1]], behaviour: sum, require: { atMost: 0.9 } })).toThrow(/its threshold is { atLeast/);
    expect(() => task({ name: 't', inputs: [[1]], behaviour: crossEntropy(() => 0), require: { atLeast: 0.9 } })).toThrow(/its threshold is { atMost/);
  });
  test('an unknown option names the nearest', () => {
    const misspelt = () => task({ name: 't', inputs: [[1]], behavior: sum, behaviour: sum, require: { atLeast: 0 } } as never);
    expect(misspelt).toThrow(OptionError);
    expect(misspelt).toThrow(/unknown option "behavior"[^]*did you mean "behaviour"/);
  });
  test('every missing option is an error', () => {
    const whole = { name: 't', inputs: [[1]], behaviour: sum, require: { atLeast: 0 } };
    for (const key of Object.keys(whole)) {
      const { [key as keyof typeof whole]: _, ...rest } = whole;
      expect(() => task(rest as never)).toThrow(OptionError);
    }
  });
});

test('a score below the threshold is an error with the numbers', () => {
  expect(() => requireBehaviour(addition(), 'small', 0.9)).not.toThrow();
  const below = () => requireBehaviour(addition(), 'small', 0.8999);
  expect(below).toThrow(BehaviourError);
  expect(below).toThrow(/small scores 0.8999 accuracy on "addition"; the task asks for at least 0.9/);
  expect(() => requireBehaviour(addition(), 'broken', NaN)).toThrow(BehaviourError);
});

test('generators draw inputs of the task and counterfactuals that differ', () => {
  const all = new Set(pairs(range(7), range(7)).map(String));
  fc.assert(fc.property(inputs(addition()), ({ input, tokens }) => all.has(String(input)) && tokens === input));
  fc.assert(fc.property(counterfactuals(addition()), (one) => all.has(String(one.counterfactual)) && String(one.counterfactual) !== String(one.tokens)));
});
