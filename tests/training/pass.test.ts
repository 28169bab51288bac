/** What is differentiated is the forward pass of every transformer, and its gradients are those of its loss. */
import { describe, expect, test } from '@jest/globals';
import { compile } from '../../src/program/compile.js';
import { placesOf } from '../../src/program/interchange/places.js';
import { Apart } from '../../src/program/interchange/apart.js';
import { inputsOf } from '../../src/program/interchange/inputs.js';
import { InterchangeRunner } from '../../src/program/interchange/runner.js';
import { parseConfig, type TransformerConfig } from '../../src/model/formats/transformer/graph/config.js';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Weights } from '../../src/model/formats/transformer/file/weights.js';
import type { Intervention } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { backend } from '../../src/tensor/backend.js';
import { batchOf, chancesFor, RowMasks } from '../../src/training/batches.js';
import { measured } from '../../src/training/history.js';
import { differentiated } from '../../src/training/pass.js';
import type { PassInput, Swap } from '../../src/training/pass-input.js';
import { initialWeights } from '../../src/training/weights.js';
import { distinct } from './programs.js';

const [ROWS, POSITIONS, CLASSES] = [3, 4, 5];
const base = {
  n_layers: 2,
  n_heads: 2,
  d_model: 6,
  d_head: 4,
  d_mlp: 7,
  n_ctx: POSITIONS,
  d_vocab: 5,
  d_vocab_out: CLASSES,
  attention_dir: 'bidirectional',
};
const configs: readonly (readonly [string, TransformerConfig])[] = [
  ['plain, gelu', parseConfig({ ...base, act_fn: 'gelu', normalization_type: null })],
  [
    'LayerNorm, causal, gelu_new',
    parseConfig({ ...base, act_fn: 'gelu_new', normalization_type: 'LN', attention_dir: 'causal' }),
  ],
  [
    'RMS, rotary, silu',
    parseConfig({ ...base, act_fn: 'silu', normalization_type: 'RMS', positional_embedding_type: 'rotary' }),
  ],
];

/** Weights that matter everywhere, biases as well. */
function someWeights(config: TransformerConfig, seed: number): Weights {
  return new Map(
    [...initialWeights(config, seed)].map(([name, { shape, data }]) => {
      const { normal } = random(seed, `more ${name}`);
      return [name, { shape, data: data.map((value) => value + 0.1 * normal()) }];
    }),
  );
}

/** Heads and neurons of the second block of rows, a result and the inputs of heads of the third. */
const parts: readonly {
  site: string;
  block: 1 | 2;
  offset: number;
  rows: readonly number[];
  at: Intervention['at'];
}[] = [
  { site: 'blocks.0.attn.hook_z', block: 1, offset: 2, rows: [0, 2], at: { head: [1] } },
  { site: 'blocks.0.mlp.hook_post', block: 1, offset: 1, rows: [1], at: { feature: [0, 3, 6], position: [1, 2] } },
  { site: 'blocks.1.hook_resid_mid', block: 2, offset: 0, rows: [0, 1], at: { feature: [2, 3] } },
  { site: 'blocks.1.attn.hook_result', block: 2, offset: 0, rows: [2], at: { head: [0] } },
  { site: 'blocks.0.hook_q_input', block: 1, offset: 0, rows: [1], at: { head: [0] } },
];

function inputFor(config: TransformerConfig, shapeOf: (site: string) => readonly number[]): PassInput {
  const draw = random(3, 'input');
  const row = (): number[] => Array.from({ length: POSITIONS }, () => draw.below(config.d_vocab));
  const some = Array.from({ length: 2 * ROWS }, row);
  const swaps = new Map<string, Swap[]>();
  for (const { site, block, offset, rows, at } of parts) {
    const [positions, ...sizes] = [POSITIONS, ...shapeOf(site)];
    const width = sizes.reduce((a, b) => a * b, 1);
    const mask = new Uint8Array(2 * ROWS * positions * width);
    for (const of of rows)
      for (let position = 0; position < positions; position++)
        for (let i = 0; i < width; i++) {
          const index = sizes.length === 2 ? Math.floor(i / sizes[1]!) : i;
          if (at!['position'] && !at!['position'].includes(position)) continue;
          if ((at!['head'] ?? at!['feature'])!.includes(index))
            mask[(((block - 1) * ROWS + of) * positions + position) * width + i] = 1;
        }
    swaps.set(site, [...(swaps.get(site) ?? []), { offset, mask }]);
  }
  return {
    tokens: [...some, ...some.slice(ROWS)],
    swaps,
    targets: Int32Array.from({ length: 3 * ROWS * POSITIONS }, () => draw.below(CLASSES)),
    weights: Float32Array.from({ length: 3 * ROWS * POSITIONS }, (_, at) =>
      at % POSITIONS === 0 ? 0 : 0.02 + 0.01 * draw.unit(),
    ),
  };
}

/** In double precision, from the logits. */
function lossOf({ targets, weights }: PassInput, logits: Float32Array): number {
  let sum = 0;
  targets.forEach((target, at) => {
    const own = [...logits.subarray(at * CLASSES, (at + 1) * CLASSES)];
    sum += weights[at]! * (Math.log(own.reduce((total, value) => total + Math.exp(value), 0)) - own[target]!);
  });
  return sum;
}

describe.each(configs)('%s', (_, config) => {
  const weights = someWeights(config, 5);

  test('gives the logits of the transformer, with what comes from sources as its interventions put it there', async () => {
    const model = await transformer(config, weights);
    const input = inputFor(config, (site) => model.sites.find(({ name }) => name === site)!.shape.slice(1));
    const { logits } = await differentiated(await backend(), config, weights, input);
    const block = (i: number): number[][] => input.tokens.slice(i * ROWS, (i + 1) * ROWS) as number[][];
    const expected = await Promise.all(
      [0, 1, 2].map(async (of) => {
        const interventions = parts
          .filter((part) => part.block === of)
          .map(({ site, offset, rows, at }): Intervention => {
            const sources = block(0);
            return {
              site,
              at,
              rows,
              by: { kind: 'resample', inputs: sources.map((_row, i) => sources[(i + offset) % ROWS]!) },
            };
          });
        return (await model.run(block(of), { interventions })).logits.data;
      }),
    );
    model.dispose();
    const size = ROWS * POSITIONS * CLASSES;
    expected.forEach((data, of) =>
      data.forEach((value, at) => expect(Math.abs(logits[of * size + at]! - value)).toBeLessThan(1e-5)),
    );
  });
});

test('has the gradients that differences of the loss say, weight by weight', async () => {
  // of the other configs PyTorch says more: torch.test.ts
  const [, config] = configs[2]!;
  const weights = someWeights(config, 5);
  const own = await backend();
  const model = await transformer(config, weights);
  const input = inputFor(config, (site) => model.sites.find(({ name }) => name === site)!.shape.slice(1));
  model.dispose();
  const at = async (moved: Weights): Promise<number> =>
    lossOf(input, (await differentiated(own, config, moved, input)).logits);
  const { gradients } = await differentiated(own, config, weights, input);
  expect([...gradients.keys()].toSorted()).toEqual([...weights.keys()].toSorted());
  for (const [name, gradient] of gradients) {
    // along the gradient, which a wrong one would not be, and somewhere at random
    const { normal } = random(7, name);
    const mixed = [gradient, gradient.map(() => normal())].map((one) => [one, Math.hypot(...one) || 1] as const);
    const direction = gradient.map((__, i) => mixed.reduce((sum, [one, length]) => sum + one[i]! / length, 0));
    const slope = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
    const moved = (step: number): Weights =>
      new Map(weights).set(name, {
        shape: weights.get(name)!.shape,
        data: weights.get(name)!.data.map((value, i) => value + step * direction[i]!),
      });
    const found = ((await at(moved(0.003))) - (await at(moved(-0.003)))) / 0.006;
    expect(Math.abs(found - slope)).toBeLessThan(2e-4 + 0.01 * Math.abs(slope));
  }
});

test('on a compiled program, what batches exchange and expect agrees: every answer is right', async () => {
  const compiled = await compile(distinct);
  const { model, alignment } = compiled;
  const placed = placesOf(model, distinct, alignment).filter(({ name }) => ['count', 'twice', 'share'].includes(name));
  const runner = new InterchangeRunner(model, distinct, placed, undefined);
  const pool = inputsOf(distinct, random(0, 'inputs'), undefined);
  const chances = chancesFor(placed, undefined);
  const made = {
    program: distinct,
    placed,
    units: undefined,
    sites: new Map(model.sites.map((site) => [site.name, site])),
    masks: new RowMasks(),
    pool,
    expectedOf: runner.expectedOf.bind(runner),
    reference: runner.reference.bind(runner),
    seed: 1,
    rows: 32,
    weights: { behaviour: 1, interchange: 1, strict: 0 },
    chances,
    apart: new Apart(runner, pool),
  };
  let changed = 0;
  const kinds = new Set<number>();
  for (let step = 1; step <= 8; step++) {
    const batch = batchOf(made, step);
    for (const kind of batch.kinds.interchange) kinds.add(kind);
    const { logits } = await differentiated(model.backend, model.config, model.weights, batch);
    expect(measured(batch, logits).accuracies).toEqual({ behaviour: 1, interchange: 1, strict: 1 });
    const block = batch.targets.length / 3;
    for (let at = block; at < 2 * block; at++) if (batch.targets[at] !== batch.targets[at + block]) changed++;
  }
  // what is exchanged does change what is expected
  expect(changed).toBeGreaterThan(100);
  // each variable and several, at all positions and at some
  expect([...kinds].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  compiled.dispose();
});
