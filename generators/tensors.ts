import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import type { TensorValue } from '../src/model/input.js';
import { checkKeys } from '../src/options.js';
import { reductions } from './_internals/reductions.js';
import { entriesOf } from '../src/shape.js';
import { type DrawnTensor, checkShape, tensor } from './tensor.js';

/** What `tensors` draws. */
export interface TensorsConstraints {
  /** sizes of the axes, without the batch axis: [channels, rows, columns], [features] */
  readonly shape: readonly number[];
  /** smallest entry. @defaultValue 0 */
  readonly min?: number;
  /** largest entry. @defaultValue 1 */
  readonly max?: number;
  /**
   * entries are 0 (or the bound nearest to it) plus multiples of this, so that they can be read. @defaultValue the power of ten that makes at least 100 steps of the range,
   * 0.01 for 0 to 1
   */
  readonly step?: number;
}

/** Entries as multiples of the step: all arithmetic is in integers. */
type Grid = readonly number[];

interface Context {
  readonly grid: Grid;
  /** pieces to begin with when entries are set to rest */
  readonly granularity: number;
  /** the entry whose value was last made smaller */
  readonly entry: number;
}

class Tensors extends fc.Arbitrary<DrawnTensor> {
  private readonly count: number;

  /** @param rest the value of an entry that says nothing; entries are rest + step * j, j from least to most */
  constructor(
    private readonly shape: readonly number[],
    private readonly rest: number,
    private readonly step: number,
    private readonly least: number,
    private readonly most: number,
  ) {
    super();
    this.count = entriesOf(shape);
  }

  private value(grid: Grid, granularity = 2, entry = 0): fc.Value<DrawnTensor> {
    return new fc.Value(
      tensor(
        this.shape,
        grid.map((j) => this.entry(j)),
      ),
      { grid, granularity, entry } satisfies Context,
    );
  }

  /** Rounded, or 3 * 0.1 would print as 0.30000000000000004. */
  private entry(j: number): number {
    return Number((this.rest + j * this.step).toPrecision(12));
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<DrawnTensor> {
    const { least, most } = this;
    const any = (): number => mrng.nextInt(least, most);
    const grid = Array.from({ length: this.count }, any);
    // what breaks models: mostly nothing, one value everywhere, only extremes
    const kind = biasFactor === undefined || mrng.nextInt(1, biasFactor) !== 1 ? -1 : mrng.nextInt(0, 2);
    if (kind === 0) return this.value(grid.map((j) => (mrng.nextInt(1, 8) === 1 ? j : 0)));
    if (kind === 1) return this.value(grid.map(() => grid[0]!));
    if (kind === 2) return this.value(grid.map(() => (mrng.nextInt(0, 1) === 0 ? least : most)));
    return this.value(grid);
  }

  canShrinkWithoutContext(value: unknown): value is DrawnTensor {
    return this.gridOf(value) !== undefined;
  }

  /** The grid that gives this tensor, where there is one. */
  private gridOf(value: unknown): Grid | undefined {
    const { shape, data } = (value ?? {}) as Partial<TensorValue>;
    if (
      !Array.isArray(shape) ||
      shape.length !== this.shape.length ||
      shape.some((size, axis) => size !== this.shape[axis]) ||
      data?.length !== this.count
    )
      return undefined;
    const grid = Array.from(data as ArrayLike<number>, (entry) => Math.round((entry - this.rest) / this.step) + 0);
    return grid.every(
      (j, at) => j >= this.least && j <= this.most && Math.fround(this.entry(j)) === Math.fround(Number(data[at])),
    )
      ? grid
      : undefined;
  }

  shrink(value: DrawnTensor, context: unknown): fc.Stream<fc.Value<DrawnTensor>> {
    const given = context as Context | undefined;
    const grid = given?.grid ?? this.gridOf(value);
    return grid === undefined
      ? fc.Stream.nil()
      : fc.stream(this.smaller(grid, given?.granularity ?? 2, given?.entry ?? 0));
  }

  private *smaller(grid: Grid, granularity: number, entry: number): Generator<fc.Value<DrawnTensor>> {
    const set = grid.flatMap((j, at) => (j === 0 ? [] : [at]));
    // goes on with the entry at hand; what comes before it was tried for the value this one came from
    if (entry > 0)
      yield* this.towardsRest(
        grid,
        set.filter((at) => at >= entry),
      );
    for (const { kept, granularity: next } of reductions(set.length, granularity)) {
      const stay = new Set(kept.map((i) => set[i]));
      yield this.value(
        grid.map((j, at) => (stay.has(at) ? j : 0)),
        next,
      );
    }
    yield* this.towardsRest(grid, entry > 0 ? set.filter((at) => at < entry) : set);
  }

  private *towardsRest(grid: Grid, entries: readonly number[]): Generator<fc.Value<DrawnTensor>> {
    for (const at of entries) {
      const j = grid[at]!;
      for (let less = Math.trunc(j / 2); less !== 0; less = Math.trunc(less / 2))
        yield this.value(grid.with(at, j - less), grid.length, at);
      // the sign says nothing where both are allowed
      if (j < 0 && -j <= this.most) yield this.value(grid.with(at, -j), grid.length, at);
    }
  }
}

/**
 * Tensors of one shape: images, vectors, whatever is not tokens. Entries are uniform over a grid; one in a few tensors is mostly at rest, flat, or all extremes (fast-check's bias). At rest
 * is 0, or the bound nearest to it. Shrinks to the fewest entries that are not at rest, then each towards it. Prints as a call of `tensor`.
 * @throws OptionError
 */
export function tensors(options: TensorsConstraints): fc.Arbitrary<DrawnTensor> {
  checkKeys(options, ['shape', 'min', 'max', 'step'], 'tensors');
  const { shape, min = 0, max = 1 } = options;
  checkShape(shape, 'tensors.shape');
  if (!Number.isFinite(min) || !Number.isFinite(max) || min >= max)
    throw new OptionError({
      what: `entries cannot be from ${min} to ${max}`,
      where: 'tensors.min, tensors.max',
      hint: 'give finite numbers with min < max',
    });
  const step = options.step ?? 10 ** Math.floor(Math.log10((max - min) / 100));
  if (!(step > 0) || step > max - min || (max - min) / step > 2 ** 31)
    throw new OptionError({
      what: `${step} is no step from ${min} to ${max}`,
      where: 'tensors.step',
      hint: 'give a positive number, at most the range and not below a billionth of it',
    });
  const rest = Math.min(Math.max(0, min), max);
  // a bound that is a multiple but for rounding counts
  const slack = 1e-9;
  return new Tensors(
    shape,
    rest,
    step,
    Math.ceil((min - rest) / step - slack),
    Math.floor((max - rest) / step + slack),
  );
}
