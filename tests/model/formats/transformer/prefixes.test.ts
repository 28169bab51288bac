/** Layers that runs have in common are computed once, and nothing comes out differently for it. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Tokens } from '../../../../src/model/input.js';
import type { Intervention, RunOptions, RunResult } from '../../../../src/model/model.js';
import type { Transformer } from '../../../../src/model/formats/transformer/run/model.js';
import { cases } from '../../arbitraries.js';
import { capturable, withModel } from '../../laws.js';
import { make, type Case, type Config } from '../../made.js';

/** One run of a sequence over one case. */
interface Step {
  /** which of the case's interventions are made */
  readonly some: readonly boolean[];
  /** the batch is the first so many rows, or all of them backwards */
  readonly rows: number;
  readonly backwards: boolean;
  /** the first row has a token less */
  readonly ragged: boolean;
  /** how much is captured: nothing, the residual stream, everything */
  readonly capture: 'nothing' | 'stream' | 'all';
  readonly logits: boolean | -1;
  /** whether buffers are filled anew before it */
  readonly tokens: boolean;
  readonly values: boolean;
}
const steps = fc.array(
  fc.record<Step>({
    some: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    rows: fc.integer({ min: 1, max: 5 }),
    backwards: fc.boolean(),
    ragged: fc.boolean(),
    capture: fc.constantFrom('nothing', 'nothing', 'stream', 'all'),
    logits: fc.constantFrom(true, false, -1 as const),
    tokens: fc.constantFrom(false, false, false, true),
    values: fc.boolean(),
  }),
  { minLength: 2, maxLength: 6 },
);

/** The case's interventions for some of its rows, with values in arrays that are filled anew. */
function those(one: Case, { some, rows, backwards }: Step, batch: readonly Tokens[]): Intervention[] {
  const whole = rows >= one.inputs.length && !backwards;
  return one.interventions!.flatMap((intervention, at) => {
    const { by, rows: reached } = intervention;
    if (!some[at]) return [];
    const inside = reached?.filter((row) => row < batch.length);
    if (inside?.length === 0) return [];
    const byRow =
      by.kind === 'value' &&
      typeof by.value !== 'number' &&
      by.value.shape[0] === one.inputs.length &&
      one.inputs.length > 1;
    if (byRow && !whole) return [];
    return [
      {
        ...intervention,
        ...(inside && { rows: inside }),
        by:
          by.kind === 'resample'
            ? { ...by, inputs: batch.map(({ length }, row) => (by.inputs[row] as Tokens).slice(0, length)) }
            : by,
      } as Intervention,
    ];
  });
}

/** What comes out, or why nothing does: a row may lack a position that is named. */
const bits = (run: Promise<RunResult>): Promise<unknown> =>
  run.then(
    ({ logits, activations }) =>
      [logits, ...activations.values()].map(({ site, shape, data }) => [
        site,
        shape,
        Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
      ]),
    (error: unknown) => String(error),
  );

test('after any other runs, a run is to the bit what it is on a model that never ran', () =>
  fc.assert(
    fc.asyncProperty(cases(), steps, fc.integer({ min: 3, max: 5 }), (one, sequence, batchSize) =>
      withModel(
        one,
        async (model) => {
          const buffers = one.inputs.map((input) => [...input]);
          const size = one.config.d_vocab as number;
          for (const step of sequence) {
            if (step.tokens) for (const buffer of buffers) buffer[0] = (buffer[0]! + 1) % size;
            for (const { by } of one.interventions!)
              if (step.values && by.kind === 'value' && typeof by.value !== 'number')
                (by.value.data as number[]).forEach((value, i, data) => (data[i] = 0.25 - value));
            const some = buffers.slice(0, step.rows);
            const ordered = step.backwards ? some.toReversed() : some;
            const batch = ordered.map((row, at) => (step.ragged && at === 0 && row.length > 1 ? row.slice(1) : row));
            const interventions = those(one, step, batch);
            const capture =
              step.capture === 'nothing'
                ? []
                : step.capture === 'all'
                  ? capturable(model, interventions)
                  : capturable(model).filter((site) => site.includes('hook_resid'));
            const options: RunOptions = { capture, interventions, logits: step.logits };
            const fresh = await make(one, 'wasm', batchSize);
            try {
              expect(await bits(model.run(batch, options))).toEqual(await bits(fresh.run(batch, options)));
            } finally {
              fresh.dispose();
            }
          }
        },
        batchSize,
      ),
    ),
    { numRuns: 30 },
  ));

const deep: Config = {
  n_layers: 4,
  d_model: 8,
  n_ctx: 6,
  d_head: 4,
  n_heads: 2,
  d_mlp: 8,
  d_vocab: 9,
  d_vocab_out: 9,
  act_fn: 'relu',
  normalization_type: 'LN',
  attention_dir: 'causal',
};

/** Layers that were computed: each has one softmax. */
async function layersOf(run: () => Promise<RunResult>): Promise<number> {
  const { kernels } = await tf.profile(async () => {
    await run();
    return tf.scalar(0);
  });
  return kernels.filter(({ name }) => name === 'Softmax').length;
}

const zero = (layer: number, neuron = 0): Intervention => ({
  site: `blocks.${layer}.mlp.hook_post`,
  at: { feature: [neuron] },
  by: { kind: 'zero' },
});

type Counted = (interventions: Intervention[], options?: RunOptions) => Promise<number>;

async function withDeep(law: (model: Transformer, layers: Counted) => Promise<void>): Promise<void> {
  const model = await make({ config: deep, seed: 3 }, 'cpu');
  const batch = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  try {
    await law(model, (interventions, options = {}) =>
      layersOf(() => model.run(batch, { interventions, logits: -1, ...options })),
    );
  } finally {
    model.dispose();
  }
}

test('a run begins at the first layer that differs from a run before', () =>
  withDeep(async (_, layers) => {
    expect(await layers([])).toBe(4);
    expect(await layers([zero(2)])).toBe(2);
    expect(await layers([zero(3)])).toBe(1);
    // after what was changed alike
    expect(await layers([zero(1), zero(3)])).toBe(3);
    expect(await layers([zero(1), zero(3, 1)])).toBe(1);
    expect(await layers([zero(1, 1), zero(3, 1)])).toBe(3);
    // in some rows, in the same and in others
    expect(await layers([{ ...zero(1), rows: [0] }])).toBe(3);
    expect(await layers([{ ...zero(1), rows: [0] }, zero(2)])).toBe(2);
    expect(await layers([{ ...zero(1), rows: [1] }, zero(2)])).toBe(3);
    // values are known by what they hold
    const value = { shape: [8], data: new Float32Array(8).fill(1) };
    const put: Intervention = { site: 'blocks.1.hook_mlp_out', by: { kind: 'value', value } };
    expect(await layers([put])).toBe(3);
    expect(await layers([put, zero(2)])).toBe(2);
    value.data[7] = 2;
    expect(await layers([put, zero(2)])).toBe(3);
    expect(await layers([{ site: 'hook_embed', by: { kind: 'value', value: 1 } }])).toBe(4);
  }));

test('captured layers that are known are not computed: the residual stream from what is kept', () =>
  withDeep(async (model, layers) => {
    await layers([zero(1)]);
    const stream = model.representationSites;
    expect(await layers([zero(1), zero(3)], { capture: stream })).toBe(1);
    expect(await layers([zero(1)], { capture: stream.slice(0, 4), logits: false })).toBe(0);
    expect(await layers([zero(1), zero(3)], { capture: ['blocks.2.attn.hook_z'] })).toBe(2);
    const pre: Intervention = {
      site: 'blocks.2.hook_resid_pre',
      at: { feature: [2] },
      by: { kind: 'value', value: 7 },
    };
    await layers([zero(1), pre, zero(3)]);
    expect(await layers([zero(1), pre, zero(3, 1)])).toBe(1);
    // a stream that is changed before its layer is shown as it was changed
    const batch = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const shown = await model.run(batch, { interventions: [zero(1), pre, zero(3)], capture: [pre.site] });
    expect(shown.activations.get(pre.site)!.data[2]).toBe(7);
    expect(await layers([zero(1), zero(3)], { capture: ['blocks.0.ln1.hook_scale'] })).toBe(4);
  }));
