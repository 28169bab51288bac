/** Which inputs a mean says something about; and that those it says nothing about are left out, with a note. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError, TaskError } from '../../src/errors.js';
import { findCircuit, growFree, rankComponents, components, select } from '../../src/circuit/index.js';
import { References } from '../../src/circuit/references.js';
import { model } from '../../src/model/function.js';
import type { ModelInput, TensorValue, Tokens } from '../../src/model/input.js';
import type { Model, Site } from '../../src/model/model.js';
import { applyPatch } from '../../src/model/replacement.js';
import { accuracy } from '../../src/task/index.js';
import { byIntervention } from '../../src/implementations/index.js';
import { comparedInputs } from '../../src/implementations/inputs.js';
import { implementations } from '../../generators/implementations.js';
import { searchSufficiency } from '../../search/sufficiency.js';
import { TrialRunner } from '../../search/run-trials.js';
import { task } from '../../generators/task.js';
import { trials } from '../../generators/trials.js';
import { errorOf } from '../helpers/error-of.js';

const fixed: Site = { name: 'f', axes: ['feature'], shape: [3], layer: undefined };
const along: Site = { name: 'p', axes: ['position'], shape: [-1], layer: undefined };

describe('alone is what has an entry that no other reference has', () => {
  const tokens = fc.array(fc.nat(2), { minLength: 1, maxLength: 4 });
  test('of tokens', () =>
    fc.assert(
      fc.property(fc.array(tokens, { minLength: 1, maxLength: 6 }), tokens, (all, input) => {
        const references = new References(all);
        const others = all.filter((one) => JSON.stringify(one) !== JSON.stringify(input));
        expect(references.inputs.map((one) => JSON.stringify(one))).toEqual([
          ...new Set(all.map((one) => JSON.stringify(one))),
        ]);
        expect(references.alone(input, [fixed])).toBe(others.length === 0);
        expect(references.alone(input, [fixed, along])).toBe(!others.some((one) => one.length >= input.length));
      }),
    ));
  test('of tensors: another must be as large on every axis', () => {
    const tensor = (...shape: number[]): TensorValue => ({
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
    const references = new References([tensor(2, 3), tensor(3, 2), tensor(1, 1)]);
    expect(
      [tensor(2, 3), tensor(3, 2), tensor(1, 1), tensor(2, 2), tensor(3, 3), tensor(6)].map((one) =>
        references.alone(one, [along]),
      ),
    ).toEqual([true, true, false, false, true, true]);
    const named = new References([
      { a: [1, 2], b: tensor(2) },
      { b: tensor(3), a: [1, 2, 3] },
    ] as ModelInput[]);
    expect(named.alone({ a: [1, 2], b: tensor(2) }, [along])).toBe(false);
    expect(named.alone({ a: [1, 2, 3], b: tensor(3) }, [along])).toBe(true);
  });
});

/** h holds the parity of the length and carries the answer, g nothing; p is as long as the input and holds what the answer of `last` reads. */
const parity = (): Model =>
  model({
    name: 'parity',
    fingerprint: 'parity',
    sites: [
      { name: 'h', axes: ['feature'], shape: [1] },
      { name: 'g', axes: ['feature'], shape: [1] },
      { name: 'p', axes: ['position'], shape: [-1] },
    ],
    run({ inputs, patches, capture }) {
      const rows = inputs as readonly Tokens[];
      const h = Float32Array.from(rows, ({ length }) => (length % 2 ? 1 : -1));
      const g = Float32Array.from(rows, () => 0.5);
      const p = Float32Array.from(rows.flatMap((row) => [...row]));
      for (const patch of patches) applyPatch(patch, { h, g, p }[patch.site]!);
      const length = rows[0]!.length;
      const data = rows.flatMap((_, at) => [-9 * h[at]!, 9 * h[at]! + p[at * length + length - 1]! / 100]);
      const all = {
        h: { shape: [rows.length, 1], data: h },
        g: { shape: [rows.length, 1], data: g },
        p: { shape: [rows.length, length], data: p },
      };
      return {
        logits: { shape: [rows.length, 2], data },
        activations: new Map(capture.map((site) => [site, all[site as 'h']])),
      };
    },
  });
/** Every length once. */
const lengths = (n: number) =>
  task({
    name: 'parity of length',
    inputs: Array.from({ length: n }, (_, i) => Array<number>(i + 1).fill(i % 3)),
    behaviour: accuracy((x: readonly number[]) => x.length % 2),
    threshold: { atLeast: 0.99 },
  });

describe('inputs that all have lengths of their own', () => {
  const on = lengths(40);
  const examples = on.examples(40, 0);

  test('a mean is over all of them: what carries the answer is no free part', async () => {
    const found = await findCircuit(parity(), on, examples, { by: 'mean' });
    expect([found.circuit, found.free].map((list) => list.map(({ name }) => name).toSorted())).toEqual([
      ['h'],
      ['g', 'p'],
    ]);
    // at positions the longest has no other
    expect(found.notes).toEqual([expect.stringMatching(/^1 input is larger than every other/)]);
  });

  test('where no site follows the input none is left out', async () => {
    const small: Model = Object.create(parity(), {
      parts: { value: parity().parts.filter(({ name }) => name !== 'p') },
    });
    const ranked = await rankComponents(small, on, examples, { by: 'mean' });
    expect(ranked.notes).toBeUndefined();
    // at the mean of h, 0, all answers are alike: the mean of KL from (9, -9) and (-9, 9) to (0, 0)
    expect(ranked.ranking[0]!.component.name).toBe('h');
    expect(ranked.ranking[0]!.effect).toBeCloseTo(Math.log(2), 3);
    expect(ranked.ranking[0]!.breaks).toBe(true);
  });

  test('one that is alone is refused where it cannot be left out', async () => {
    const made = parity();
    await expect(growFree(made, on, examples, components(made), { by: 'mean', seed: 0 })).rejects.toThrow(
      errorOf(TaskError, /has 40 tokens, and no other is as large/),
    );
    const runner = new TrialRunner(made, on, examples);
    const trial = trials(made, {
      on,
      outside: ['p'],
      by: 'mean',
      examples: { inputs: examples.inputs.filter(({ length }) => length < 40) },
    });
    expect(trial.notes).toEqual([expect.stringMatching(/^2 inputs are larger than every other/)]);
    const whole = trials(made, { on, outside: ['p'], by: 'mean', whole: true }).of(select(made, ['p']), 'mean', 1);
    await expect(runner.effects([whole])).rejects.toThrow(TaskError);
  });

  test('searches, implementations and comparisons leave it out and say so', async () => {
    const made = parity();
    for (const whole of [false, true]) {
      const found = await searchSufficiency(made, {
        on,
        circuit: ['h'],
        by: 'mean',
        whole,
        each: 2,
        check: { numRuns: 10 },
      });
      expect(found.broken).toBeUndefined();
      expect(found.notes.join()).toMatch(/1 input (is larger|has nothing)/);
      const broken = await searchSufficiency(made, {
        on,
        circuit: ['g', 'p'],
        by: 'mean',
        whole,
        each: 2,
        check: { numRuns: 10 },
      });
      expect(broken.broken?.trial.components.map(({ name }) => name)).toEqual(['h']);
    }
    const [one] = fc.sample(implementations(made, { on, outside: ['g', 'p'], by: 'mean' }), { numRuns: 1, seed: 1 });
    expect(one!.examples.inputs).toHaveLength(39);
    expect(await one!.score()).toBe(1);
    expect(() => one!.interventions([Array<number>(41).fill(0)])).toThrow(
      errorOf(InputError, /no other example of task "parity of length" is as large/),
    );
    const { examples: compared, notes } = await comparedInputs(on, [byIntervention(made, { by: 'mean' })], 40, 0);
    expect(compared.inputs).toHaveLength(39);
    expect(notes).toEqual([expect.stringMatching(/^1 input is larger/)]);
    // draws are over what is left, and means over all
    const open = await byIntervention(made, { by: 'mean' }).open({
      task: on,
      examples: compared,
      seed: 0,
      searchSeed: 0,
    });
    expect((await open.draw(1))!.description).toMatch(/^parity with /);
  });
});
