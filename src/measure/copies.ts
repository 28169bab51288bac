/** When siblings count as copies of each other. */

/**
 * The mean distance below which members of a set are copies: the resolution, on top of how far each is from a copy of itself. The measures for which that is not zero are roots of shares of
 * variance, which add up: with R2 = 0.9985 from itself, a member is told from a copy where another's R2 is 0.001 less.
 * @param copies of each member, where the measure has them
 */
export function copyLimit(copies: ArrayLike<number> | undefined, resolution: number): number {
  if (copies === undefined || copies.length === 0) return resolution;
  let sum = 0;
  for (let i = 0; i < copies.length; i++) sum += Math.hypot(copies[i]!, resolution);
  return sum / copies.length;
}
