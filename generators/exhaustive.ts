import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import { random } from '../src/random.js';

/** Everything a few finite lists give together. */
export class Exhaustive<T> extends fc.Arbitrary<T> {
  /** how many values there are */
  readonly size: number;
  private readonly inner: fc.Arbitrary<T>;

  /** @param together a value of one element per list, and back */
  constructor(
    private readonly lists: readonly (readonly unknown[])[],
    private readonly together: (parts: readonly unknown[]) => T,
    apart: (value: unknown) => readonly unknown[],
  ) {
    super();
    this.size = lists.reduce((product, list) => product * list.length, 1);
    const places = lists.map((list) => new Map(list.map((one, at) => [fc.stringify(one), at] as const).toReversed()));
    this.inner = fc.tuple(...lists.map((list) => fc.nat(list.length - 1))).map(
      (indices) => together(indices.map((at, i) => lists[i]![at])),
      (value) =>
        apart(value).map((part, i) => {
          const at = places[i]?.get(fc.stringify(part));
          if (at === undefined) throw new Error('not from these lists');
          return at;
        }),
    );
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<T> {
    return this.inner.generate(mrng, biasFactor);
  }

  canShrinkWithoutContext(value: unknown): value is T {
    return this.inner.canShrinkWithoutContext(value);
  }

  shrink(value: T, context: unknown): fc.Stream<fc.Value<T>> {
    return this.inner.shrink(value, context);
  }

  /** Value number i of `size`; the last list runs fastest. */
  at(i: number): T {
    let rest = i;
    const parts: unknown[] = Array.from({ length: this.lists.length });
    for (let axis = this.lists.length - 1; axis >= 0; axis--) {
      const list = this.lists[axis]!;
      parts[axis] = list[rest % list.length];
      rest = Math.floor(rest / list.length);
    }
    return this.together(parts);
  }

  /** All values, in order. */
  all(): T[] {
    return Array.from({ length: this.size }, (_, i) => this.at(i));
  }

  /** n values, none twice, by seed; all of them where there are no more. */
  sample(n: number, seed: number): T[] {
    if (n >= this.size) return this.all();
    const stream = random(seed, 'exhaustive');
    // few of many: draw again what was drawn already
    if (n < this.size / 2) {
      const drawn = new Set<number>();
      while (drawn.size < n) drawn.add(Math.floor(stream.unit() * this.size));
      return [...drawn].map((i) => this.at(i));
    }
    return Array.from(stream.subset(this.size, n), (i) => this.at(i));
  }

  /** Parameters of a property over this arbitrary alone that try every value once: `fc.assert(property, all.every())`. */
  every(): fc.Parameters<[T]> {
    return { examples: this.all().map((value): [T] => [value]), numRuns: this.size };
  }
}

/**
 * The elements of one finite list, or the tuples with one element of each of several, every one equally likely. Knows all it can give: a task over it has a size and
 * samples without repetition, and `every()` makes a property try all. Shrinks towards the first of each list.
 *
 *     exhaustive(range(59), range(59))     // 3481 pairs, from [0, 0]
 *
 * @throws OptionError without lists, or with an empty one
 */
export function exhaustive<const T>(list: readonly T[]): Exhaustive<T>;

export function exhaustive<Ts extends readonly [unknown, unknown, ...unknown[]]>(
  ...lists: { readonly [K in keyof Ts]: readonly Ts[K][] }
): Exhaustive<{ -readonly [K in keyof Ts]: Ts[K] }>;
// oxlint-disable-next-line typescript/no-explicit-any
export function exhaustive(...lists: (readonly unknown[])[]): Exhaustive<any> {
  const empty = lists.findIndex((list) => !Array.isArray(list) || list.length === 0);
  if (lists.length === 0 || empty >= 0)
    throw new OptionError({
      what: lists.length === 0 ? 'there is no list' : `list ${empty} is empty, or not a list`,
      where: 'exhaustive',
      hint: 'give one or more lists with at least one element: exhaustive(range(59), range(59))',
    });
  return lists.length === 1
    ? new Exhaustive<unknown>(
        lists,
        ([part]) => part,
        (value) => [value],
      )
    : new Exhaustive<unknown>(
        lists,
        (parts) => [...parts],
        (value) => {
          if (!Array.isArray(value) || value.length !== lists.length) throw new Error('not a tuple of these lists');
          return value as unknown[];
        },
      );
}
