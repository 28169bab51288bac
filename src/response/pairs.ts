/** Pairs of inputs, one to run and one to take activations from, that two models take. */
import { aloneInWords } from '../circuit/references.js';
import { TaskError } from '../errors.js';
import { plural } from '../format.js';
import { contentKey, shapeKey, sizeInWords, type ModelInput } from '../model/input.js';
import { random, type Random } from '../random.js';
import { madeByChance } from '../task/counterfactuals.js';
import type { Encoder } from '../task/encode.js';
import type { Examples } from '../task/examples.js';
import type { Task } from '../task/task.js';

/** An input of the task, and as each of the two models takes it. */
export interface PairedInput<I> {
  readonly input: I;
  readonly encoded: readonly [ModelInput, ModelInput];
}

/** Places of the two: of the base among all inputs, of the source among the base's. */
export type PairPlaces = readonly [base: number, source: number];

/** Draws of a task's own counterfactual to choose from, where it is drawn. */
const DRAWS = 32;

const joint =
  (key: (input: ModelInput) => string) =>
  ({ encoded: [a, b] }: PairedInput<unknown>): string =>
    `${key(a)} | ${key(b)}`;
/** Equal for inputs that both models can run in one batch. */
export const sizeOf = joint(shapeKey);
const valueOf = joint((input) => `${shapeKey(input)} ${contentKey(input)}`);

/** Pairs to draw from. */
export type PairSource = Pick<InputPairs<unknown>, 'pool' | 'notes' | 'at' | 'draw'>;

export class InputPairs<I> {
  /** inputs that have a source */
  readonly pool: readonly PairedInput<I>[];
  /** inputs that are left out and why, in sentences */
  readonly notes: readonly string[];
  /** distinct inputs by size */
  private readonly groups = new Map<string, PairedInput<I>[]>();
  /** of an input in its group */
  private readonly rank = new Map<string, number>();
  private readonly own = new Map<PairedInput<I>, readonly PairedInput<I>[]>();

  /**
   * @param examples the inputs there are, in the order in which `at` counts them
   * @param serves false for an input that cannot be a base
   * @throws TaskError where no input has a source
   */
  constructor(
    private readonly task: Task<I>,
    private readonly models: readonly [Encoder, Encoder],
    examples: Examples<I>,
    serves: (input: PairedInput<I>) => boolean = () => true,
  ) {
    const [one, other] = models.map((model) => task.encode(examples, model).inputs) as [ModelInput[], ModelInput[]];
    const all = examples.inputs.map((input, i): PairedInput<I> => ({ input, encoded: [one[i]!, other[i]!] }));
    for (const input of all) {
      const key = valueOf(input);
      if (this.rank.has(key)) continue;
      const group = this.groups.get(sizeOf(input));
      this.rank.set(key, group?.length ?? 0);
      if (group) group.push(input);
      else this.groups.set(sizeOf(input), [input]);
    }
    const replaced = all.filter((input) => this.count(input) > 0);
    this.pool = replaced.filter(serves);
    if (this.pool.length === 0)
      throw new TaskError({
        what: `no input of task "${task.name}" has a counterfactual${replaced.length > 0 ? ' and a mean of its size' : ''}`,
        where: 'task.inputs',
        hint: 'give the task inputs of equal size, or a `counterfactual` function',
      });
    const without = all.length - replaced.length;
    this.notes = [
      ...(without > 0
        ? [`${plural(without, 'input')} ${without === 1 ? 'has' : 'have'} no counterfactual: left out of what is tried`]
        : []),
      ...aloneInWords(replaced.length - this.pool.length),
    ];
  }

  /** How many sources an input has. */
  count(base: PairedInput<I>): number {
    return this.task.counterfactual ? this.ownOf(base).length : this.groups.get(sizeOf(base))!.length - 1;
  }

  at([place, source]: PairPlaces): { readonly base: PairedInput<I>; readonly source: PairedInput<I> } {
    const base = this.pool[place]!;
    if (this.task.counterfactual) return { base, source: this.ownOf(base)[source]! };
    // any input of its size but itself
    const own = this.rank.get(valueOf(base))!;
    return { base, source: this.groups.get(sizeOf(base))![source < own ? source : source + 1]! };
  }

  /** Every base equally likely, then each of its sources. */
  draw(stream: Random): PairPlaces {
    const base = stream.below(this.pool.length);
    return [base, stream.below(this.count(this.pool[base]!))];
  }

  /** The counterfactuals that a task makes itself, each once. */
  private ownOf(base: PairedInput<I>): readonly PairedInput<I>[] {
    let made = this.own.get(base);
    if (made === undefined) {
      const found = new Map<string, PairedInput<I>>();
      const draws = madeByChance(this.task) ? DRAWS : 1;
      for (let draw = 0; draw < draws; draw++) {
        const input = this.task.counterfactual!(base.input, random(draw, 'counterfactuals'));
        const encoded = this.models.map(
          (model) => this.task.encode({ inputs: [input] }, model).inputs[0]!,
        ) as unknown as readonly [ModelInput, ModelInput];
        const one = { input, encoded };
        if (sizeOf(one) !== sizeOf(base))
          throw new TaskError({
            what: `a counterfactual has ${sizeInWords(encoded[0])}, its input ${sizeInWords(base.encoded[0])}`,
            where: 'task.counterfactual',
            hint: 'return a counterfactual of the same size',
          });
        if (valueOf(one) !== valueOf(base)) found.set(valueOf(one), one);
      }
      this.own.set(base, (made = [...found.values()]));
    }
    return made;
  }
}
