/** A copy whose weights have noise added, as much as the task bears. */
import { noisy } from '../../src/model/formats/transformer/changed.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Model } from '../../src/model/model.js';
import { accuracyOf, distinctness } from './tasks.js';

/** Noise of the given size, or of the largest with which the task is still done, in steps of two thirds. */
export async function noisyAsFarAsItGoes(model: Model, size: number, seed: number): Promise<Transformer> {
  const copy = await noisy(model, size, seed);
  if (distinctness.meets(await accuracyOf(copy))) return copy;
  copy.dispose();
  return noisyAsFarAsItGoes(model, (size * 2) / 3, seed);
}
