import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';
import {
  components,
  findCircuit,
  growFree,
  intervene,
  inWords,
  rankComponents,
  select,
} from '../../src/circuit/index.js';
import type { Over } from '../../src/circuit/over.js';
import {
  BehaviourError,
  CancelledError,
  ImplementationError,
  InterventionError,
  OptionError,
} from '../../src/errors.js';
import type { Model } from '../../src/model/model.js';
import { requireFree } from '../../src/circuit/patching.js';
import { accuracy, pairs, range, runExamples } from '../../src/task/index.js';
import { addition, example } from '../helpers/example.js';
import { task } from '../../generators/task.js';
import { circuits } from '../../generators/circuits.js';
import { both, tiny } from '../helpers/tiny.js';
import { errorOf } from '../helpers/error-of.js';

let model: Model;
beforeAll(async () => {
  model = await tiny();
});
afterAll(() => model.dispose());

const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name).toSorted();
const whole = () => both().examples(4, 0);

describe('the tiny model computed by hand', () => {
  // clean logits of token 1 against 0 on the logits; with head 0 or neuron 0 at zero it is -6 everywhere
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const kl = (clean: number, patched: number): number => {
    const [p, q] = [sigmoid(clean), sigmoid(patched)];
    return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  };
  const effect = (kl(-6, -6) + 2 * kl(-2, -6) + kl(2, -6)) / 4;

  test('zero ablation: effects, ranking, free set and circuit', async () => {
    const found = await findCircuit(model, both(), whole(), { by: 'zero' });
    expect(found.grouped).toBe(1);
    const effects = Object.fromEntries(found.ranking.map((one) => [one.component.name, one.effect]));
    expect(effects['blocks.0.attn.head.0']).toBeCloseTo(effect, 5);
    expect(effects['blocks.0.mlp.neuron.0']).toBeCloseTo(effect, 5);
    for (const name of ['blocks.0.attn.head.1', 'blocks.0.mlp.neuron.1', 'blocks.0.mlp.neuron.2'])
      expect(effects[name]).toBe(0);
    expect(names(found.circuit)).toEqual(['blocks.0.attn.head.0', 'blocks.0.mlp.neuron.0']);
    expect(names(found.free)).toEqual(['blocks.0.attn.head.1', 'blocks.0.mlp.neuron.1', 'blocks.0.mlp.neuron.2']);
    expect(found.checked).toEqual([1]);
  });

  test('mean ablation: head 0 at its mean (1/2) leaves logit 1 at -2 everywhere', async () => {
    const found = await findCircuit(model, both(), whole(), { by: 'mean' });
    const expected = (kl(-6, -2) + 2 * kl(-2, -2) + kl(2, -2)) / 4;
    const [head] = found.ranking.filter((one) => one.component.name === 'blocks.0.attn.head.0');
    expect(head!.effect).toBeCloseTo(expected, 5);
    expect(names(found.circuit)).toEqual(['blocks.0.attn.head.0', 'blocks.0.mlp.neuron.0']);
  });

  test('resample ablation, any seed: the same circuit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const found = await findCircuit(model, both(), whole(), { seed });
        expect(names(found.circuit)).toEqual(['blocks.0.attn.head.0', 'blocks.0.mlp.neuron.0']);
        expect(found.checked).toEqual([1, 1, 1]);
      }),
      { numRuns: 4 },
    );
  });

  test.each<[Over, string[], string[]]>([
    ['heads', ['blocks.0.attn.head.0'], ['blocks.0.attn.head.1']],
    ['neurons', ['blocks.0.mlp.neuron.0'], ['blocks.0.mlp.neuron.1', 'blocks.0.mlp.neuron.2']],
    ['layers', ['blocks.0.attn', 'blocks.0.mlp'], []],
  ])('over %s', async (over, circuit, free) => {
    const found = await findCircuit(model, both(), whole(), { over, by: 'zero' });
    expect(names(found.circuit)).toEqual(circuit);
    expect(names(found.free)).toEqual(free);
    if (free.length === 0) expect(() => requireFree(found)).toThrow(ImplementationError);
  });
});

test('the same seed gives the same result; runs are counted and within the budget; no tensor is left', async () => {
  const before = tf.memory().numTensors;
  const options = { seed: 5, budget: 64 };
  const first = await findCircuit(model, both(), whole(), options);
  expect(await findCircuit(model, both(), whole(), options)).toEqual(first);
  expect(first.runs).toBeLessThanOrEqual(64);
  // the five components and more
  expect(first.runs).toBeGreaterThan(5);
  const told: number[] = [];
  expect((await findCircuit(model, both(), whole(), { ...options, progress: (done) => told.push(done) })).runs).toBe(
    first.runs,
  );
  expect(told.length).toBeGreaterThan(5);
  expect(tf.memory().numTensors).toBe(before);
});

test('a budget that is too small is told the least that does, whatever it is', async () => {
  const search = (budget: number) => findCircuit(model, both(), whole(), { budget, by: 'zero' });
  const refused = async (budget: number): Promise<OptionError> =>
    search(budget).then(
      () => expect(budget).toBe('refused') as never,
      (error: unknown) => error as OptionError,
    );
  const least = Number(/at least (\d+)/.exec((await refused(8)).hint!)![1]);
  for (let budget = 8; budget < least; budget++)
    expect(await refused(budget)).toMatchObject({
      what: `a budget of ${budget} runs is too small for 5 components`,
      hint: `give at least ${least}, or search over fewer components`,
    });
  await search(least);
});

test('what cannot be searched is an error', async () => {
  await expect(findCircuit(model, both(), whole(), { budget: 3 })).rejects.toThrow(OptionError);
  await expect(findCircuit(model, both(), whole(), { overs: 'heads' } as never)).rejects.toThrow(
    errorOf(OptionError, /did you mean "over"/),
  );
  const wrong = task({
    name: 'or',
    inputs: pairs(range(2), range(2)),
    behaviour: accuracy(([a = 0, b = 0]: readonly number[]) => a | b),
    threshold: { atLeast: 1 },
  });
  await expect(findCircuit(model, wrong, wrong.examples(4, 0))).rejects.toThrow(BehaviourError);
  await expect(findCircuit(model, both(), whole(), { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
});

describe('components', () => {
  test('are selected by name and pattern, in the model’s order, each once', () => {
    expect(names(select(model, ['blocks.0.attn.head.*']))).toEqual(['blocks.0.attn.head.0', 'blocks.0.attn.head.1']);
    expect(select(model, ['blocks.0.mlp.neuron.2', 'blocks.*.mlp.neuron.*'])).toHaveLength(3);
    expect(names(select(model, ['blocks.0.mlp']))).toEqual(['blocks.0.mlp']);
    expect(() => select(model, ['blocks.0.attn.heads.0'])).toThrow(InterventionError);
    expect(() => select(model, ['blocks.0.attn.heads.0'])).toThrow(
      errorOf(InterventionError, /did you mean "blocks.0.attn.head.0"/),
    );
    // a dot is a dot
    expect(() => select(model, ['blocks.0.attn.head..'])).toThrow(InterventionError);
  });
  test('become one intervention per site', () => {
    const by = { kind: 'zero' } as const;
    expect(intervene(components(model, 'heads+neurons'), by)).toEqual([
      { site: 'blocks.0.attn.hook_z', at: { head: [0, 1] }, by },
      { site: 'blocks.0.mlp.hook_post', at: { feature: [0, 1, 2] }, by },
    ]);
    expect(intervene(components(model, 'layers'), by)).toEqual([
      { site: 'blocks.0.hook_attn_out', by },
      { site: 'blocks.0.hook_mlp_out', by },
    ]);
  });
  test('print in words', () => {
    expect(inWords([], model)).toBe('nothing');
    expect(inWords(components(model, 'heads'), model)).toBe('blocks.0.attn.head.0, blocks.0.attn.head.1');
  });
  test('generated sets are not empty, within the model, and shrink to one component', () => {
    const arbitrary = circuits(model);
    fc.assert(fc.property(arbitrary, ({ components: some }) => some.length >= 1 && some.length <= 5));
    const { counterexample } = fc.check(
      fc.property(arbitrary, ({ components: some }) => !some.some((one) => one.kind === 'head')),
      { seed: 1 },
    );
    expect(counterexample![0].components).toHaveLength(1);
  });
});

test('where the budget does not reach every component, they are ranked in groups, and all still appear once', async () => {
  const few = await rankComponents(model, both(), whole(), { budget: 8, by: 'zero' });
  expect(few.grouped).toBe(1);
  const layered = await example('released');
  try {
    const examples = addition().examples(60, 0);
    const grouped = await rankComponents(layered, addition(), examples, { budget: 50, rankOn: 40 });
    expect(grouped.grouped).toBe(Math.ceil(260 / 47));
    expect(new Set(grouped.ranking.map((one) => one.component.name)).size).toBe(260);
    expect(grouped.runs).toBeLessThanOrEqual(50);
    // the heads carry the sum: they come out on top even in groups
    expect(grouped.ranking[0]!.breaks).toBe(true);
  } finally {
    layered.dispose();
  }
});

test('grown sets preserve behaviour, differ by seed, and cannot be grown by one more of their order', async () => {
  const grown = async (seed: number) =>
    growFree(model, both(), whole(), components(model, 'heads+neurons'), { by: 'zero', seed });
  const sets = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(grown));
  for (const { components: chosen, patch } of sets) {
    expect((await runExamples(model, both(), whole(), { patch })).score).toBe(1);
    expect(names(chosen)).not.toContain('blocks.0.attn.head.0');
    expect(names(chosen)).not.toContain('blocks.0.mlp.neuron.0');
  }
  expect(new Set(sets.map(({ components: chosen }) => names(chosen).join())).size).toBeGreaterThan(1);
  expect(await grown(1).then(({ components: chosen }) => names(chosen))).toEqual(names(sets[0]!.components));
});
