/** Estimates with their limits: what every measured number of a verdict is. */

/** Stands for "no limit known": too few implementations to say. Finite, so that it survives JSON. */
export const UNBOUNDED = 1e6;

/** An estimate with its two-sided confidence limits. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}
