/**
 * The shrinks of a value, and theirs. After each the runner asks for one of two: the next shrink of the same value where it passed, its own first shrink where
 * it failed. So what will be asked for is a path in a binary tree, and the top of that tree is judged at once.
 */
import type * as fc from 'fast-check';
import { fails, type Answer, type Candidate, type Level } from './candidate.js';

/** Made when first asked for; what making it throws is thrown every time. */
function once<V>(make: () => V): () => V {
  let made: { readonly value: V } | { readonly error: unknown } | undefined;
  return () => {
    if (made === undefined) {
      try {
        made = { value: make() };
      } catch (error) {
        made = { error };
      }
    }
    if ('error' in made) throw made.error;
    return made.value;
  };
}

export interface Shrink<T> extends Candidate<T> {
  readonly value: fc.Value<[T]>;
  /** the shrink after this one */
  readonly next: () => Shrink<T> | undefined;
  /** the first of its own shrinks */
  readonly smaller: () => Shrink<T> | undefined;
}

/**
 * The first shrink of a value.
 * @param shrinksOf those of any value, in their order
 * @param size how many to judge together at first
 * @param recall what is known of a value before it is judged
 */
export function firstShrink<T>(
  value: fc.Value<[T]>,
  shrinksOf: (value: fc.Value<[T]>) => Iterable<fc.Value<[T]>>,
  size: number,
  recall: (value: T) => Answer | undefined,
): Shrink<T> | undefined {
  const shrinks = shrinksOf(value)[Symbol.iterator]();
  const level: Level<T> = { size, ahead };
  const pull = (): Shrink<T> | undefined => {
    const { done, value: shrunk } = shrinks.next();
    if (done) return undefined;
    // oxlint-disable-next-line no-underscore-dangle -- what the runner hands to `run`
    const raw = shrunk.value_;
    const answer = recall(raw[0]);
    return {
      raw,
      level,
      value: shrunk,
      known: answer === undefined ? undefined : { answer },
      next: once(pull),
      smaller: once(() => firstShrink(shrunk, shrinksOf, size, recall)),
    };
  };
  return pull();
}

/** The likeliest first: those that the fewest unknown answers lead to. */
function ahead<T>(first: Candidate<T>, n: number): Candidate<T>[] {
  const found: Candidate<T>[] = [];
  const away: (() => Shrink<T> | undefined)[][] = [[() => first as Shrink<T>]];
  for (let answers = 0; answers < away.length; answers++)
    for (const at of away[answers] ?? []) {
      const one = look(at);
      if (one === undefined) continue;
      if (one.known === undefined && found.push(one) === n) return found;
      // an answer that is known already is no distance
      const failed = one.known && fails(one.known);
      // a value that changes as it is run, which fast-check clones, may shrink in another way afterwards
      const then = (away[answers + (failed === undefined ? 1 : 0)] ??= []);
      if (failed ?? !one.value.hasToBeCloned) then.push(one.smaller);
      if (failed !== true) then.push(one.next);
    }
  return found;
}

/** Looking ahead never throws: the runner meets the error where it gets there. */
function look<T>(at: () => Shrink<T> | undefined): Shrink<T> | undefined {
  try {
    return at();
  } catch {
    return undefined; // kept by `once`
  }
}
