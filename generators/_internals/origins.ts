import * as fc from 'fast-check';
import type { From } from './counterfactual-source.js';
import { ways } from './sources.js';

/** Where activations are taken from, as numbers: only the one that belongs to `way` says anything. */
export interface Origin {
  readonly way: From;
  readonly place: number;
  readonly shift: number;
  readonly seed: number;
}

/** Seeds of a draw: few, so that they can be read, and shrink in a few steps. */
export const draws = 500;

/** Single inputs that are tried in place of a shift or a draw: those are many inputs at once, and any of them may be the one that matters. */
const TRIED = 16;

/** Way, place, shift and seed. All are drawn, so that one can be shrunk to another. */
class Origins extends fc.Arbitrary<Origin> {
  private readonly way: fc.Arbitrary<number>;
  private readonly number: { readonly [K in From]: fc.Arbitrary<number> };

  constructor(
    private readonly allowed: readonly From[],
    private readonly lastPlace: number,
    longestShift: number,
  ) {
    super();
    this.way = fc.nat(allowed.length - 1);
    this.number = {
      input: fc.nat(lastPlace),
      shift: fc.integer({ min: 1, max: Math.max(1, longestShift) }),
      drawn: fc.nat(draws - 1),
    };
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<Origin> {
    const way = this.allowed[this.way.generate(mrng, biasFactor).value]!;
    const [place, shift, seed] = ways.map((one) => this.number[one].generate(mrng, biasFactor).value) as [
      number,
      number,
      number,
    ];
    return new fc.Value({ way, place, shift, seed }, undefined);
  }

  canShrinkWithoutContext(value: unknown): value is Origin {
    return this.allowed.includes((value as Origin).way);
  }

  shrink(value: Origin, context: unknown): fc.Stream<fc.Value<Origin>> {
    return fc.stream(this.simpler(value, context));
  }

  /** @param context of the number that belongs to the way */
  private *simpler(value: Origin, context: unknown): Generator<fc.Value<Origin>> {
    for (const way of this.allowed.filter((one) => ways.indexOf(one) < ways.indexOf(value.way))) {
      yield new fc.Value({ ...value, way }, undefined);
      if (way !== 'input') continue;
      for (let place = 0; place < Math.min(TRIED, this.lastPlace + 1); place++)
        if (place !== value.place) yield new fc.Value({ ...value, way, place }, undefined);
    }
    const key = ({ input: 'place', shift: 'shift', drawn: 'seed' } as const)[value.way];
    for (const less of this.number[value.way].shrink(value[key], context))
      yield new fc.Value({ ...value, [key]: less.value }, less.context);
  }
}

/** Shrinks to the first allowed way, then to smaller numbers. @param allowed in the order of `ways` */
export const origins = (allowed: readonly From[], lastPlace: number, longestShift: number): fc.Arbitrary<Origin> =>
  new Origins(allowed, lastPlace, longestShift);
