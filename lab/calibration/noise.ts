/** A copy whose weights have noise added. */
import { withWeights } from '../../src/model/formats/transformer/quantise.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { accuracyOf, distinctness } from './tasks.js';

/**
 * Adds normal noise to every tensor, of the given share of its root mean square; what is zero throughout stays.
 * @throws ModelError for a model that is no transformer
 */
export async function noisy(model: Model, size: number, seed: number): Promise<Transformer> {
  const { name, config, weights, backend } = withWeights(model, 'noisy');
  const moved = new Map(
    [...weights].map(([key, { shape, data }]) => {
      const scale = size * Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
      const stream = random(seed, key);
      return [key, { shape, data: data.map((x) => x + scale * stream.normal()) }];
    }),
  );
  return transformer(config, moved, { name: `${name} (${100 * size} % noise)`, backend, copy: false });
}

/** Noise of the given size, or of the largest with which the task is still done, in steps of two thirds. */
export async function noisyAsFarAsItGoes(model: Model, size: number, seed: number): Promise<Transformer> {
  const copy = await noisy(model, size, seed);
  if (distinctness.meets(await accuracyOf(copy))) return copy;
  copy.dispose();
  return noisyAsFarAsItGoes(model, (size * 2) / 3, seed);
}
