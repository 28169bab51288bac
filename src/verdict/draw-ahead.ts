/** Draws of a comparison that is judged elsewhere. */
import type { ImplementationSet } from '../implementations/index.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { countRows } from '../rows.js';
import { linkedTo } from '../signal.js';
import { withWorkers } from '../workers/current.js';
import { compareSchema, type CompareOptions } from './compare-options.js';
import { samplingOf } from './judge-comparison.js';
import { prepared, withFingerprint } from './prepared.js';

/** Numbers of draws. */
export interface DrawRange {
  /** of the first, above 0: 0 are the models as they are */
  readonly from: number;
  /** of the first that is not meant any more */
  readonly to: number;
}

/**
 * Makes some draws of a comparison and judges nothing: what is kept of them in `cache` is there for a comparison elsewhere that comes to them later.
 * @throws as `compare`
 */
export async function drawAhead(
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  given: CompareOptions,
  { from, to }: DrawRange,
): Promise<void> {
  const options = checkOptions(compareSchema, withFingerprint(baseline, candidate, given), 'options');
  const { controller, unlink } = linkedTo(options.signal);
  // what is kept says how many rows it took
  countRows(controller.signal, () => undefined);
  try {
    await withWorkers(options.workers, async () => {
      const comparison = await prepared(baseline, candidate, { ...options, signal: controller.signal });
      const sampling = await samplingOf(comparison, { progress: undefined, opened: () => undefined });
      await sampling.ahead(from, to);
    });
  } finally {
    unlink();
  }
}
