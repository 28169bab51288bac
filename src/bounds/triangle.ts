/** What the triangle inequality says of two whole implementation sets (docs/bounds.md). For metric measures only. */
import { checkBlocks } from '../statistics/blocks.js';
import type { Blocks } from '../statistics/judgement.js';

export interface Bounds {
  /** largest distance between siblings: the compression kappa of each side, as far as it was sampled */
  readonly diameters: readonly [number, number];
  /** nearest and farthest pair of strangers */
  readonly nearest: number;
  readonly farthest: number;
  /** max d - min(k1, k2), at least 0: the Hausdorff distance is no smaller (necessary condition) */
  readonly lower: number;
  /** min d + max(k1, k2): the Hausdorff distance is no larger (sufficient condition) */
  readonly upper: number;
  /** of the two sampled sets, exactly: how far the worst member of either is from the other set */
  readonly hausdorff: number;
}

function largest(data: Float64Array): number {
  let found = 0;
  for (const d of data) if (d > found) found = d;
  return found;
}

/**
 * Both bounds and the sampled sets' own Hausdorff distance; lower <= hausdorff <= upper where the triangle inequality
 * holds, so not for the ridge distance.
 * @throws ImplementationError, RepresentationError as `checkBlocks`
 */
export function hausdorffBounds(blocks: Blocks): Bounds {
  checkBlocks(blocks);
  const { m1, m2, across } = blocks;
  const diameters: [number, number] = [largest(blocks.within1), largest(blocks.within2)];
  const from1 = new Float64Array(m1).fill(Infinity);
  const from2 = new Float64Array(m2).fill(Infinity);
  for (let i = 0; i < m1; i++) {
    for (let k = 0; k < m2; k++) {
      const d = across[i * m2 + k]!;
      if (d < from1[i]!) from1[i] = d;
      if (d < from2[k]!) from2[k] = d;
    }
  }
  const nearest = from1.reduce((a, b) => Math.min(a, b));
  const farthest = largest(across);
  return {
    diameters,
    nearest,
    farthest,
    lower: Math.max(0, farthest - Math.min(...diameters)),
    upper: nearest + Math.max(...diameters),
    hausdorff: Math.max(largest(from1), largest(from2)),
  };
}
