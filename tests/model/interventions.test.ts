/** What interventions and captures mean, as laws over random models. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError, InterventionError, ModelError, OptionError } from '../../src/errors.js';
import type { Tokens } from '../../src/model/input.js';
import type { Intervention, RunOptions } from '../../src/model/model.js';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import { cases, configs, inputsOf } from './arbitraries.js';
import { all, capturable, everything, expectClose, withModel } from './laws.js';
import { make, makeWeights, small, type Case } from './made.js';
import { errorOf } from '../helpers/error-of.js';

const clean = cases(() => true).map(({ config, seed, noBiases, inputs }): Case => ({
  config,
  seed,
  noBiases: noBiases!,
  inputs,
}));
const runs = { numRuns: 10 };

describe('laws', () => {
  test('an empty list of interventions, and captures, change nothing, to the bit', () =>
    fc.assert(
      fc.asyncProperty(clean, (one) =>
        withModel(one, async (model) => {
          const bare = await model.run(one.inputs);
          const observed = await model.run(one.inputs, { capture: all(model), interventions: [] });
          expect(observed.logits.data).toEqual(bare.logits.data);
        }),
      ),
      runs,
    ));

  test('a batch is its rows, and chunks of any size are the batch, under any interventions', () =>
    fc.assert(
      fc.asyncProperty(cases(), fc.integer({ min: 1, max: 4 }), async (one, batchSize) => {
        let whole!: Map<string, Float32Array>;
        await withModel(one, async (model) => {
          whole = await everything(model, one.inputs, one.interventions);
          const n = one.inputs.length;
          for (let row = 0; row < n; row++) {
            // the same interventions, as this row alone sees them
            const own = one.interventions!.flatMap((change): Intervention[] => {
              const { rows, by, ...rest } = change;
              if (rows !== undefined && !rows.includes(row)) return [];
              if (by.kind === 'resample') return [{ ...rest, by: { ...by, inputs: [by.inputs[row]!] } }];
              if (by.kind !== 'value' || typeof by.value === 'number') return [{ ...rest, by }];
              const rank = model.sites.find(({ name }) => name === change.site)!.shape.length + 1;
              const { shape, data } = by.value;
              if (shape.length < rank || shape[0] === 1) return [{ ...rest, by }];
              const size = data.length / shape[0]!;
              return [
                {
                  ...rest,
                  by: {
                    kind: 'value',
                    value: {
                      shape: [1, ...shape.slice(1)],
                      data: Array.from(data).slice(row * size, (row + 1) * size),
                    },
                  },
                },
              ];
            });
            const single = await everything(model, [one.inputs[row]!], own, capturable(model, one.interventions));
            expectClose(
              single,
              new Map(
                [...whole].map(([site, data]) => [
                  site,
                  data.slice((row * data.length) / n, ((row + 1) * data.length) / n),
                ]),
              ),
            );
          }
        });
        await withModel(
          one,
          async (model) => expectClose(await everything(model, one.inputs, one.interventions), whole),
          batchSize,
        );
      }),
      runs,
    ));

  test("putting in a site's own value, or resampling from the same inputs, changes nothing", () =>
    fc.assert(
      fc.asyncProperty(clean, (one) =>
        withModel(one, async (model) => {
          const { logits, activations } = await model.run(one.inputs, { capture: all(model) });
          for (const site of all(model)) {
            const { shape, data } = activations.get(site)!;
            for (const by of [
              { kind: 'value', value: { shape, data } },
              { kind: 'resample', inputs: one.inputs },
            ] as const) {
              const after = await model.run(one.inputs, { capture: [site], interventions: [{ site, by }] });
              expect(after.activations.get(site)!.data).toEqual(data);
              expectClose(new Map([['logits', after.logits.data]]), new Map([['logits', logits.data]]));
            }
          }
        }),
      ),
      { numRuns: 6 },
    ));

  test('the mean over one input is a resample from it', () =>
    fc.assert(
      fc.asyncProperty(
        cases(() => true),
        (one) =>
          withModel(one, async (model) => {
            const [{ site, by: _, ...slices } = { site: 'hook_embed', by: undefined }] = one.interventions!;
            const other = one.inputs[0]!.toReversed();
            const byMean = await everything(model, one.inputs, [
              { site, ...slices, by: { kind: 'mean', over: [other, other] } },
            ]);
            const byResample = await everything(model, one.inputs, [
              { site, ...slices, by: { kind: 'resample', inputs: one.inputs.map(() => other) } },
            ]);
            expectClose(byMean, byResample);
          }),
      ),
      runs,
    ));

  test('with causal attention a later token affects no earlier position', () =>
    fc.assert(
      fc.asyncProperty(
        configs
          .filter(({ attention_dir, n_ctx }) => attention_dir === 'causal' && (n_ctx as number) > 1)
          .chain((config) =>
            fc.tuple(
              fc.constant(config),
              inputsOf(config, 2, config.n_ctx as number),
              fc.integer({ min: 1, max: (config.n_ctx as number) - 1 }),
            ),
          ),
        ([config, [first, second], cut]) =>
          withModel({ config, seed: 4, inputs: [] }, async (model) => {
            const joined = [...first!.slice(0, cut), ...second!.slice(cut)];
            const { data, shape } = (await model.run([first!, joined])).logits;
            const width = cut * shape[2]!;
            const row = data.length / 2;
            expectClose(
              new Map([['logits', data.slice(row, row + width)]]),
              new Map([['logits', data.slice(0, width)]]),
            );
          }),
      ),
      runs,
    ));

  test("zeroing a head's output is removing its rows of W_O", () =>
    fc.assert(
      fc.asyncProperty(clean, fc.nat(), fc.nat(), async (one, anyHead, anyLayer) => {
        const layer = anyLayer % (one.config.n_layers as number);
        const head = anyHead % (one.config.n_heads as number);
        const site = `blocks.${layer}.attn.hook_z`;
        let ablated!: Map<string, Float32Array>;
        await withModel(one, async (model) => {
          ablated = await everything(
            model,
            one.inputs,
            [{ site, at: { head: [head] }, by: { kind: 'zero' } }],
            ['blocks.0.hook_attn_out'],
          );
          const byResult = await everything(
            model,
            one.inputs,
            [{ site: site.replace('hook_z', 'hook_result'), at: { head: [head] }, by: { kind: 'zero' } }],
            ['blocks.0.hook_attn_out'],
          );
          expectClose(byResult, ablated);
        });
        const weights = new Map(makeWeights(one.config, one.seed, one));
        const name = `blocks.${layer}.attn.W_O`;
        const { shape, data } = weights.get(name)!;
        const block = shape[1]! * shape[2]!;
        weights.set(name, { shape, data: Float32Array.from(data, (v, i) => (Math.floor(i / block) === head ? 0 : v)) });
        const without = await transformer(one.config, weights, { backend: 'wasm' });
        expectClose(await everything(without, one.inputs, [], ['blocks.0.hook_attn_out']), ablated);
        without.dispose();
      }),
      runs,
    ));

  test('LayerNorm folded into the weights after it gives the same logits', () =>
    fc.assert(
      fc.asyncProperty(
        clean.filter(({ config }) => config.gated_mlp !== true || config.attn_only === true),
        async (one) => {
          // folding undoes a tie
          const config = { ...one.config, normalization_type: 'LN', final_rms: false, tie_word_embeddings: false };
          const weights = new Map(makeWeights(config, one.seed));
          const {
            n_heads: heads,
            n_key_value_heads: shared,
            d_model: d,
          } = one.config as { n_heads: number; n_key_value_heads: number; d_model: number };
          /** W' = diag(w) W and b' = b + b_ln W, for `count` matrices [d, out] side by side. */
          const fold = (norm: string, matrix: string, bias: string, count = 1) => {
            const [w, b] = [weights.get(`${norm}.w`)!.data, weights.get(`${norm}.b`)!.data];
            const { shape, data } = weights.get(matrix)!;
            const out = shape.at(-1)!;
            const folded = Float32Array.from(data, (v, i) => v * w[Math.floor(i / out) % d]!);
            const { shape: biasShape, data: old } = weights.get(bias)!;
            const moved = Float32Array.from(old, (v, i) => {
              let sum = v;
              for (let row = 0; row < d; row++)
                sum += b[row]! * data[(Math.floor(i / out) * d + row) * out + (i % out)]!;
              return sum;
            });
            expect(old.length).toBe(count * out);
            weights.set(matrix, { shape, data: folded });
            weights.set(bias, { shape: biasShape, data: moved });
          };
          const plain = await transformer(config, weights, { backend: 'wasm' });
          const { logits } = await plain.run(one.inputs);
          plain.dispose();
          for (let layer = 0; layer < (config as { n_layers?: number }).n_layers!; layer++) {
            const block = `blocks.${layer}`;
            fold(`${block}.ln1`, `${block}.attn.W_Q`, `${block}.attn.b_Q`, heads);
            const own = shared < heads ? '_' : '';
            for (const kind of ['K', 'V'])
              fold(`${block}.ln1`, `${block}.attn.${own}W_${kind}`, `${block}.attn.${own}b_${kind}`, shared);
            if (!one.config.attn_only) fold(`${block}.ln2`, `${block}.mlp.W_in`, `${block}.mlp.b_in`);
          }
          fold('ln_final', 'unembed.W_U', 'unembed.b_U');
          for (const name of weights.keys()) if (/\bln(1|2|_final)\./.test(name)) weights.delete(name);
          const folded = await transformer({ ...config, normalization_type: 'LNPre' }, weights, { backend: 'wasm' });
          expectClose(
            new Map([['logits', (await folded.run(one.inputs)).logits.data]]),
            new Map([['logits', logits.data]]),
          );
          folded.dispose();
        },
      ),
      runs,
    ));

  test('only what is selected changes', () =>
    fc.assert(
      fc.asyncProperty(
        cases(() => true),
        (one) =>
          withModel(one, async (model) => {
            const [change] = one.interventions!;
            fc.pre(change !== undefined);
            const site = model.sites.find(({ name }) => name === change.site)!;
            const before = await model.run(one.inputs, { capture: [site.name] });
            const after = await model.run(one.inputs, {
              capture: [site.name],
              interventions: [{ ...change, by: { kind: 'value', value: 7.5 } }],
            });
            const { shape, data } = after.activations.get(site.name)!;
            const old = before.activations.get(site.name)!.data;
            const lists = [change.rows, ...site.axes.map((axis) => change.at?.[axis])];
            data.forEach((value, i) => {
              let rest = i;
              const at = shape.toReversed().map((size) => {
                const index = rest % size;
                rest = Math.floor(rest / size);
                return index;
              });
              const chosen = at
                .toReversed()
                .every(
                  (index, axis) =>
                    lists[axis]?.some((wanted) => (wanted < 0 ? wanted + shape[axis]! : wanted) === index) ?? true,
                );
              if (value !== (chosen ? 7.5 : old[i]))
                throw new Error(`${site.name}[${i}] is ${value}, was ${old[i]}, ${chosen ? '' : 'not '}selected`);
            });
          }),
      ),
      runs,
    ));
});

describe('one small model', () => {
  const made = make({ config: small, seed: 1 }, 'wasm');
  afterAll(async () => (await made).dispose());
  const batch = [
    [0, 1, 2],
    [3, 4, 0],
  ];

  test('several interventions on one site apply in order', async () => {
    const model = await made;
    const site = 'blocks.0.mlp.hook_post';
    const { activations } = await model.run(batch, {
      capture: [site],
      interventions: [
        { site, by: { kind: 'value', value: 2 } },
        { site, at: { feature: [1, 3] }, by: { kind: 'value', value: 3 } },
        { site, at: { feature: [3] }, rows: [1], by: { kind: 'zero' } },
      ],
    });
    expect([...activations.get(site)!.data.slice(0, 5), ...activations.get(site)!.data.slice(24, 29)]).toEqual([
      2, 3, 2, 3, 2, 2, 3, 2, 0, 2,
    ]);
  });

  test('a score of -Infinity everywhere gives a pattern of zeros, as in TransformerLens', async () => {
    const model = await made;
    const { activations } = await model.run(batch, {
      capture: ['blocks.1.attn.hook_pattern'],
      interventions: [
        { site: 'blocks.1.attn.hook_attn_scores', at: { head: [1] }, by: { kind: 'value', value: -Infinity } },
      ],
    });
    const { data } = activations.get('blocks.1.attn.hook_pattern')!;
    expect(data.slice(9, 18)).toEqual(new Float32Array(9));
    expect(data[0]).toBe(1);
  });

  test('without logits only captures come back', async () => {
    const model = await made;
    const options = { capture: ['blocks.0.hook_resid_mid', 'ln_final.hook_scale'] };
    const bare = await model.run(batch, { ...options, logits: false });
    const full = await model.run(batch, options);
    expect(bare.logits).toEqual({ site: 'logits', shape: [2, 3, 0], data: new Float32Array(0) });
    expect(bare.activations).toEqual(full.activations);
  });

  test('what comes back is a copy: writing into it changes no later run', async () => {
    for (const on of ['wasm', 'cpu'] as const) {
      const model = await make({ config: small, seed: 1 }, on);
      const capture = model.sites.map(({ name }) => name);
      const first = await model.run(batch, { capture });
      const kept = [...first.logits.data];
      for (const { data } of first.activations.values()) data.fill(99);
      expect([...(await model.run(batch)).logits.data]).toEqual(kept);
      model.dispose();
    }
  });

  test('runs may overlap', async () => {
    const model = await made;
    const change: Intervention = { site: 'blocks.0.attn.hook_z', by: { kind: 'resample', inputs: batch.toReversed() } };
    const alone = [await model.run(batch), await model.run(batch, { interventions: [change] })];
    const together = await Promise.all([model.run(batch), model.run(batch, { interventions: [change] })]);
    expect(together).toEqual(alone);
  });

  const wrong: [string, RunOptions, string][] = [
    ['an unknown site to capture', { capture: ['blocks.0.hook_resid_pst'] }, 'nearest is blocks.0.hook_resid_post'],
    [
      'an unknown site',
      { interventions: [{ site: 'blocks.2.attn.hook_z', by: { kind: 'zero' } }] },
      'nearest is blocks.0.attn.hook_z',
    ],
    [
      'a head that is not there',
      { interventions: [{ site: 'blocks.0.attn.hook_z', at: { head: [2] }, by: { kind: 'zero' } }] },
      'at.head holds 2, which is not an index from 0 to 1',
    ],
    [
      'a negative head',
      { interventions: [{ site: 'blocks.0.attn.hook_z', at: { head: [-1] }, by: { kind: 'zero' } }] },
      'at.head holds -1',
    ],
    [
      'a position too far back',
      { interventions: [{ site: 'hook_embed', at: { position: [-4] }, by: { kind: 'zero' } }] },
      'at.position holds -4, which is not an index from -3 to 2',
    ],
    [
      'half a feature',
      { interventions: [{ site: 'hook_embed', at: { feature: [0.5] }, by: { kind: 'zero' } }] },
      'at.feature holds 0.5',
    ],
    [
      'a row that is not there',
      { interventions: [{ site: 'hook_embed', rows: [2], by: { kind: 'zero' } }] },
      'rows holds 2',
    ],
    ['an empty slice', { interventions: [{ site: 'hook_embed', rows: [], by: { kind: 'zero' } }] }, 'rows is empty'],
    [
      'heads of a site without',
      { interventions: [{ site: 'hook_embed', at: { head: [0] }, by: { kind: 'zero' } }] },
      'no axis "head": its axes are position, feature',
    ],
    [
      'features of a pattern',
      { interventions: [{ site: 'blocks.0.attn.hook_pattern', at: { feature: [0] }, by: { kind: 'zero' } }] },
      'no axis "feature": its axes are head, query, key',
    ],
    [
      'a slice misspelt',
      { interventions: [{ site: 'hook_embed', head: [0], by: { kind: 'zero' } } as Intervention] },
      'no entry "head"; the nearest is at',
    ],
    [
      'a replacement of no kind',
      { interventions: [{ site: 'hook_embed', by: { kind: 'noise' } } as unknown as Intervention] },
      'no known kind: "noise"',
    ],
    [
      'a replacement with too much',
      { interventions: [{ site: 'hook_embed', by: { kind: 'zero', inputs: batch } } as unknown as Intervention] },
      'no entry "inputs"',
    ],
    [
      'too few counterfactuals',
      { interventions: [{ site: 'hook_embed', by: { kind: 'resample', inputs: [[0, 0, 0]] } }] },
      '1 counterfactual inputs for a batch of 2',
    ],
    [
      'a counterfactual of another length',
      {
        interventions: [
          {
            site: 'hook_embed',
            by: {
              kind: 'resample',
              inputs: [
                [0, 0, 0],
                [0, 0],
              ],
            },
          },
        ],
      },
      'by.inputs[1] has 2 tokens',
    ],
    [
      'references that are all shorter',
      { interventions: [{ site: 'hook_embed', by: { kind: 'mean', over: [[0], [1, 1]] } }] },
      'by.over reaches no further than [2, 6], the batch needs [3, 6]',
    ],
    [
      'an empty reference',
      { interventions: [{ site: 'hook_embed', by: { kind: 'mean', over: [] } }] },
      'by.over is not a list of inputs, or an empty one',
    ],
    [
      'a value that does not broadcast',
      { interventions: [{ site: 'hook_embed', by: { kind: 'value', value: { shape: [2], data: [1, 2] } } }] },
      "by.value of shape [2] does not broadcast to the site's [2, 3, 6]",
    ],
    [
      'a value without its values',
      { interventions: [{ site: 'hook_embed', by: { kind: 'value', value: { shape: [6], data: [1] } } }] },
      'shape [6] but 1 values',
    ],
    [
      'ln1 beside the inputs of single heads',
      {
        capture: ['blocks.1.ln1.hook_scale'],
        interventions: [{ site: 'blocks.1.hook_q_input', by: { kind: 'zero' } }],
      },
      'cannot be read or changed in a run that intervenes on blocks.1.hook_q_input',
    ],
  ];
  test.each(wrong)('%s is an InterventionError', async (_, options, message) => {
    const model = await made;
    const before = tf.memory().numTensors;
    const failure = await model.run(batch, options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InterventionError);
    expect((failure as Error).message).toContain(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ['an empty batch', [], 'the batch is empty'],
    ['an input without tokens', [[]], 'input 0 has no tokens'],
    ['text', ['ab' as unknown as Tokens], 'input 0 is not a list of tokens'],
    ['too long an input', [[0, 0, 0, 0, 0]], 'at most n_ctx = 4'],
    [
      'an unknown token',
      [
        [0, 1],
        [0, 5],
      ],
      'input 1 has token 5 at position 1; the model knows 0 to 4',
    ],
    ['a negative token', [[-1]], 'token -1'],
    ['a token that is no integer', [[0.5]], 'token 0.5'],
  ] as [string, Tokens[], string][])('%s is an InputError', async (_, inputs, message) => {
    const failure = await (await made).run(inputs).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InputError);
    expect((failure as Error).message).toContain(message);
  });

  test('an unknown token of a counterfactual is an InputError that says where', async () => {
    const by = {
      kind: 'resample',
      inputs: [
        [0, 0, 0],
        [0, 0, 9],
      ],
    } as const;
    const failure = await (
      await made
    )
      .run(batch, { interventions: [{ site: 'hook_embed', by }] })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InputError);
    expect((failure as Error).message).toMatch(/input 1 has token 9 at position 2[^]*interventions\[0\]\.by\.inputs/);
  });

  test('an unknown option of a run is an OptionError', async () => {
    await expect((await made).run(batch, { captures: [] } as RunOptions)).rejects.toThrow(
      errorOf(OptionError, 'did you mean "capture"'),
    );
  });

  test('a failure in the middle of a pass leaves no tensor behind', async () => {
    const model = await make({ config: small, seed: 1 }, 'wasm', 1);
    const before = tf.memory().numTensors;
    // the second chunk's value cannot be read
    let reads = 0;
    const data = new Proxy([1, 1, 1, 1, 1, 1], {
      get: (target, key) => {
        if (key === '3' && ++reads > 1) throw new RangeError('unreadable');
        return Reflect.get(target, key) as unknown;
      },
    });
    const interventions: Intervention[] = [
      { site: 'blocks.0.hook_resid_pre', by: { kind: 'resample', inputs: batch } },
      { site: 'blocks.1.hook_resid_post', by: { kind: 'value', value: { shape: [6], data } } },
    ];
    await expect(model.run(batch, { capture: model.sites.map(({ name }) => name), interventions })).rejects.toThrow(
      'unreadable',
    );
    expect(reads).toBeGreaterThan(1);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  test('a model disposed of does not run, and may be disposed of twice', async () => {
    const model = await make({ config: small, seed: 1 }, 'wasm');
    const pending = model.run(batch);
    model.dispose();
    model.dispose();
    await expect(model.run(batch)).rejects.toThrow(ModelError);
    await expect(pending).rejects.toThrow(ModelError);
  });
});
