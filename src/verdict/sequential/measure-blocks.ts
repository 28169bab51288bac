/** Distances within the blocks of implementations that the running test looks at. */
import type { MeasureName } from '../../measure/index.js';
import type { Gram } from '../../representation/gram.js';
import { checkSignal } from '../../signal.js';
import type { DistanceCache } from '../distance-cache.js';
import { BLOCK, type SampleBlock } from './running-test.js';

export interface BlocksOptions {
  readonly measures: readonly MeasureName[];
  /** true: the two sides are twins, draw for draw */
  readonly paired?: boolean | undefined;
  readonly cache: DistanceCache;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (which: MeasureName) => void;
}

/**
 * For each count the block of implementations count - 2 and count - 1 of each side, per measure. Several at once are what the first verdict
 * needs, which will look at all of it: their distances are kept.
 * @param grams of all that is drawn
 */
export async function measureBlocks(
  counts: readonly number[],
  grams: readonly [readonly Gram[], readonly Gram[]],
  { measures: deciding, paired, cache, signal, progress }: BlocksOptions,
): Promise<SampleBlock[][]> {
  checkSignal(signal);
  const all = counts.length > 1;
  const fresh = (side: readonly Gram[]): readonly Gram[] => (all ? side : side.slice(counts[0]! - BLOCK, counts[0]));
  const some = [fresh(grams[0]), fresh(grams[1])] as const;
  const found: SampleBlock[][] = counts.map(() => []);
  for (const which of deciding) {
    const { m, data } = all
      ? await cache.distances(which, some, () => progress(which))
      : await cache.among(which, [...some[0], ...some[1]]);
    for (const [b, count] of counts.entries()) {
      const at = all ? count - BLOCK : 0;
      const [i, k] = [at, some[0].length + at];
      const d = (row: number, column: number): number => data[row * m + column]!;
      found[b]!.push({
        siblings: [d(i, i + 1), d(k, k + 1)],
        ...(paired
          ? { strangers: [d(i, k + 1), d(i + 1, k)], twins: [d(i, k), d(i + 1, k + 1)] as const }
          : { strangers: [d(i, k), d(i, k + 1), d(i + 1, k), d(i + 1, k + 1)] }),
      });
    }
  }
  return found;
}
