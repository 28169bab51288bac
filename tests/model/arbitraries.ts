/** Configs, inputs and interventions that fit each other. */
import fc from 'fast-check';
import { parseConfig } from '../../src/model/formats/transformer/graph/config.js';
import type { Tokens } from '../../src/model/input.js';
import { isAlong } from '../../src/model/interventions.js';
import type { Intervention, Replacement, Site } from '../../src/model/model.js';
import { headInputs, sitesOf } from '../../src/model/formats/transformer/graph/sites.js';
import type { Case, Config } from './made.js';

const divisorsOf = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

/** Architectures of every kind that is supported, and mixtures that nobody has trained. */
export const configs: fc.Arbitrary<Config> = fc
  .record({
    n_layers: fc.integer({ min: 1, max: 3 }),
    d_model: fc.integer({ min: 1, max: 7 }),
    n_ctx: fc.integer({ min: 1, max: 5 }),
    d_head: fc.integer({ min: 1, max: 5 }),
    n_heads: fc.integer({ min: 1, max: 4 }),
    d_mlp: fc.integer({ min: 1, max: 8 }),
    d_vocab: fc.integer({ min: 2, max: 6 }),
    d_vocab_out: fc.integer({ min: 1, max: 6 }),
    act_fn: fc.constantFrom('relu', 'gelu', 'gelu_new', 'silu'),
    normalization_type: fc.constantFrom(null, 'LN', 'LNPre', 'RMS', 'RMSPre'),
    final_rms: fc.boolean(),
    attention_dir: fc.constantFrom('causal', 'bidirectional'),
    attn_only: fc.boolean(),
    gated_mlp: fc.boolean(),
    parallel_attn_mlp: fc.boolean(),
    tie_word_embeddings: fc.boolean(),
    scale_attn_by_inverse_layer_idx: fc.boolean(),
    // small widths normalise to almost nothing: a larger eps keeps the arithmetic well-conditioned
    eps: fc.constant(0.05),
  })
  .map((config) => ({
    ...config,
    ...(config.attn_only ? { d_mlp: null, act_fn: null } : {}),
    ...(config.tie_word_embeddings ? { d_vocab_out: config.d_vocab } : {}),
  }))
  .chain((config) =>
    fc.record({
      config: fc.constant(config),
      n_key_value_heads: fc.constantFrom(...divisorsOf(config.n_heads)),
      rotary:
        config.d_head < 2
          ? fc.constant(undefined)
          : fc.option(
              fc.record({
                positional_embedding_type: fc.constant('rotary'),
                rotary_dim: fc.integer({ min: 1, max: Math.floor(config.d_head / 2) }).map((pairs) => 2 * pairs),
                rotary_base: fc.constantFrom(10_000, 7),
                rotary_adjacent_pairs: fc.boolean(),
                use_NTK_by_parts_rope: fc.boolean(),
                NTK_original_ctx_len: fc.constantFrom(8, 32, 64),
              }),
              { nil: undefined },
            ),
    }),
  )
  .map(({ config, n_key_value_heads, rotary }) => ({ ...config, n_key_value_heads, ...rotary }));

export const inputsOf = (config: Config, rows: number, length: number): fc.Arbitrary<Tokens[]> =>
  fc.array(fc.array(fc.nat({ max: (config.d_vocab as number) - 1 }), { minLength: length, maxLength: length }), {
    minLength: rows,
    maxLength: rows,
  });

const someOf = (size: number, negative = false): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.integer({ min: negative ? -size : 0, max: size - 1 }), { minLength: 1, maxLength: size });

const finite = fc.integer({ min: -300, max: 300 }).map((n) => n / 100);

/** A value of a shape that broadcasts to `shape`. */
function values(shape: readonly number[]): fc.Arbitrary<Replacement> {
  const shapes = fc.tuple(
    fc.nat({ max: shape.length }),
    fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
  );
  const broadcast = shapes.chain(([drop, ones]) => {
    const own = shape.map((size, axis) => (ones[axis] ? 1 : size)).slice(drop);
    const count = own.reduce((a, b) => a * b, 1);
    return fc.array(finite, { minLength: count, maxLength: count }).map((data) => ({ shape: own, data }));
  });
  return fc.oneof(finite, broadcast).map((value) => ({ kind: 'value', value }) as const);
}

function interventionAt(site: Site, config: Config, batch: readonly Tokens[]): fc.Arbitrary<Intervention> {
  const length = batch[0]!.length;
  const shape = site.shape.map((size) => (size === -1 ? length : size));
  const by: fc.Arbitrary<Replacement> = fc.oneof(
    fc.constant({ kind: 'zero' } as const),
    inputsOf(config, batch.length, length).map((inputs) => ({ kind: 'resample', inputs }) as const),
    fc
      .integer({ min: 1, max: 4 })
      .chain((rows) => inputsOf(config, rows, length))
      .map((over) => ({ kind: 'mean', over }) as const),
    values([batch.length, ...shape]),
  );
  const at = fc.record(Object.fromEntries(site.axes.map((axis, i) => [axis, someOf(shape[i]!, isAlong(axis))])), {
    requiredKeys: [],
  });
  return fc.record(
    { site: fc.constant(site.name), by, rows: someOf(batch.length), at },
    { requiredKeys: ['site', 'by'] },
  ) as fc.Arbitrary<Intervention>;
}

/** Normalisation scales divide: replacing them by values near zero makes the outcome hang on roundings. */
const tame = (site: Site): boolean => !site.name.endsWith('hook_scale');

export const cases = (only: (site: Site) => boolean = tame): fc.Arbitrary<Case> =>
  configs.chain((config) =>
    fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: config.n_ctx as number }))
      .chain(([rows, length]) =>
        inputsOf(config, rows, length).chain((inputs) => {
          const sites = sitesOf(parseConfig(config)).filter(only);
          // a layer's ln1 and its heads' own inputs exclude each other
          const apart = (name: string) => headInputs.some((input) => name.endsWith(input));
          return fc
            .array(
              fc.constantFrom(...sites).chain((site) => interventionAt(site, config, inputs)),
              { maxLength: 3 },
            )
            .map((interventions) => ({
              config,
              seed: interventions.length + rows * 7 + length,
              noBiases: (rows + interventions.length) % 3 === 0,
              inputs,
              interventions: interventions.some(({ site }) => apart(site))
                ? interventions.filter(({ site }) => !site.includes('.ln1.'))
                : interventions,
            }));
        }),
      ),
  );
