/** What stands out over slices. */
import { eBH } from '../../src/statistics/streams.js';
import type { Result } from './result.js';
import { FAMILY } from './run.js';

const of = ({ comparisons }: Result, tagger: string) =>
  comparisons.flatMap((one) => (one.tagger === tagger && one.verdict ? [{ slice: one.slice, ...one.verdict }] : []));

/** Slices on which the two tasks are different at a false discovery rate of 5 % over the slices of a tagger, by e-values (e-BH), whatever slices have to do with each other. */
export function found(result: Result, tagger: string): ReadonlySet<string> {
  const all = of(result, tagger);
  const alarms = eBH(
    all.map(({ logE }) => logE),
    FAMILY,
  );
  return new Set(all.flatMap(({ slice }, i) => (alarms[i] ? [slice] : [])));
}

/** How many slices are equivalent. */
export const agreed = (result: Result, tagger: string): number =>
  of(result, tagger).filter(({ outcome }) => outcome === 'equivalent').length;
