/**
 * Arbitraries whose values are made from plain data: the data is drawn, shrunk, printed and read back, the value is built from it. Every shrink is valid and strictly smaller,
 * so that shrinking ends.
 */
import * as fc from 'fast-check';
import { reductions } from '../reductions.js';

/** Random choices of one value, from fast-check's own stream. */
export interface Dice {
  /** uniform integer of [min, max] */
  between(min: number, max: number): number;
  /** one of a list */
  pick<T>(list: readonly T[]): T;
  coin(): boolean;
  /** a uniformly random permutation of 0..n-1 */
  permutation(n: number): number[];
  /** k distinct integers of 0..n-1, in random order */
  distinct(n: number, k: number): number[];
}

function dice(random: fc.Random): Dice {
  const between = (min: number, max: number): number => random.nextInt(min, max);
  const distinct = (n: number, k: number): number[] => {
    const all = Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < k; i++) {
      const j = between(i, n - 1);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all.slice(0, k);
  };
  return {
    between,
    pick: (list) => list[between(0, list.length - 1)]!,
    coin: () => between(0, 1) === 1,
    permutation: (n) => distinct(n, n),
    distinct,
  };
}

export interface PlainRecipe<P, T> {
  draw(dice: Dice): P;
  /** simpler ones, those that take away most first. What is not smaller than `plain`, or not valid, is passed over */
  simpler(plain: P): Iterable<P>;
  /** natural numbers, compared in order: what shrinking makes smaller. Always as many */
  size(plain: P): readonly number[];
  valid?(plain: P): boolean;
  build(plain: P): T;
  /** the data of a value; undefined for anything else */
  plainOf(value: unknown): P | undefined;
}

/** Whether sizes come before others in lexicographic order. */
function smaller(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((x, i) => x !== b[i]);
  return at >= 0 && a[at]! < b[at]!;
}

class PlainArbitrary<P, T> extends fc.Arbitrary<T> {
  constructor(private readonly recipe: PlainRecipe<P, T>) {
    super();
  }

  override generate(random: fc.Random): fc.Value<T> {
    return this.value(this.recipe.draw(dice(random)));
  }

  override canShrinkWithoutContext(value: unknown): value is T {
    const plain = this.recipe.plainOf(value);
    return plain !== undefined && (this.recipe.valid?.(plain) ?? true);
  }

  override shrink(value: T, context: unknown): fc.Stream<fc.Value<T>> {
    // what a user gave as an example comes without a context
    const plain = (context as P | undefined) ?? this.recipe.plainOf(value)!;
    return fc.stream(this.smallerThan(plain));
  }

  private *smallerThan(plain: P): IterableIterator<fc.Value<T>> {
    const { recipe } = this;
    const own = recipe.size(plain);
    const seen = new Set<string>();
    for (const simpler of recipe.simpler(plain)) {
      if (!smaller(recipe.size(simpler), own) || !(recipe.valid?.(simpler) ?? true)) continue;
      const text = JSON.stringify(simpler);
      if (!seen.has(text)) yield this.value(simpler);
      seen.add(text);
    }
  }

  private value(plain: P): fc.Value<T> {
    return new fc.Value(this.recipe.build(plain), plain);
  }
}

export const plainArbitrary = <P, T>(recipe: PlainRecipe<P, T>): fc.Arbitrary<T> => new PlainArbitrary(recipe);

/** Shorter lists, in the order of delta debugging. */
export function* shorter<T>(list: readonly T[], least: number): Generator<T[]> {
  for (const { kept } of reductions(list.length, 2, least)) yield kept.map((i) => list[i]!);
}

/** Smaller integers: the least, halfway, one less. */
export function* lower(n: number, least: number): Generator<number> {
  if (n > least) yield* new Set([least, least + ((n - least) >> 1), n - 1]);
}

/** Smaller integers for what has no smallest value that matters, such as seeds and angles: the least, halfway. */
export function* halves(n: number, least: number): Generator<number> {
  if (n > least) yield* new Set([least, least + ((n - least) >> 1)]);
}
