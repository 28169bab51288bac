/** Ready-made finite inputs. */
import { OptionError } from '../errors.js';

/** 0, 1, ..., n - 1 */
export function range(n: number): number[] {
  if (!Number.isInteger(n) || n < 1)
    throw new OptionError({ what: `range needs a positive integer, not ${String(n)}`, where: 'range' });
  return Array.from({ length: n }, (_, i) => i);
}

/** Every pair of one of `left` and one of `right`, left first. */
export function pairs<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  return left.flatMap((a) => right.map((b): [A, B] => [a, b]));
}
