/**
 * The drawn inputs as a random factor. An interval over implementations speaks of the inputs that were drawn; others would have given another excess. The inputs are dealt into groups, and the
 * excess is taken on each by itself (Mahalanobis's random groups; Wolter, Introduction to Variance Estimation, chapter 2): on a sample so many times as large it varies by so much less.
 */

/** Mean distances on one group of inputs, of each side and across. */
export interface InputGroup {
  readonly siblings: readonly [number, number];
  readonly strangers: number;
}

export interface InputGroups {
  readonly groups: readonly InputGroup[];
  /** share of the task's inputs that were not drawn, 0..1: none of the variance is left where all were */
  readonly left: number;
}

/** Variance of a statistic over all inputs drawn, given it on each group. */
export function inputVariance(values: readonly number[], left: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return (left * squares) / (values.length - 1) / values.length;
}

/** Degrees of freedom of a sum of independent estimates of variance (Satterthwaite 1946). */
export function degreesOfFreedom(parts: readonly { readonly variance: number; readonly freedom: number }[]): number {
  const total = parts.reduce((sum, { variance }) => sum + variance, 0);
  const fewest = Math.min(...parts.map(({ freedom }) => freedom));
  if (!(total > 0)) return fewest;
  return total ** 2 / parts.reduce((sum, { variance, freedom }) => sum + variance ** 2 / freedom, 0);
}
