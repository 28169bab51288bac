/** What laws over random models share. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from '@jest/globals';
import { backend } from '../../src/tensor/backend.js';
import type { Tokens } from '../../src/model/input.js';
import type { Intervention } from '../../src/model/model.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { make, type Case } from './made.js';

/** Runs a property's model, disposes of it, and checks that no tensor is left. */
export async function withModel(
  one: Case,
  law: (model: Transformer) => Promise<void>,
  batchSize?: number,
): Promise<void> {
  await backend({ backend: 'wasm' });
  const before = tf.memory().numTensors;
  const model = await make(one, 'wasm', batchSize);
  const loaded = tf.memory().numTensors;
  try {
    await law(model);
    expect(tf.memory().numTensors).toBe(loaded);
  } finally {
    model.dispose();
  }
  expect(tf.memory().numTensors).toBe(before);
}

export const all = (model: Transformer): string[] => model.sites.map(({ name }) => name);

/** Without what this run cannot capture beside an intervention on heads' own inputs. */
export const capturable = (model: Transformer, interventions: readonly Intervention[] = []): string[] =>
  interventions.some(({ site }) => /hook_(attn_in|[qkv]_input)$/.test(site))
    ? all(model).filter((name) => !name.includes('.ln1.'))
    : all(model);

export async function everything(
  model: Transformer,
  inputs: readonly Tokens[],
  interventions: readonly Intervention[] = [],
  only?: readonly string[],
): Promise<Map<string, Float32Array>> {
  const { logits, activations } = await model.run(inputs, {
    capture: only ?? capturable(model, interventions),
    interventions,
  });
  return new Map([['logits', logits.data], ...[...activations].map(([site, { data }]) => [site, data] as const)]);
}

export function expectClose(
  got: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
  tolerance = 1e-5,
): void {
  expect([...got.keys()]).toEqual([...expected.keys()]);
  for (const [site, data] of got) {
    const other = expected.get(site)!;
    expect(data.length).toBe(other.length);
    data.forEach((value, i) => {
      if (value !== other[i] && !(Math.abs(value - other[i]!) <= tolerance * Math.max(1, Math.abs(other[i]!)))) {
        throw new Error(`${site}[${i}]: ${value} instead of ${other[i]}`);
      }
    });
  }
}
