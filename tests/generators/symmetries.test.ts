import { beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { architecture } from '../../generators/architecture.js';
import { architectures, type ArchitecturesConstraints } from '../../generators/architectures.js';
import type { Symmetry } from '../../generators/_internals/symmetry.js';
import { symmetryOf } from '../../generators/symmetry-of.js';
import {
  size,
  symmetries,
  type SymmetriesConstraints,
  type SymmetryName,
  type SymmetryStep,
} from '../../generators/symmetries.js';
import { symmetryNames } from '../../generators/_internals/weights/symmetry/index.js';
import { ModelError, OptionError } from '../../src/errors.js';
import { measures } from '../../src/measure/index.js';
import type { Model } from '../../src/model/model.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import { featuresOf } from '../../src/representation/capture.js';
import { addGrams, gramOf, type Gram } from '../../src/representation/gram.js';
import { backend } from '../../src/tensor/backend.js';
import { laws, shrinkFully } from './lawful.js';
import { errorOf } from '../helpers/error-of.js';
import { random } from '../../src/random.js';

beforeAll(() => backend({ backend: 'wasm' }));

/** 24 inputs or all there are, of the longest length. */
const inputsOf = ({ config: { n_ctx, d_vocab } }: Transformer): number[][] =>
  Array.from({ length: Math.min(24, d_vocab ** n_ctx) }, (_, row) =>
    Array.from({ length: n_ctx }, (_unused, at) => Math.floor((row * 7919) / d_vocab ** at) % d_vocab),
  );

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Largest difference, in units of the largest value (at least 1). */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return largest(Array.from(a, (x, i) => x - b[i]!)) / Math.max(1, largest(a));
}

async function seen(
  model: Transformer,
): Promise<{ logits: Float32Array; residual: Float32Array[]; gram: Gram | undefined }> {
  const inputs = inputsOf(model);
  const sites = model.representationSites;
  const { logits, activations } = await model.run(inputs, { capture: sites });
  const features = sites.map((name) =>
    featuresOf(
      model.sites.find((site) => site.name === name)!,
      [{ rows: inputs.map((_, i) => i), lengths: undefined, activations }],
      'none',
    ),
  );
  return {
    logits: logits.data,
    residual: sites.map((name) => activations.get(name)!.data),
    gram: inputs.length < 2 ? undefined : addGrams(features.map((one) => gramOf(one, { constant: 'zero' }))),
  };
}

/** Float32 sums of a few dozen terms of order one, in another order, through up to three layers. */
const TOLERANCE = 1e-5;

interface Moves {
  readonly logits: number;
  readonly residual: number;
  readonly gram: number;
}

/** By how much a changed model, which is disposed of, has other logits, another residual stream and another Gram. */
async function moves(model: Transformer, changed: Transformer): Promise<Moves> {
  try {
    const [before, after] = [await seen(model), await seen(changed)];
    return {
      logits: apart(before.logits, after.logits),
      residual: Math.max(...before.residual.map((data, i) => apart(data, after.residual[i]!))),
      gram: before.gram === undefined ? 0 : apart(before.gram.data, after.gram!.data),
    };
  } finally {
    changed.dispose();
  }
}

/**
 * What roundings can move, in a model that magnifies them: large scores of attention, a residual stream that hardly varies about its mean.
 * It is a tenth of what moves where each weight is 2^-14 of itself larger or smaller. Reordered sums move less than a tenth of that again.
 */
async function roundings(model: Transformer): Promise<number> {
  const stream = random(0, 'roundings');
  const off = (x: number): number => x * (1 + (stream.unit() < 0.5 ? 2 ** -14 : -(2 ** -14)));
  const weights = new Map([...model.weights].map(([name, { shape, data }]) => [name, { shape, data: data.map(off) }]));
  const { logits, residual, gram } = await moves(model, await transformer(model.config, weights, { backend: 'wasm' }));
  return Math.max(logits, residual, gram) / 10;
}

/** That a symmetry moves nothing but roundings: not the logits, the residual stream unless it turns, or its Gram. */
async function expectKept(model: Transformer, symmetry: Symmetry): Promise<void> {
  const { logits, residual, gram } = await moves(model, await symmetry.apply());
  const moved = Math.max(logits, gram, symmetry.residual === 'same' ? residual : 0);
  // few models magnify: the others need no third one to compare with
  expect(moved).toBeLessThan(moved < TOLERANCE ? TOLERANCE : await roundings(model));
}

/** A random architecture that allows what is asked, and a symmetry of its model. */
async function withSymmetry(
  constraints: ArchitecturesConstraints,
  options: SymmetriesConstraints,
  numRuns: number,
  check: (model: Transformer, symmetry: Symmetry) => Promise<void>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(architectures(constraints), fc.nat(), async (one, seed) => {
      const model = await one.build({ backend: 'wasm' });
      try {
        let arbitrary: fc.Arbitrary<Symmetry>;
        try {
          arbitrary = symmetries(model, options);
        } catch (error) {
          fc.pre(!(error instanceof OptionError)); // not with this architecture
          throw error;
        }
        await check(model, fc.sample(arbitrary, { seed, numRuns: 1 })[0]!);
      } finally {
        model.dispose();
      }
    }),
    { numRuns },
  );
}

/** Where many architectures do not allow a kind, those that do. */
const needs: Partial<Record<SymmetryName, ArchitecturesConstraints>> = {
  'permute neurons': { attn_only: false },
  'add neurons': { attn_only: false },
  'flip residual': { normalization_type: ['RMS', 'RMSPre', null] },
  'permute key-value heads': { n_heads: 4, n_key_value_heads: 2 },
  'rescale norm': { normalization_type: ['LN', 'RMS'] },
  'rescale neurons': { attn_only: false, act_fn: ['relu', 'silu'] },
  'shift keys': { positional_embedding_type: 'standard', biases: ['all', 'attention inputs'] },
  'move value bias': { biases: 'all' },
};

describe('symmetries keep what is computed, and how', () => {
  test.each(symmetryNames.filter((kind) => !kind.startsWith('remove')))(
    '%s, on every architecture that allows it',
    async (kind) => {
      await withSymmetry(needs[kind] ?? {}, { kinds: [kind] }, 20, async (model, symmetry) => {
        expect(symmetry.steps.every((step) => step.kind === kind)).toBe(true);
        await expectKept(model, symmetry);
      });
    },
  );

  test('compositions, and every symmetry prints so that it reads back as the same change', async () => {
    await withSymmetry({}, {}, 30, async (model, symmetry) => {
      const again = symmetryOf(model, symmetry.toString().split('\n')[1]!);
      expect(again.weights()).toEqual(symmetry.weights());
      expect(again.toString()).toBe(symmetry.toString());
      await expectKept(model, symmetry);
    });
  });

  test('what was split merges again, what was added dead is removed', async () => {
    let removed = 0;
    await withSymmetry({}, { kinds: ['add heads', 'add neurons'] }, 20, async (model, symmetry) => {
      const grown = await symmetry.apply();
      try {
        const back = fc.sample(symmetries(grown, { kinds: ['remove heads', 'remove neurons'] }), {
          seed: 1,
          numRuns: 1,
        })[0]!;
        const { config } = back.weights();
        expect(config.n_heads + config.d_mlp).toBeLessThan(grown.config.n_heads + grown.config.d_mlp);
        expect(back.residual).toBe('same');
        await expectKept(grown, back);
        removed++;
      } finally {
        grown.dispose();
      }
    });
    expect(removed).toBe(20);
  });

  test('in a model whose residual stream hardly varies: its Gram is of differences, and moves by more than 1e-5', async () => {
    const model = await architecture({
      config: {
        n_layers: 3,
        d_model: 1,
        n_ctx: 3,
        d_head: 3,
        n_heads: 1,
        d_mlp: 11,
        d_vocab: 2,
        d_vocab_out: 1,
        act_fn: 'relu',
        gated_mlp: true,
        normalization_type: null,
        attention_dir: 'bidirectional',
      },
      seed: 31332,
      biases: 'all',
    }).build({ backend: 'wasm' });
    const steps = [
      {
        kind: 'shift keys',
        layer: 0,
        head: 0,
        by: [
          [2, -1],
          [0, -1],
          [1, 1],
        ],
      },
      {
        kind: 'shift keys',
        layer: 0,
        head: 0,
        by: [
          [0, 0.5],
          [2, 1],
        ],
      },
    ] as const;
    try {
      const symmetry = symmetryOf(model, steps);
      expect((await moves(model, await symmetry.apply())).gram).toBeGreaterThan(TOLERANCE);
      await expectKept(model, symmetry);
      // and what is no symmetry of it is told from roundings
      const bound = await roundings(model);
      const other = await architecture({ config: model.config as never, seed: 31333, biases: 'all' }).build({
        backend: 'wasm',
      });
      expect((await moves(model, other)).gram).toBeGreaterThan(100 * bound);
    } finally {
      model.dispose();
    }
  });

  test('each does change the weights', async () => {
    await withSymmetry({}, { maxSteps: 1 }, 20, async (model, symmetry) => {
      // several maps may undo each other: twice as much, and half of it
      const [step] = symmetry.steps;
      fc.pre(step !== undefined && !('maps' in step && step.maps.length > 1));
      const changed = await symmetry.apply();
      changed.dispose();
      expect(changed.fingerprint).not.toBe(model.fingerprint);
    });
  });
});

describe('measures do not move', () => {
  const pairs: [Gram, Gram][] = [];
  beforeAll(async () => {
    const constraints = { d_vocab: 6, n_ctx: { min: 3, max: 4 }, d_model: { min: 4, max: 10 } } as const;
    await withSymmetry(constraints, {}, 25, async (model, symmetry) => {
      const changed = await symmetry.apply();
      try {
        pairs.push([(await seen(model)).gram!, (await seen(changed)).gram!]);
      } finally {
        changed.dispose();
      }
    });
  });

  test.each(['ridge', 'cka', 'procrustes'] as const)(
    '%s between a model and its symmetric copy is what it is between the model and itself',
    async (name) => {
      expect(pairs.length).toBeGreaterThanOrEqual(25);
      for (const [a, b] of pairs) {
        const { data } = await measures[name].distances([a, b, a], { seed: 0, splits: 1 });
        const [toCopy, toSelf] = [data[1]!, data[2]!];
        // distances near 0 are square roots of roundings
        expect(Math.abs(toCopy - toSelf)).toBeLessThan(name === 'procrustes' ? 1e-2 : 5e-3);
      }
    },
  );
});

describe('what an architecture does not allow is not drawn, and refused', () => {
  const build = (config: Record<string, unknown>) =>
    architecture({
      config: {
        n_layers: 1,
        d_model: 6,
        n_ctx: 4,
        d_head: 4,
        n_heads: 4,
        n_key_value_heads: 4,
        d_mlp: 5,
        d_vocab: 5,
        act_fn: 'gelu',
        normalization_type: 'LN',
        eps: 0.01,
        ...config,
      },
      seed: 3,
      biases: 'all',
    }).build({ backend: 'wasm' });
  const refused: [string, Record<string, unknown>, SymmetryStep][] = [
    ['a rotation in a plane with LayerNorm', {}, { kind: 'rotate residual', turns: [{ turn: [0, 1], degrees: 30 }] }],
    ['negated features with LayerNorm', {}, { kind: 'flip residual', features: [1] }],
    ['rescaled neurons with GELU', {}, { kind: 'rescale neurons', layer: 0, factors: [[0, 2]] }],
    ['a negative factor through ReLU', { act_fn: 'relu' }, { kind: 'rescale neurons', layer: 0, factors: [[0, -2]] }],
    [
      'heads exchanged across key-value heads',
      { n_key_value_heads: 2 },
      { kind: 'permute heads', layer: 0, swaps: [[1, 2]] },
    ],
    [
      'a map that mixes rotary pairs',
      { positional_embedding_type: 'rotary' },
      { kind: 'remap keys', layer: 0, head: 0, maps: [{ turn: [0, 1], degrees: 30 }] },
    ],
    [
      'one feature of a rotary pair scaled',
      { positional_embedding_type: 'rotary' },
      { kind: 'remap keys', layer: 0, head: 0, maps: [{ scale: [0], by: 2 }] },
    ],
    [
      'keys shifted with rotary',
      { positional_embedding_type: 'rotary' },
      { kind: 'shift keys', layer: 0, head: 0, by: [[0, 1]] },
    ],
    ['a living head removed', {}, { kind: 'remove heads', layers: [{ drop: 0 }] }],
    ['different neurons merged', {}, { kind: 'remove neurons', layers: [{ merge: [0, 1] }] }],
    ['a layer that is not there', {}, { kind: 'permute neurons', layer: 1, swaps: [[0, 1]] }],
    ['a map that is not invertible', {}, { kind: 'remap values', layer: 0, head: 0, maps: [{ scale: [0], by: 0 }] }],
  ];
  test.each(refused)('%s', async (_, config, step) => {
    const model = await build(config);
    try {
      expect(() => symmetryOf(model, [step])).toThrow(OptionError);
    } finally {
      model.dispose();
    }
  });

  test('and for a reason: done all the same, these change the logits', async () => {
    const { kindOf } = await import('../../generators/_internals/weights/symmetry/index.js');
    const { Draft } = await import('../../generators/_internals/weights/draft.js');
    for (const [, config, step] of refused.slice(0, 9)) {
      const model = await build(config);
      const draft = new Draft(model);
      kindOf(step.kind)!.apply(draft, step);
      const { config: other, weights } = draft.done();
      const changed = await transformer(other, weights, { backend: 'wasm' });
      const moved = apart((await seen(model)).logits, (await seen(changed)).logits);
      model.dispose();
      changed.dispose();
      expect([step.kind, moved > 20 * TOLERANCE]).toEqual([step.kind, true]);
    }
  });

  test('models of other kinds, and options that say nothing', async () => {
    expect(() => symmetries({ kind: 'onnx', name: 'other' } as Model)).toThrow(ModelError);
    const model = await build({});
    expect(() => symmetries(model, { kind: [] } as never)).toThrow(errorOf(OptionError, /unknown option "kind"/));
    expect(() => symmetries(model, { kinds: ['permute neuron' as never] })).toThrow(
      errorOf(OptionError, /did you mean "permute neurons"/),
    );
    expect(() => symmetries(model, { kinds: ['flip residual'] })).toThrow(errorOf(OptionError, /has no symmetry/));
    expect(() =>
      symmetries({
        ...model,
        name: 'strange',
        kind: 'transformer',
        config: { ...model.config, use_qk_norm: true },
        weights: model.weights,
      } as never),
    ).toThrow(errorOf(ModelError, /use_qk_norm/));
    expect(() => symmetryOf(model, 'nonsense')).toThrow(errorOf(OptionError, /this is no JSON/));
    expect(() => symmetryOf(model, '{}')).toThrow(OptionError);
    expect(() => symmetryOf(model, '[{"kind":"permute neurons"}]')).toThrow(OptionError);
    expect(() => symmetryOf(model, '[{"kind":"permute neurons","layer":0}]')).toThrow(
      errorOf(OptionError, /malformed/),
    );
    expect(() => symmetryOf(model, '[{"kind":"nothing"}, null]')).toThrow(
      errorOf(OptionError, /there is no symmetry "nothing"/),
    );
    model.dispose();
  });
});

describe('as an arbitrary', () => {
  let model: Transformer;
  beforeAll(async () => {
    model = await architecture({
      config: {
        n_layers: 2,
        d_model: 6,
        n_ctx: 3,
        d_head: 2,
        n_heads: 4,
        d_mlp: 5,
        d_vocab: 5,
        act_fn: 'relu',
        normalization_type: null,
      },
      seed: 3,
      biases: 'all',
    }).build({ backend: 'wasm' });
  });

  laws<Symmetry>({
    make: () => symmetries(model),
    isValid: ({ steps }) => void symmetryOf(model, steps),
    size: ({ steps }) => size(steps),
    parse: (text) => symmetryOf(model, text.split('\n')[1]!),
  });

  test('shrinks to one elementary change', () => {
    const has = (kind: SymmetryName) =>
      shrinkFully(symmetries(model), ({ steps }) => steps.some((step) => step.kind === kind)).steps;
    expect(has('permute neurons')).toMatchObject([{ kind: 'permute neurons', swaps: [expect.anything()] }]);
    expect(has('rotate residual')).toMatchObject([{ kind: 'rotate residual', turns: [{ degrees: 1 }] }]);
    expect(has('rescale neurons')).toMatchObject([{ kind: 'rescale neurons', factors: [[expect.any(Number), 2]] }]);
    // one that needs two steps keeps two
    const two = shrinkFully(
      symmetries(model),
      ({ steps }) =>
        steps.some(({ kind }) => kind === 'permute heads') && steps.some(({ kind }) => kind === 'add neurons'),
    );
    expect(two.steps.map(({ kind }) => kind)).toEqual(['permute heads', 'add neurons']);
    expect(two.description).toMatch(
      /^heads of layer \d: \d and \d exchanged; a neuron that writes nothing added to layer 0 before \d; /,
    );
  });

  test('draws every kind that the model allows', () => {
    const kinds = new Set(
      fc.sample(symmetries(model), { numRuns: 400, seed: 2 }).flatMap(({ steps }) => steps.map(({ kind }) => kind)),
    );
    expect(kinds).toEqual(
      new Set(
        symmetryNames.filter(
          (kind) => !['permute key-value heads', 'rescale norm', 'remove heads', 'remove neurons'].includes(kind),
        ),
      ),
    );
  });
});
