/** A copy whose smallest weights are zero. */
import { pruned } from '../../src/model/formats/transformer/changed.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Model } from '../../src/model/model.js';
import { accuracyOf, distinctness } from './tasks.js';

/** Pruned by the given share, or by the largest that still does the task, in steps of two thirds. */
export async function prunedAsFarAsItGoes(model: Model, share: number): Promise<Transformer> {
  const copy = await pruned(model, share);
  if (distinctness.meets(await accuracyOf(copy))) return copy;
  copy.dispose();
  return prunedAsFarAsItGoes(model, (share * 2) / 3);
}
