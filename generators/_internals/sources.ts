/** Which inputs the activations of a resampled component are taken from. */
import { InputError, OptionError, TaskError } from '../../src/errors.js';
import { bySize, contentKey, shapeKey, sameInput, sizeInWords, type ModelInput } from '../../src/model/input.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import type { Examples, Task } from '../../src/task/task.js';
import { inputInWords } from './printed.js';
import { poolOf, takenOnce, type Example } from './pool.js';
import type { From, Counterfactual } from './counterfactual-source.js';

export const ways: readonly From[] = ['input', 'shift', 'drawn'];

export class Sources<I> {
  /** inputs there are to choose from by their size, only the sizes of the examples */
  private readonly pools: ReadonlyMap<string, readonly Example<I>[]>;
  /** the examples by their size, those that the model takes alike once */
  private readonly own: ReadonlyMap<string, readonly ModelInput[]>;
  private readonly encoded: readonly ModelInput[];
  /** where an example stands among those of its size */
  private readonly rank: readonly number[];

  /** @throws TaskError where some example has no counterfactual */
  constructor(
    private readonly model: Model,
    private readonly task: Task<I>,
    private readonly examples: Examples<I>,
  ) {
    this.encoded = task.encode(examples, model).inputs;
    this.own = bySize(
      takenOnce(this.encoded, (input) => input),
      (input) => input,
    );
    const pools = bySize(
      takenOnce(poolOf(task, examples, model), ({ encoded }) => encoded),
      ({ encoded }) => encoded,
    );
    this.pools = new Map([...this.own.keys()].map((key) => [key, pools.get(key)!]));
    const ranks = new Map(
      [...this.own].map(([size, group]) => [size, new Map(group.map((input, at) => [contentKey(input), at]))]),
    );
    this.rank = this.encoded.map((input) => ranks.get(shapeKey(input))!.get(contentKey(input))!);
    // says which example has none, and what to do about it
    task.counterfactuals(examples, 0, model);
  }

  /** Largest place of an `input`. */
  get lastPlace(): number {
    return Math.max(...[...this.pools.values()].map((pool) => pool.length)) - 1;
  }

  /** Largest shift; 0 where every example is the only one of its size. */
  get longestShift(): number {
    return Math.max(...[...this.own.values()].map((group) => group.length)) - 1;
  }

  at(place: number): Counterfactual<I> & { readonly kind: 'input' } {
    return {
      kind: 'input',
      inputs: [...this.pools.values()].map((pool) => pool[Math.min(place, pool.length - 1)]!.input),
      place,
    };
  }

  /** The counterfactual whose inputs print so. @throws OptionError */
  named(printed: readonly string[]): Counterfactual<I> & { readonly kind: 'input' } {
    const place = Math.max(
      ...[...this.pools.values()].map((pool, i) => pool.findIndex(({ input }) => inputInWords(input) === printed[i])),
    );
    const found = place < 0 ? undefined : this.at(place);
    if (!found || found.inputs.some((input, i) => inputInWords(input) !== printed[i]))
      throw new OptionError({
        what: `${printed.join(', ')} is no counterfactual here`,
        where: 'from',
        hint: 'give inputs of the task as they print, one for each size the examples have',
      });
    return found;
  }

  words(from: Counterfactual<I>): string {
    switch (from.kind) {
      case 'input':
        return `taken from ${from.inputs.map((input) => inputInWords(input)).join(' or ')}`;
      case 'shift':
        return `taken from the ${from.places === 1 ? 'next example' : `example ${from.places} places on`}`;
      case 'drawn':
        return `taken from ${this.task.counterfactual ? "the task's counterfactuals" : 'other inputs'}, seed ${from.seed}`;
    }
  }

  /** The single input that stands in for these rows, where one does. */
  single(from: Counterfactual<I>, rows: readonly number[]): ModelInput | undefined {
    if (from.kind !== 'input') return undefined;
    const keys = new Set(rows.map((row) => shapeKey(this.encoded[row]!)));
    return keys.size === 1 ? this.pick([...keys][0]!, from.place) : undefined;
  }

  private pick(key: string, place: number): ModelInput {
    const pool = this.pools.get(key)!;
    return pool[Math.min(place, pool.length - 1)]!.encoded;
  }

  /** The counterfactual input of each example. */
  ofExamples(from: Counterfactual<I>): readonly ModelInput[] {
    if (from.kind === 'drawn') return this.task.counterfactuals(this.examples, from.seed, this.model);
    return this.encoded.map((input, row) => this.of(input, from, this.rank[row]!));
  }

  /**
   * The counterfactual input of each input of one's own, which need not be among the examples.
   * @throws InputError for an input of another size than any example
   */
  ofInputs(from: Counterfactual<I>, inputs: readonly I[], encoded: readonly ModelInput[]): readonly ModelInput[] {
    if (from.kind === 'drawn' && this.task.counterfactual)
      return this.task.counterfactuals({ inputs }, from.seed, this.model);
    const stream = random(from.kind === 'drawn' ? from.seed : 0, 'counterfactuals');
    return encoded.map((input, row) => {
      const pool = this.pools.get(shapeKey(input));
      if (!pool)
        throw new InputError({
          what: `input ${row} has ${sizeInWords(input)}, which no example of task "${this.task.name}" has`,
          where: 'interventions',
          hint: 'give inputs of the sizes that the task has, or more examples (`inputs`)',
        });
      if (from.kind === 'drawn') return this.otherThan(input, stream.below(pool.length));
      const own = this.own.get(shapeKey(input))!;
      // where it is an example, from its own place on
      const rank = own.findIndex((one) => sameInput(one, input));
      return this.of(input, from, rank >= 0 ? rank : row);
    });
  }

  private of(input: ModelInput, from: Exclude<Counterfactual<I>, { kind: 'drawn' }>, rank: number): ModelInput {
    const key = shapeKey(input);
    if (from.kind === 'input') return this.pick(key, from.place);
    const group = this.own.get(key)!;
    // the only example of its size would stand in for itself
    if (group.length === 1) return this.otherThan(input, 0);
    // never all the way round
    return group[(rank + 1 + ((from.places - 1) % (group.length - 1))) % group.length]!;
  }

  /** The input at a place among those of its size, or the next that differs. @throws TaskError where none does */
  private otherThan(input: ModelInput, place: number): ModelInput {
    const pool = this.pools.get(shapeKey(input))!;
    const at = sameInput(pool[place]!.encoded, input) ? (place + 1) % pool.length : place;
    const { encoded } = pool[at]!;
    if (!sameInput(encoded, input)) return encoded;
    throw new TaskError({
      what: `an input of ${sizeInWords(input)} is the only one of its size in task "${this.task.name}"`,
      where: 'task.inputs',
      hint: "add inputs of that size, or take counterfactuals from: 'drawn'",
    });
  }
}
