/** Inputs that representations show to be one: their features are the same everywhere. */
import { Groups, type Alike } from '../task/distinct.js';
import type { Gram } from './gram.js';

/** squared distance between the features of two inputs, in mean squared norms, below which they are the same up to rounding: as the kernel of kernel ridge has it */
const SAME = 1e-12;

/**
 * Groups of inputs whose features are the same, up to rounding, in every one of these representations; undefined where each is a group of its own. Inputs that the caller knows to be
 * one, although their features are not the same, are one as well.
 * @param ids which input each row is of
 */
export function repeatedInputs(grams: readonly Gram[], ids?: readonly (string | number)[]): Alike | undefined {
  const n = grams[0]?.n ?? 0;
  const scales = grams.map(({ data }) => {
    let trace = 0;
    for (let i = 0; i < n; i++) trace += data[i * n + i]!;
    return trace / n;
  });
  const same = (i: number, j: number): boolean =>
    grams.every(({ data }, k) => {
      const [x, y] = [data[i * n + i]!, data[j * n + j]!];
      return x + y - 2 * data[i * n + j]! <= SAME * Math.max(scales[k]!, (x + y) / 2);
    });
  const groups = new Groups(n);
  if (ids) groups.joinEqual(ids);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (groups.firstOf(j) === j && same(i, j)) groups.join(i, j);
  return groups.alike;
}
