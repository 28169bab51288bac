/** A copy whose smallest weights are zero. */
import { withWeights } from '../../src/model/formats/transformer/quantise.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Model } from '../../src/model/model.js';
import { accuracyOf, distinctness } from './tasks.js';

/**
 * Sets the given share of every matrix's entries to zero, those of the smallest magnitude; vectors stay. What is zero already counts among them.
 * @throws ModelError for a model that is no transformer
 */
export async function pruned(model: Model, share: number): Promise<Transformer> {
  const { name, config, weights, backend } = withWeights(model, 'pruned');
  const thin = new Map(
    [...weights].map(([key, { shape, data }]) => {
      if (shape.length < 2) return [key, { shape, data: data.slice() }];
      const count = Math.floor(share * data.length);
      const smallest = Array.from(data, (_, i) => i).sort((a, b) => Math.abs(data[a]!) - Math.abs(data[b]!) || a - b);
      const kept = data.slice();
      for (const i of smallest.slice(0, count)) kept[i] = 0;
      return [key, { shape, data: kept }];
    }),
  );
  return transformer(config, thin, { name: `${name} (${Math.round(100 * share)} % pruned)`, backend, copy: false });
}

/** Pruned by the given share, or by the largest that still does the task, in steps of two thirds. */
export async function prunedAsFarAsItGoes(model: Model, share: number): Promise<Transformer> {
  const copy = await pruned(model, share);
  if (distinctness.meets(await accuracyOf(copy))) return copy;
  copy.dispose();
  return prunedAsFarAsItGoes(model, (share * 2) / 3);
}
