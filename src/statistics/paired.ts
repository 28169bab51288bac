/**
 * Sets drawn together: implementation i of one side and implementation i of the other are twins, made by one intervention. The pair is the unit of sampling. Twins are no strangers, being no
 * independent draws: the mean cross-model distance is over all i != j, the U-statistic with the kernel (d(A_i, B_j) + d(A_j, B_i)) / 2.
 */

export interface PairedMeans {
  readonly all: number;
  /** without pair i: both its members left out */
  readonly without: Float64Array;
}

/** The mean cross-model distance, twins left out. @param across n x n, of at least two pairs */
export function pairedMeans(n: number, across: Float64Array): PairedMeans {
  const touching = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const d = across[i * n + j]!;
      total += d;
      touching[i]! += d;
      touching[j]! += d;
    }
  return {
    all: total / (n * (n - 1)),
    without: touching.map((sum) => Math.max(0, total - sum) / ((n - 1) * (n - 2))),
  };
}

/** Share of ordered pairs i != j with d(A_i, B_j) more than the margin above d(A_i, A_j), ties one half: what a block of two pairs is asked. */
export function pairedShareBeyond(
  n: number,
  within: Float64Array,
  across: Float64Array,
  margin: number,
  resolution: number,
): number {
  let beyond = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const limit = (1 + margin) * Math.max(within[i * n + j]!, resolution);
      const d = across[i * n + j]!;
      beyond += d > limit ? 1 : d === limit ? 0.5 : 0;
    }
  return beyond / (n * (n - 1));
}
