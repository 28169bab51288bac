/** The inputs of trials: one to run, one to take activations from, both simple to read where shrinking may choose. */
import * as fc from 'fast-check';
import { TaskError } from '../src/errors.js';
import { contentKey, sameInput, shapeKey, sizeInWords, type ModelInput } from '../src/model/input.js';
import type { Encoder } from '../src/task/encode.js';
import { random } from '../src/random.js';
import type { Task } from '../src/task/task.js';
import { bySize, encodeOne, exampleOf, poolOf, takenOnce, type Example } from './pool.js';
import { inputInWords } from './printed.js';
import { downFrom } from './reductions.js';

/** Places of the two: of the base in the pool, of the source among the base's counterfactuals, the simplest first. */
export type Places = readonly [base: number, source: number];

/** Draws of a task's own counterfactual to choose from. */
const DRAWS = 32;

/** The pool of a task and the counterfactuals of each input in it. */
export class PairPool<I> {
  readonly pool: readonly Example<I>[];
  /** how many inputs are left out because they have no counterfactual */
  readonly without: number;
  /** inputs by size, where any other input serves as counterfactual: of those that the model takes alike the first */
  private readonly groups: ReadonlyMap<string, readonly Example<I>[]>;
  /** of an input, or of the one it is taken like, in its group */
  private readonly rank = new Map<Example<I>, number>();
  private readonly own = new Map<Example<I>, readonly Example<I>[]>();

  /** @param sources false: nothing is resampled, so an input needs no counterfactual */
  constructor(
    private readonly task: Task<I>,
    private readonly model: Encoder,
    size: number,
    seed: number,
    private readonly sources: boolean,
  ) {
    const all = poolOf(task, task.examples(size, seed), model);
    this.groups = bySize(takenOnce(all, ({ encoded }) => encoded), ({ encoded }) => encoded);
    for (const [key, of] of bySize(all, ({ encoded }) => encoded)) {
      const places = new Map(this.groups.get(key)!.map(({ encoded }, at) => [contentKey(encoded), at]));
      for (const one of of) this.rank.set(one, places.get(contentKey(one.encoded))!);
    }
    this.pool = sources ? all.filter((one) => this.count(one) > 0) : all;
    this.without = all.length - this.pool.length;
    if (this.pool.length === 0)
      throw new TaskError({ what: `no input of task "${task.name}" has a counterfactual`, where: 'task.inputs', todo: 'give the task inputs of equal size, or a `counterfactual` function' });
  }

  /** The counterfactuals that a task makes itself, each once. */
  private ownOf(base: Example<I>): readonly Example<I>[] {
    let made = this.own.get(base);
    if (made === undefined) {
      const found: Example<I>[] = [];
      for (let draw = 0; draw < DRAWS; draw++) {
        const input = this.task.counterfactual!(base.input, random(draw, 'counterfactuals'));
        const encoded: ModelInput = encodeOne(this.task, input, this.model);
        if (shapeKey(encoded) !== shapeKey(base.encoded))
          throw new TaskError({ what: `the counterfactual of ${inputInWords(base.input)} has ${sizeInWords(encoded)}, the input ${sizeInWords(base.encoded)}`, where: 'task.counterfactual', todo: 'return a counterfactual of the same size' });
        if (!sameInput(encoded, base.encoded) && !found.some((one) => sameInput(one.encoded, encoded))) found.push(exampleOf(input, encoded));
      }
      this.own.set(base, (made = found));
    }
    return made;
  }

  /** How many counterfactuals an input has; one that stands for none where nothing is resampled. */
  count(base: Example<I>): number {
    if (!this.sources) return 1;
    return this.task.counterfactual ? this.ownOf(base).length : this.groups.get(shapeKey(base.encoded))!.length - 1;
  }

  at([base, source]: Places): { readonly base: Example<I>; readonly source: Example<I> } {
    const one = this.pool[base]!;
    if (!this.sources) return { base: one, source: one };
    if (this.task.counterfactual) return { base: one, source: this.ownOf(one)[source]! };
    // any input of its size but itself
    return { base: one, source: this.groups.get(shapeKey(one.encoded))![source < this.rank.get(one)! ? source : source + 1]! };
  }

  /** True where some other input of that size can stand in. */
  standsIn(input: ModelInput): boolean {
    const group = this.groups.get(shapeKey(input));
    return group !== undefined && (group.length > 1 || (group.length === 1 && !sameInput(group[0]!.encoded, input)));
  }

  /** As many inputs as there are in the largest size: what can stand in for all inputs at once. */
  get stands(): number {
    return Math.max(...[...this.groups.values()].map((group) => group.length));
  }

  /** The input that stands in for all inputs of a size. @param place below `stands`: small groups start again */
  standIn(place: number, size: string): Example<I> | undefined {
    const group = this.groups.get(size);
    return group?.[place % group.length];
  }

  /** The place of the first input that prints so, among those of its size. */
  placeOf(input: string): number | undefined {
    for (const group of this.groups.values()) {
      const at = group.findIndex((one) => inputInWords(one.input) === input);
      if (at >= 0) return at;
    }
    return undefined;
  }

  /** The places of two inputs by how they print. */
  find(base: string, source: string | undefined): Places | undefined {
    const at = this.pool.findIndex(({ input }) => inputInWords(input) === base);
    if (at < 0 || source === undefined) return at < 0 ? undefined : [at, 0];
    for (let place = 0; place < this.count(this.pool[at]!); place++) if (inputInWords(this.at([at, place]).source.input) === source) return [at, place];
    return undefined;
  }
}

/** Places of pairs. Shrinks the base, then the source. */
export class PairArbitrary extends fc.Arbitrary<Places> {
  private readonly base: fc.Arbitrary<number>;

  /**
   * @param bases how many there are
   * @param sources how many a base has
   */
  constructor(
    private readonly bases: number,
    private readonly sources: (base: number) => number,
  ) {
    super();
    this.base = fc.nat(bases - 1);
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<Places> {
    const base = this.base.generate(mrng, biasFactor).value;
    return new fc.Value([base, mrng.nextInt(0, this.sources(base) - 1)], undefined);
  }

  canShrinkWithoutContext(value: unknown): value is Places {
    if (!Array.isArray(value) || value.length !== 2 || !value.every((one) => Number.isInteger(one) && one >= 0)) return false;
    const [base, source] = value as [number, number];
    return base < this.bases && source < this.sources(base);
  }

  shrink([base, source]: Places): fc.Stream<fc.Value<Places>> {
    const { sources } = this;
    return fc.stream(
      (function* (): Generator<fc.Value<Places>> {
        for (const less of downFrom(base)) yield new fc.Value([less, Math.min(source, sources(less) - 1)], undefined);
        for (const less of downFrom(source)) yield new fc.Value([base, less], undefined);
      })(),
    );
  }
}

/** An arbitrary whose values are brought to one form: what does not matter for a value is not there to be shrunk. */
export class Normal<T> extends fc.Arbitrary<T> {
  constructor(
    private readonly inner: fc.Arbitrary<T>,
    private readonly form: (value: T) => T,
  ) {
    super();
  }

  private formed({ value, context }: fc.Value<T>): fc.Value<T> {
    return new fc.Value(this.form(value), context);
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<T> {
    return this.formed(this.inner.generate(mrng, biasFactor));
  }

  canShrinkWithoutContext(value: unknown): value is T {
    return this.inner.canShrinkWithoutContext(value);
  }

  shrink(value: T, context: unknown): fc.Stream<fc.Value<T>> {
    return this.inner.shrink(value, context).map((smaller) => this.formed(smaller));
  }
}
