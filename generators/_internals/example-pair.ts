/** Pairs of inputs: one to run, one to take activations from. */
import * as fc from 'fast-check';
import type { ModelInput } from '../../src/model/input.js';
import type { Example } from './pool.js';
import { inputInWords, printed } from './printed.js';
import { downFrom } from './reductions.js';

/** Two inputs of equal size: the one that is run, and the one activations are taken from. */
export interface ExamplePair<I> {
  /** an input of the task */
  readonly base: I;
  /** another one, or what the task's own `counterfactual` makes of it: to the model never the same as the base */
  readonly source: I;
  /** both as a model takes them */
  readonly encoded: { readonly base: ModelInput; readonly source: ModelInput };
  /** places of base and source among those there are to choose from, the simplest first: what shrinking makes smaller */
  readonly order: readonly [number, number];
  toString(): string;
}

/** Sources for a base, the simplest first. */
export type Candidates<I> = (base: Example<I>) => readonly Example<I>[];

export const pairOf = <I>(base: Example<I>, source: Example<I>, order: readonly [number, number]): ExamplePair<I> =>
  printed(
    { base: base.input, source: source.input, encoded: { base: base.encoded, source: source.encoded }, order },
    () => `${inputInWords(base.input)} against ${inputInWords(source.input)}`,
  );
export class Pairs<I> extends fc.Arbitrary<ExamplePair<I>> {
  private readonly start: fc.Arbitrary<number>;
  private readonly raw = new WeakSet<ExamplePair<I>>();
  private readonly known = new Map<Example<I>, readonly Example<I>[]>();

  constructor(
    private readonly pool: readonly Example<I>[],
    private readonly find: Candidates<I>,
    private readonly none: () => never,
  ) {
    super();
    this.start = fc.nat(pool.length - 1);
  }

  /** Asked for again and again while shrinking. */
  private candidates(base: Example<I>): readonly Example<I>[] {
    const there = this.known.get(base) ?? this.find(base);
    this.known.set(base, there);
    return there;
  }

  private pair(at: number, sources: readonly Example<I>[], place: number): fc.Value<ExamplePair<I>> {
    const pair = pairOf(this.pool[at]!, sources[place]!, [at, place]);
    this.raw.add(pair);
    return new fc.Value(pair, undefined);
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<ExamplePair<I>> {
    const start = this.start.generate(mrng, biasFactor).value;
    for (let tries = 0; tries < this.pool.length; tries++) {
      const at = (start + tries) % this.pool.length;
      const sources = this.candidates(this.pool[at]!);
      if (sources.length > 0)
        return this.pair(at, sources, fc.nat(sources.length - 1).generate(mrng, biasFactor).value);
    }
    return this.none();
  }

  canShrinkWithoutContext(value: unknown): value is ExamplePair<I> {
    return typeof value === 'object' && value !== null && this.raw.has(value as ExamplePair<I>);
  }

  shrink({ order: [at, place] }: ExamplePair<I>): fc.Stream<fc.Value<ExamplePair<I>>> {
    return fc.stream(this.smaller(at, place));
  }

  private *smaller(at: number, place: number): Generator<fc.Value<ExamplePair<I>>> {
    for (const base of downFrom(at)) {
      const sources = this.candidates(this.pool[base]!);
      if (sources.length > 0) yield this.pair(base, sources, Math.min(place, sources.length - 1));
    }
    const sources = this.candidates(this.pool[at]!);
    for (const less of downFrom(place)) yield this.pair(at, sources, less);
  }
}
