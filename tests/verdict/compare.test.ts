import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';
import {
  BehaviourError,
  CancelledError,
  ImplementationError,
  InputError,
  OptionError,
  RepresentationError,
  TaskError,
} from '../../src/errors.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { readSafetensors } from '../../src/io/safetensors.js';
import { writeSafetensors } from '../../src/io/safetensors-write.js';
import { accuracy, klToClean, pairs, range } from '../../src/task/index.js';
import { byIntervention, trainedRuns, union } from '../../src/implementations/index.js';
import { compare } from '../../src/verdict/compare.js';
import { measuredLines } from '../../src/verdict/words.js';
import type { CompareOptions } from '../../src/verdict/compare-options.js';
import { task } from '../../generators/task.js';
import { addition, example, exampleFolder, prime } from '../helpers/example.js';
import { relabelTokens } from '../helpers/relabel.js';
import { both, tiny } from '../helpers/tiny.js';

let released: Model;
let quantised: Model;
let constant: Model;
beforeAll(async () => {
  [released, quantised, constant] = await Promise.all([
    example('released'),
    example('quantised'),
    example('constant-attention'),
  ]);
});
afterAll(() => {
  for (const model of [released, quantised, constant]) model?.dispose();
});

/** No search for components that the models can do without. */
const unsearched = { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.1 } as const;
const quick = (rest: Partial<CompareOptions> = {}): CompareOptions => ({
  on: addition(),
  budget: { draws: 5 },
  inputs: 100,
  splits: 1,
  alsoReport: [],
  bootstrap: 100,
  permutations: 99,
  set: { search: { budget: 80, rankOn: 20 } },
  ...rest,
});

test('one seed: the same evidence to the bit; another seed: other draws; no tensor left', async () => {
  const before = tf.memory().numTensors;
  const run = async (seed: number) => {
    const { seconds: _, ...evidence } = await compare(
      released,
      quantised,
      quick({ seed, budget: { draws: 3 }, inputs: 50 }),
    );
    return evidence;
  };
  const first = await run(1);
  expect(await run(1)).toEqual(first);
  expect((await run(2)).distances).not.toEqual(first.distances);
  expect(tf.memory().numTensors).toBe(before);
  // the evidence is plain JSON
  expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  expect(first.baseline.implementations).toHaveLength(4);
  expect(first.baseline.implementations[0]!.description).toBe('released itself');
  for (const side of [first.baseline, first.candidate])
    for (const one of side.implementations) expect(one.behaviour).toBeGreaterThanOrEqual(0.99);
  expect(first.representation.sites).toEqual(['blocks.0.hook_resid_pre', 'blocks.0.hook_resid_post']);
  expect(first.representation.features).toBe(2 * 64);
});

test('asked to, both sides are drawn independently: a model against itself shares no draw but the original', async () => {
  const { baseline, candidate, distances, common } = await compare(
    released,
    released,
    quick({ common: false, budget: { draws: 3 }, inputs: 50 }),
  );
  expect(common).toEqual({ why: 'it was asked for' });
  const [left, right] = [baseline, candidate].map((side) => side.implementations.map((one) => one.description));
  expect(left![0]).toBe(right![0]);
  // an exact copy predicts itself up to the shrinkage of ridge regression
  const [nearest] = distances.across.flat().toSorted((a, b) => a - b);
  expect(distances.across[0]![0]).toBe(nearest);
  expect(distances.across.slice(1).every((row, i) => row[i + 1]! > nearest!)).toBe(true);
});

test('implementation sets: other runs, and unions that mix them with interventions', async () => {
  const further = await example('finetuned');
  try {
    const runs = trainedRuns([released, quantised, further]);
    const evidence = await compare(runs, trainedRuns([constant, released]), quick({ budget: { draws: 20 } }));
    expect(evidence.baseline.implementations.map((one) => one.description).toSorted()).toEqual([
      'finetuned',
      'quantised',
      'released',
    ]);
    expect(evidence.candidate.acceptance).toMatchObject({ tried: 2, accepted: 2 });
    // so few never pass for equivalent
    expect(evidence.outcome).toBe('undecided');

    const mixed = await compare(
      union(runs, byIntervention(released)),
      released,
      quick({ budget: { draws: 11 }, seed: 3 }),
    );
    const words = mixed.baseline.implementations.map((one) => one.description);
    expect(words).toEqual(expect.arrayContaining(['quantised', 'finetuned']));
    expect(words.some((one) => /resampled/.test(one))).toBe(true);
    expect(words).toHaveLength(12);
  } finally {
    further.dispose();
  }
});

test('a claimed circuit: what lies outside is patched, and draws that break the behaviour are rejected and counted', async () => {
  const evidence = await compare(
    released,
    quantised,
    quick({ set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.1 }, minAcceptance: 0.05 }),
  );
  const { tried, accepted, rate } = evidence.baseline.acceptance;
  expect(accepted).toBe(6);
  expect(tried).toBeGreaterThanOrEqual(accepted);
  expect(rate.estimate).toBeCloseTo(accepted / tried, 12);
  expect(evidence.baseline.implementations[1]!.description).toMatch(/^released with 26 of 256 neurons resampled/);
});

test('progress goes from 0 to 1 and says what is being done', async () => {
  const seen: number[] = [];
  const said = new Set<string>();
  await compare(
    union(byIntervention(released), byIntervention(quantised)),
    quantised,
    quick({
      budget: { draws: 2 },
      inputs: 40,
      alsoReport: ['cka', 'procrustes'],
      progress: (done, doing) => void (seen.push(done), said.add(doing)),
    }),
  );
  expect(seen.every((value, i) => value >= 0 && value <= 1 && (i === 0 || value >= seen[i - 1]!))).toBe(true);
  expect(seen.at(-1)).toBe(1);
  expect(said).toContain('drawing implementations');
});

test('drawing stops when the verdict is certain, with the course of the running test; a second call gives the same', async () => {
  // enough inputs that other inputs would hardly change the limits
  const options = quick({ budget: { draws: 20 }, inputs: 200 });
  const evidence = await compare(released, constant, options);
  const { outcome, sequential, smallestMargin, largestMargin, baseline, candidate, judgement } = evidence;
  expect(evidence.inputGroups).toEqual({ groups: 8, undrawn: expect.closeTo(1 - 200 / 1849, 12) });
  expect(evidence.twins!.inputGroups).toEqual(evidence.inputGroups);
  expect(measuredLines(evidence)).toContainEqual([
    'other inputs',
    "89.2 % of the task's inputs were not drawn; limits allow for that, by how much 8 groups of those drawn differ",
  ]);
  expect(outcome).toBe('different');
  expect(sequential).toMatchObject({
    stopped: 'certain',
    last: 0.75,
    earlyLooks: 5,
    budget: { draws: 20 },
    levels: { alpha: 0.05, beta: 0.05 },
  });
  const [{ trajectory }] = sequential.running as [(typeof sequential.running)[number]];
  expect(trajectory.certain).toBe('different');
  // the original, and two a side for every block
  for (const side of [baseline, candidate]) expect(side.implementations).toHaveLength(1 + 2 * trajectory.blocks);
  expect(judgement.sides.every(({ beyond }) => beyond > 0.5)).toBe(true);
  // the tolerance asked for is among those at which they would have come out different. None would have passed: the shuffled controls are no farther
  expect(largestMargin).toEqual({ level: 0.05, by: 'running test and rule', margin: expect.any(Number) });
  expect(largestMargin!.margin!).toBeGreaterThanOrEqual(0.25);
  expect(largestMargin!.margin!).toBeLessThan(Math.min(...judgement.sides.map(({ excess }) => excess.low)));
  expect(smallestMargin).toMatchObject({ level: 0.05, by: 'running test and rule' });
  expect(smallestMargin.margin).toBeUndefined();
  expect(smallestMargin.why).toMatch(/control/);
});

test('time is a budget too', async () => {
  const error: unknown = await compare(released, quantised, quick({ budget: { draws: 40, seconds: 1e-3 } })).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ImplementationError);
  expect((error as Error).message).toMatch(
    /0\.001 s were over before two implementations a side were drawn[^]*give it more time/,
  );
});

test('symmetries of the task: the same network on relabelled inputs is different without them, and equivalent averaged over them', async () => {
  const { tensors } = await readSafetensors(join(exampleFolder, 'models', 'released.safetensors'));
  const at = mkdtempSync(join(tmpdir(), 'congruity-relabelled-'));
  let relabelled: Model | undefined;
  try {
    await writeSafetensors(
      join(at, 'relabelled.safetensors'),
      relabelTokens(tensors, (token) => (6 * token) % prime),
    );
    cpSync(join(exampleFolder, 'models', 'released.json'), join(at, 'relabelled.json'));
    relabelled = await load(join(at, 'relabelled.safetensors'));
    const on = (symmetries?: Record<string, (input: readonly number[]) => readonly number[]>) =>
      task({
        name: 'addition',
        inputs: pairs(range(prime), range(prime)),
        behaviour: accuracy(([a = 0, b = 0]: readonly number[]) => (a + b) % prime),
        threshold: { atLeast: 0.99 },
        ...(symmetries && { symmetries: symmetries as never }),
      });
    const plain = await compare(released, relabelled, quick({ on: on(), budget: { draws: 9 } }));
    expect(plain.outcome).toBe('different');
    // multiplication by 6 has order 3 modulo 43
    const averaged = await compare(
      released,
      relabelled,
      quick({ on: on({ 'times 6': (input) => input.map((x) => (6 * x) % prime) }), budget: { draws: 9 } }),
    );
    expect(averaged).toMatchObject({ outcome: 'equivalent', task: { inputs: averaged.orbits!.measured } });
    const { orbits, bySite } = averaged;
    // [0, 0] is alone, all others are in threes
    expect(orbits!.inputs).toBe(3 * orbits!.orbits - (orbits!.inputs % 3 === 0 ? 0 : 2));
    expect(orbits!.pairs).toBeGreaterThan(orbits!.inputs ** 2 / 3);
    expect(orbits!.pairs).toBeLessThan(orbits!.inputs ** 2 / 3 + orbits!.orbits);
    for (const side of orbits!.kept) {
      expect(side.sites.map(({ site }) => site)).toEqual(averaged.representation.sites);
      for (const share of [side.together, ...side.sites.map((one) => one.share)]) {
        expect(share).toBeGreaterThan(0.1);
        expect(share).toBeLessThan(1);
      }
    }
    expect(orbits!.kept[1].together).toBeCloseTo(orbits!.kept[0].together, 5);
    expect(bySite.map(({ site }) => site)).toEqual(['blocks.0.hook_resid_post']);
    expect(bySite[0]!.excess).toBeLessThan(averaged.judgement.policy.margin);
  } finally {
    relabelled?.dispose();
    rmSync(at, { recursive: true, force: true });
  }
}, 300_000);

describe('what cannot be judged is an error of its own class, and leaves no tensor', () => {
  const cases: [string, () => Promise<unknown>, new (...args: never[]) => Error, RegExp][] = [
    [
      'unknown option',
      () => compare(released, quantised, quick({ margn: 0.1 } as never)),
      OptionError,
      /did you mean "margin"/,
    ],
    ['impossible option', () => compare(released, quantised, quick({ alpha: 2 })), OptionError, /alpha/],
    [
      'unknown option of the set',
      () => compare(released, quantised, quick({ set: { fractoin: 0.1 } as never })),
      OptionError,
      /did you mean "fraction"/,
    ],
    [
      'one implementation asked for',
      () => compare(released, quantised, quick({ budget: { draws: 0 } })),
      OptionError,
      /the within-model distance needs two/,
    ],
    [
      'one implementation to be had',
      () => compare(trainedRuns([released]), quantised, quick({ set: unsearched })),
      ImplementationError,
      /the within-model distance needs at least two/,
    ],
    ['no task', () => compare(released, quantised, quick({ on: undefined })), OptionError, /on must be a task/],
    ['no model', () => compare(undefined as never, quantised, quick()), OptionError, /what load\(\.\.\.\) resolves to/],
    [
      'a model below its threshold',
      () => compare(constant, quantised, quick({ on: wrong })),
      BehaviourError,
      /the task asks for at least 0.99/,
    ],
    [
      'a task with too few inputs',
      async () => compare(await small, await small, quick({ on: both() })),
      TaskError,
      /4 distinct inputs/,
    ],
    ['an unknown token', () => compare(released, quantised, quick({ on: strange })), InputError, /token/],
    [
      'an unknown site',
      () => compare(released, quantised, quick({ sites: ['blocks.0.hook_resid_past'] })),
      RepresentationError,
      /did you mean "blocks.0.hook_resid_post"/,
    ],
    [
      'a constant representation',
      () => compare(released, quantised, quick({ sites: ['hook_pos_embed'], set: unsearched })),
      RepresentationError,
      /released/,
    ],
    [
      'NaN activations',
      () => compare(withNaN(released), quantised, quick({ set: unsearched })),
      RepresentationError,
      /released.*blocks.0.hook_resid_post/s,
    ],
    [
      'draws that all break the behaviour',
      () => compare(released, quantised, quick({ set: { outside: ['blocks.0.attn'], fraction: 1 } })),
      ImplementationError,
      /of \d+ draws still do[^]*fraction/,
    ],
    [
      'cancelled',
      () => compare(released, quantised, quick({ signal: AbortSignal.abort() })),
      CancelledError,
      /cancelled/,
    ],
  ];
  const wrong = task({
    name: 'subtraction',
    inputs: pairs(range(prime), range(prime)),
    behaviour: accuracy(([a = 0, b = 0]: readonly number[]) => (a - b + prime) % prime),
    threshold: { atLeast: 0.99 },
  });
  const strange = task({
    name: 'strange',
    inputs: pairs(range(prime + 1), range(prime + 1)),
    behaviour: accuracy(() => 0),
    threshold: { atLeast: 0 },
  });
  let small: Promise<Model>;
  beforeAll(async () => {
    small = tiny();
    await small;
  });
  afterAll(async () => (await small).dispose());

  /** A model of another kind, as the contract allows: it computes as the first does but loses one activation. */
  const withNaN = (model: Model): Model => ({
    ...model,
    representationSites: model.representationSites,
    sites: model.sites,
    parts: model.parts,
    backend: model.backend,
    name: model.name,
    kind: model.kind,
    fingerprint: model.fingerprint,
    dispose: () => undefined,
    run: async (batch, options) => {
      const result = await model.run(batch, options);
      const lost = result.activations.get('blocks.0.hook_resid_post');
      if (lost) lost.data[lost.data.length - 1] = NaN;
      return result;
    },
  });

  test.each(cases)('%s', async (_name, work, type, message) => {
    const before = tf.memory().numTensors;
    const error: unknown = await work().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('other tasks and sets', () => {
  test('inputs from an arbitrary, behaviour by KL to the clean output', async () => {
    const near = task({
      name: 'as before',
      inputs: fc.tuple(fc.nat(prime - 1), fc.nat(prime - 1)),
      behaviour: klToClean(),
      threshold: { atMost: 0.5 },
    });
    const evidence = await compare(released, quantised, quick({ on: near, inputs: 60, budget: { draws: 3 } }));
    expect(evidence.task).toMatchObject({
      inputs: 60,
      behaviour: 'KL to clean output (nats)',
      threshold: 'at most 0.5',
    });
    expect(evidence.baseline.behaviour).toBe(0);
    for (const one of evidence.candidate.implementations.slice(1)) {
      expect(one.behaviour).toBeGreaterThan(0);
      expect(one.behaviour).toBeLessThanOrEqual(0.5);
    }
  });

  // constant-attention stands few zeros, so that what both stand leaves the implementations of released copies of each other
  test.each([
    ['mean', 'auto'],
    ['zero', false],
    ['zero', 'auto'],
  ] as const)('implementations by %s ablation, common %s', async (by, common) => {
    const evidence = await compare(
      released,
      constant,
      quick({ common, budget: { draws: 6 }, set: { by, search: { budget: 80, rankOn: 20 } } }),
    );
    expect(evidence.baseline.implementations[1]!.description).toMatch(new RegExp(`${by}-ablated`));
    expect(evidence.outcome).toBe('different');
  });

  test.each(['cka', 'procrustes'] as const)('the %s distance can be the measure', async (measure) => {
    const evidence = await compare(
      released,
      constant,
      quick({ measure, alsoReport: ['ridge'], pool: 'mean', inputs: 60 }),
    );
    // six a side may be too few to call it; strangers are farther all the same
    expect(evidence).toMatchObject({ measure, bySplit: [], bounds: { measure } });
    for (const side of evidence.judgement.sides) expect(side.excess.estimate).toBeGreaterThan(0.25);
    expect(evidence.bounds.necessary).toBeLessThanOrEqual(evidence.bounds.hausdorff);
    expect(evidence.bounds.hausdorff).toBeLessThanOrEqual(evidence.bounds.sufficient);
    expect(evidence.alsoReport.map((one) => one.measure)).toEqual(['ridge']);
  });

  test('any sites, all positions as features', async () => {
    const {
      representation,
      bySite,
      still = [],
    } = await compare(
      released,
      constant,
      quick({
        sites: ['blocks.0.attn.hook_z', 'blocks.0.mlp.hook_post'],
        pool: 'none',
        budget: { draws: 2 },
        inputs: 50,
      }),
    );
    expect(representation).toEqual({
      sites: ['blocks.0.attn.hook_z', 'blocks.0.mlp.hook_post'],
      pool: 'none',
      features: 2 * 64 + 2 * 256,
    });
    // neurons are resampled here, and no head
    expect(bySite.map((one) => one.site)).toEqual(['blocks.0.mlp.hook_post']);
    expect(still.map((one) => one.site)).toEqual(['blocks.0.attn.hook_z']);
  });
});
