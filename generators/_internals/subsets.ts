import * as fc from 'fast-check';
import { OptionError } from '../../src/errors.js';
import { reductions } from './reductions.js';

/**
 * Subsets of a list, in its order. Not `fc.subarray`: with a minimal length of 1 that cannot drop the last element of a counterexample
 * of two, and it drops from the front only, which takes n steps to find one culprit.
 */
class Subsets<T> extends fc.Arbitrary<T[]> {
  private readonly size: fc.Arbitrary<number>;
  private readonly place: ReadonlyMap<T, number>;

  constructor(
    private readonly all: readonly T[],
    private readonly minLength: number,
    private readonly maxLength: number,
  ) {
    super();
    this.size = fc.integer({ min: minLength, max: maxLength });
    this.place = new Map(all.map((one, at) => [one, at]));
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<T[]> {
    const size = this.size.generate(mrng, biasFactor).value;
    const order = this.all.map((_, at) => at);
    for (let i = 0; i < size; i++) {
      const j = mrng.nextInt(i, order.length - 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    const chosen = order.slice(0, size).toSorted((a, b) => a - b);
    return new fc.Value(
      chosen.map((at) => this.all[at]!),
      undefined,
    );
  }

  canShrinkWithoutContext(value: unknown): value is T[] {
    if (!Array.isArray(value) || value.length < this.minLength || value.length > this.maxLength) return false;
    const places = value.map((one: T) => this.place.get(one) ?? -1);
    return places.every((at, i) => at > (i === 0 ? -1 : places[i - 1]!));
  }

  shrink(value: T[], context: unknown): fc.Stream<fc.Value<T[]>> {
    const { minLength } = this;
    return fc.stream(
      (function* () {
        for (const { kept, granularity } of reductions(
          value.length,
          typeof context === 'number' ? context : 2,
          minLength,
        ))
          yield new fc.Value(
            kept.map((at) => value[at]!),
            granularity,
          );
      })(),
    );
  }
}

/**
 * Subsets of a list of distinct things, in its order. Sizes are uniform, with a bias to the smallest and the largest. Shrinks to one that loses its point when
 * any one element is left out.
 * @param minLength default 1
 * @throws OptionError where no subset is of an allowed size
 */
export function subsets<T>(all: readonly T[], minLength = 1, maxLength = all.length): fc.Arbitrary<T[]> {
  const most = Math.min(maxLength, all.length);
  if (!Number.isInteger(minLength) || !Number.isInteger(most) || minLength < 0 || minLength > most)
    throw new OptionError({
      what: `there is no subset of ${minLength} to ${maxLength} of ${all.length} things`,
      where: 'minLength, maxLength',
      hint: `give integers with 0 <= minLength <= maxLength, and minLength at most ${all.length}`,
    });
  return new Subsets(all, minLength, most);
}
