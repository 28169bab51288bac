/** What interchange training differentiates, against PyTorch, where it was written without any of this code (fixtures/make.py). */
import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { readSafetensors } from '../../src/io/safetensors.js';
import type { Weights } from '../../src/model/formats/transformer/file/weights.js';
import { parseConfig } from '../../src/model/formats/transformer/graph/config.js';
import { backend } from '../../src/tensor/backend.js';
import { differentiated } from '../../src/training/pass.js';
import type { Swap } from '../../src/training/pass-input.js';

interface StoredSwap {
  readonly site: string;
  readonly block: 1 | 2;
  readonly offset: number;
  readonly rows: readonly number[];
  readonly parts: readonly number[];
  readonly positions: readonly number[] | null;
}

test.each([
  ['plain', 'cpu'],
  ['plain', 'wasm'],
  ['layer-norm', 'cpu'],
  ['layer-norm', 'wasm'],
] as const)('%s on %s: logits and the gradient of every weight', async (name, on) => {
  const { tensors, metadata } = await readSafetensors(join(__dirname, `fixtures/${name}.safetensors`));
  const stored = <T>(key: string): T => JSON.parse(metadata[key]!) as T;
  const config = parseConfig(stored('config'), name);
  const under = (prefix: string): Weights =>
    new Map(
      [...tensors].flatMap(([key, { shape, data }]) =>
        key.startsWith(prefix)
          ? [[key.slice(prefix.length), { shape: [...shape], data: Float32Array.from(data) }]]
          : [],
      ),
    );
  const tokens = stored<number[][]>('tokens');
  const [rows, positions] = [tokens.length / 3, tokens[0]!.length];
  const swaps = new Map<string, Swap[]>();
  for (const { site, block, offset, rows: own, parts, positions: at } of stored<StoredSwap[]>('swaps')) {
    // entries of a position that a part has: those of a head, or one feature
    const [count, size] = site.endsWith('hook_z')
      ? [config.n_heads, config.d_head]
      : [site.endsWith('hook_post') ? config.d_mlp : config.d_model, 1];
    const mask = new Uint8Array(2 * rows * positions * count * size);
    for (const row of own)
      for (const position of at ?? Array.from({ length: positions }, (_, i) => i))
        for (const part of parts) {
          const from = ((((block - 1) * rows + row) * positions + position) * count + part) * size;
          mask.fill(1, from, from + size);
        }
    swaps.set(site, [...(swaps.get(site) ?? []), { offset, mask }]);
  }
  const { logits, gradients } = await differentiated(await backend({ backend: on }), config, under('weights/'), {
    tokens,
    swaps,
    targets: Int32Array.from(stored<number[]>('targets')),
    weights: Float32Array.from(tensors.get('shares')!.data),
  });
  tensors.get('logits')!.data.forEach((value, at) => expect(Math.abs(logits[at]! - value)).toBeLessThan(2e-5));
  const expected = under('gradients/');
  expect([...gradients.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [weight, { data }] of expected) {
    const largest = Math.max(...data.map(Math.abs));
    // but for the biases of keys, on which no pattern depends
    if (!weight.endsWith('b_K')) expect(largest).toBeGreaterThan(1e-4);
    gradients.get(weight)!.forEach((value, at) => {
      expect(Math.abs(value - data[at]!)).toBeLessThan(2e-6 + 1e-4 * largest);
    });
  }
});
