import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';
import { size } from '../../generators/_internals/architecture-fields.js';
import { architecture, type Architecture, type PlainArchitecture } from '../../generators/architecture.js';
import { architectures } from '../../generators/architectures.js';
import { ModelError, OptionError } from '../../src/errors.js';
import { parseConfig } from '../../src/model/formats/transformer/graph/config.js';
import { backend } from '../../src/tensor/backend.js';
import { laws, shrinkFully } from './lawful.js';
import { errorOf } from '../helpers/error-of.js';

const tensors = (): number => tf.engine().state.numTensors;
let kept = 0;
beforeAll(async () => {
  await backend({ backend: 'wasm' });
  kept = tf.engine().state.numTensors;
});
afterEach(() => expect(tensors()).toBe(kept));

describe('architectures', () => {
  laws<Architecture>({
    make: () => architectures(),
    isValid: ({ config }) => void parseConfig(config),
    size,
    parse: architecture,
  });

  test('every one is a model that runs, finite and of order one', async () => {
    await fc.assert(
      fc.asyncProperty(architectures(), async (one) => {
        const model = await one.build({ backend: 'wasm' });
        try {
          const { n_ctx, d_vocab } = model.config;
          const { logits } = await model.run([Array.from({ length: n_ctx }, (_, i) => i % d_vocab)]);
          return logits.data.every((x) => Math.abs(x) < 100);
        } finally {
          model.dispose();
        }
      }),
      { numRuns: 25 },
    );
  });

  test('draw every choice there is', () => {
    const configs = fc.sample(architectures(), { numRuns: 1000, seed: 1 }).map(({ config }) => parseConfig(config));
    const seen = (of: (config: ReturnType<typeof parseConfig>) => unknown) => new Set(configs.map(of));
    expect(seen((c) => c.normalization_type)).toEqual(new Set([null, 'LN', 'LNPre', 'RMS', 'RMSPre']));
    expect(seen((c) => c.positional_embedding_type)).toEqual(new Set(['standard', 'rotary']));
    expect(seen((c) => c.n_heads / c.n_key_value_heads)).toEqual(new Set([1, 2, 3, 4]));
    expect(seen((c) => c.act_fn)).toEqual(new Set([undefined, 'relu', 'gelu', 'gelu_new', 'silu']));
    for (const flag of [
      'attn_only',
      'gated_mlp',
      'parallel_attn_mlp',
      'final_rms',
      'use_NTK_by_parts_rope',
      'rotary_adjacent_pairs',
      'tie_word_embeddings',
      'scale_attn_by_inverse_layer_idx',
    ] as const)
      expect(seen((c) => c[flag] ?? false)).toEqual(new Set([true, false]));
    expect(new Set(fc.sample(architectures(), { numRuns: 100, seed: 1 }).map(({ biases }) => biases)).size).toBe(3);
  });

  test('shrink to the smallest of what breaks a property', () => {
    const smallest = (breaks: (config: Readonly<Record<string, unknown>>) => boolean) =>
      shrinkFully(architectures(), (one) => breaks(one.config)).config;
    const least = {
      attn_only: true,
      attention_dir: 'bidirectional',
      normalization_type: null,
      positional_embedding_type: 'standard',
      scale_attn_by_inverse_layer_idx: false,
      tie_word_embeddings: false,
      n_layers: 1,
      d_model: 1,
      n_heads: 1,
      n_key_value_heads: 1,
      d_head: 1,
      d_vocab: 2,
      d_vocab_out: 1,
      n_ctx: 1,
    };
    expect(smallest(() => true)).toEqual(least);
    expect(smallest((c) => c.n_layers === 3)).toEqual({ ...least, n_layers: 3 });
    // fewer key-value heads than heads take two heads; normalisation four features
    expect(smallest((c) => (c.n_key_value_heads as number) < (c.n_heads as number))).toEqual({
      ...least,
      n_heads: 2,
      n_key_value_heads: 1,
    });
    expect(smallest((c) => c.normalization_type === 'RMS')).toEqual({
      ...least,
      normalization_type: 'RMS',
      eps: 0.01,
      d_model: 4,
    });
    expect(smallest((c) => c.gated_mlp === true)).toEqual({
      ...least,
      attn_only: false,
      d_mlp: 1,
      act_fn: 'relu',
      gated_mlp: true,
      parallel_attn_mlp: false,
    });
    expect(smallest((c) => c.positional_embedding_type === 'rotary')).toMatchObject({
      n_heads: 1,
      d_head: 2,
      rotary_dim: 2,
      rotary_base: 10_000,
      use_NTK_by_parts_rope: false,
    });
  });

  test('constraints hold, for what is drawn and for what it shrinks to', () => {
    const constraints = {
      n_layers: 2,
      normalization_type: ['LN', 'RMS'],
      attn_only: false,
      d_model: { min: 5, max: 9 },
      n_heads: [2, 4],
      n_key_value_heads: [2],
      biases: 'none',
    } as const;
    for (const { config, biases } of [
      ...fc.sample(architectures(constraints), 100),
      shrinkFully(architectures(constraints), () => true),
    ]) {
      expect(config).toMatchObject({ n_layers: 2, attn_only: false, n_key_value_heads: 2 });
      expect(['LN', 'RMS']).toContain(config.normalization_type);
      expect(biases).toBe('none');
      expect(config.d_model).toBeGreaterThanOrEqual(5);
    }
  });

  test('constraints that say nothing or that nothing meets are errors', () => {
    expect(() => architectures({ n_layer: 1 } as never)).toThrow(errorOf(OptionError, /did you mean "n_layers"/));
    expect(() => architectures({ n_layers: 0 })).toThrow(OptionError);
    expect(() => architectures({ d_model: { min: 5, max: 3 } })).toThrow(OptionError);
    expect(() => fc.sample(architectures({ n_heads: 3, n_key_value_heads: 2 }), 1)).toThrow(
      errorOf(OptionError, /no architecture was found/),
    );
    expect(() => architecture({ config: { n_layers: 1 }, seed: 1, biases: 'all' } as PlainArchitecture)).toThrow(
      ModelError,
    );
  });
});
