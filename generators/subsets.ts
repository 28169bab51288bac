import * as fc from 'fast-check';

/**
 * Subsets of a list in its order; shrinks to fewer. `fc.subarray` with a minimal length of 1 cannot drop the last element of
 * a counterexample of two, so one that only must not be empty is filtered instead.
 */
export function subsets<T>(all: readonly T[], minLength = 1, maxLength = all.length): fc.Arbitrary<T[]> {
  const most = Math.min(maxLength, all.length);
  if (minLength !== 1) return fc.subarray([...all], { minLength, maxLength: most });
  return fc.subarray([...all], { minLength: 0, maxLength: most }).filter((chosen) => chosen.length > 0);
}
