import * as fc from 'fast-check';

type All<Ts extends unknown[]> = { [K in keyof Ts]: fc.Arbitrary<Ts[K]> };

/** As `fc.tuple`, but entries that do not matter for a value are not shrunk: that would give the same thing again. */
class Staged<Ts extends unknown[]> extends fc.Arbitrary<Ts> {
  constructor(
    private readonly arbitraries: All<Ts>,
    private readonly used: (values: Ts) => readonly number[],
  ) {
    super();
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<Ts> {
    const drawn = this.arbitraries.map((one) => one.generate(mrng, biasFactor));
    return new fc.Value(
      drawn.map(({ value }) => value) as Ts,
      drawn.map(({ context }) => context),
    );
  }

  canShrinkWithoutContext(value: unknown): value is Ts {
    return (
      Array.isArray(value) &&
      value.length === this.arbitraries.length &&
      this.arbitraries.every((one, at) => one.canShrinkWithoutContext(value[at]))
    );
  }

  shrink(value: Ts, context: unknown): fc.Stream<fc.Value<Ts>> {
    const contexts = Array.isArray(context) ? (context as unknown[]) : [];
    const { arbitraries, used } = this;
    return fc.stream(
      (function* () {
        for (const at of used(value))
          for (const smaller of arbitraries[at]!.shrink(value[at], contexts[at]))
            yield new fc.Value(
              value.with(at, smaller.value) as Ts,
              value.map((_, i) => (i === at ? smaller.context : contexts[i])),
            );
      })(),
    );
  }
}

/**
 * Tuples whose entries are shrunk one after the other, the most important first.
 * @param used positions of the entries that matter for a value, the most important first
 */
export const staged = <Ts extends unknown[]>(
  arbitraries: All<Ts>,
  used: (values: Ts) => readonly number[],
): fc.Arbitrary<Ts> => new Staged(arbitraries, used);
