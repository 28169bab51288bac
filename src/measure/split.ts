/** Which inputs a predictor is fitted on and which it is judged by. */
import { random } from '../random.js';

/** Inputs to fit on, and inputs to test on. */
export interface Split {
  /** ascending input indices */
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Split number `index` of n inputs: a share of them, rounded up and at least two (variance needs two), held out for the test.
 * Depends on seed and index alone, so that every implementation meets the same rows.
 */
export function splitInputs(n: number, share: number, seed: number, index: number): Split {
  // 1e-9: 0.1 * 30 is 3.0000000000000004
  const held = Math.max(2, Math.ceil(share * n - 1e-9));
  const order = random(seed, `ridge split ${index}`).permutation(n);
  return { test: order.slice(0, held).sort(), train: order.slice(held).sort() };
}
