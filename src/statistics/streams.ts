/**
 * Many tests one after the other, each by an e-value: evidence whose mean is at most 1 where there is nothing to find, so that by Markov's inequality it is 1/level or more with probability `level` at most.
 * Whatever the e-values have to do with each other, both rates below are held.
 */
/** What is held over a stream: `ever`, the probability that there is any false alarm at all; `fdr`, the mean share of false ones among the alarms (e-LOND, Xu and Ramdas 2024). */
export const heldRates = ['ever', 'fdr'] as const;
export type HeldRate = (typeof heldRates)[number];

/** The sum of 1 / (k ln(k)^2) from k = 2 on. */
const WHOLE = 2.109742801237;

/** The share of the level that the t-th test has, from 1: all of them together have one. It falls slowly, so that late tests can still find something. */
export const shareOf = (t: number): number => 1 / (WHOLE * (t + 1) * Math.log(t + 1) ** 2);

/**
 * The level of the t-th test, from 1: an e-value of 1/level or more is an alarm.
 * @param alarms raised before
 */
export function levelAt(t: number, alarms: number, { alpha, hold }: { alpha: number; hold: HeldRate }): number {
  return alpha * shareOf(t) * (hold === 'fdr' ? alarms + 1 : 1);
}

/**
 * e-BH (Wang and Ramdas 2022): of all tests so far, the largest set of alarms whose false discovery rate is at most `alpha`. Looked at once, over all of them together.
 * @param logs natural logarithms of e-values
 * @returns true for each that is among them
 */
export function eBH(logs: readonly number[], alpha: number): boolean[] {
  const n = logs.length;
  const sorted = logs.toSorted((a, b) => b - a);
  const k = sorted.findLastIndex((log, i) => log >= Math.log(n / (alpha * (i + 1))) - 1e-12);
  return logs.map((log) => k >= 0 && log >= sorted[k]!);
}
