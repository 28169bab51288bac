/** Counterfactual inputs: one for each example, of its own size and with other values. */
import { InputError, TaskError } from '../errors.js';
import { contentKey, copyOf, shapeKey, sizeInWords, type ModelInput } from '../model/input.js';
import { random, type Random } from '../random.js';
import type { Encoded, Encoder } from './encode.js';
import type { Examples } from './examples.js';

/** Draws of a task's own counterfactual before an input counts as one that has none. */
const DRAWS = 32;
/** Draws among so many that one of them differs, if any does. */
const TRIES = 1000;

/** True for a task whose counterfactuals are made by a function that takes random numbers: one that does not gives the same for every seed. */
export const madeByChance = ({ counterfactual }: { readonly counterfactual?: unknown }): boolean =>
  typeof counterfactual === 'function' && counterfactual.length > 1;

/** What counterfactuals need to know of a task. */
export interface CounterfactualTask<I> {
  readonly name: string;
  /** the task's own way to one; without it another input serves */
  readonly counterfactual: ((input: I, random: Random) => I) | undefined;
  /** inputs that others may be taken from, for some examples: the next where one has none */
  pools(examples: Examples<I>): readonly Examples<I>[];
  encode(examples: Examples<I>, model: Encoder): Encoded;
  encodeOne(input: I, model: Encoder, what: string): ModelInput;
}

interface Keyed {
  readonly key: string;
  readonly input: ModelInput;
}

/** The distinct inputs of each size. */
type BySize = ReadonlyMap<string, readonly Keyed[]>;

/** Inputs of one size, of which one at least differs from that with this key. */
function othersOf(pools: readonly BySize[], own: ModelInput, key: string): readonly Keyed[] | undefined {
  return pools.map((pool) => pool.get(shapeKey(own))).find((group) => group?.some((one) => one.key !== key));
}

export class Counterfactuals<I> {
  private readonly groups = new WeakMap<Encoded, BySize>();
  private readonly keys = new WeakMap<Encoded, readonly string[]>();
  /** what was drawn last: two models that share an intervention ask for the same, and so does whoever says which they were */
  private last:
    | { readonly encoded: Encoded; readonly seed: number; readonly inputs: readonly ModelInput[] }
    | undefined;

  constructor(private readonly task: CounterfactualTask<I>) {}

  /** The place of each example that has none: alone in its size, or with a counterfactual of its own that never differs from it. */
  without(examples: Examples<I>, model: Encoder): number[] {
    const pools = this.pools(examples, model);
    return this.of(examples, model, (own, key, index) => {
      const { counterfactual } = this.task;
      if (!counterfactual) return othersOf(pools(), own, key) === undefined;
      const draws = madeByChance(this.task) ? DRAWS : 1;
      for (let draw = 0; draw < draws; draw++)
        if (contentKey(this.ownOf(examples.inputs[index]!, own, random(draw, 'counterfactuals'), model, index)) !== key)
          return false;
      return true;
    }).flatMap((none, index) => (none ? [index] : []));
  }

  /** @throws TaskError for an example that has none; InputError for one of another size */
  draw(examples: Examples<I>, seed: number, model: Encoder): readonly ModelInput[] {
    // examples that were changed are encoded anew
    const encoded = this.task.encode(examples, model);
    if (this.last?.encoded !== encoded || this.last.seed !== seed)
      this.last = { encoded, seed, inputs: this.drawn(examples, seed, model) };
    return this.last.inputs;
  }

  private drawn(examples: Examples<I>, seed: number, model: Encoder): ModelInput[] {
    const stream = random(seed, 'counterfactuals');
    const pools = this.pools(examples, model);
    return this.of(examples, model, (own, key, index) => {
      const { counterfactual, name } = this.task;
      if (counterfactual) {
        for (let tries = 0; tries < TRIES; tries++) {
          const other = this.ownOf(examples.inputs[index]!, own, stream, model, index);
          // a copy: the task may fill one object anew for every input
          if (contentKey(other) !== key) return copyOf(other);
        }
        throw new TaskError({
          what: `the counterfactual of input ${index} of task "${name}" is that input again`,
          where: 'task.counterfactual',
          hint: 'return an input that differs, or use task.withCounterfactuals(examples, [model])',
        });
      }
      const group = othersOf(pools(), own, key) ?? [];
      for (let tries = 0; tries < (group.length > 0 ? TRIES : 0); tries++) {
        const other = group[stream.below(group.length)]!;
        if (other.key !== key) return other.input;
      }
      throw new TaskError({
        what: `input ${index} of task "${name}" is the only one with ${sizeInWords(own)}, so it has no counterfactual`,
        where: 'task.inputs',
        hint: 'add inputs of that size, give the task a `counterfactual` function, or use task.withCounterfactuals(examples, [model])',
      });
    });
  }

  private of<T>(examples: Examples<I>, model: Encoder, one: (own: ModelInput, key: string, index: number) => T): T[] {
    const encoded = this.task.encode(examples, model);
    const keys = this.keysOf(encoded);
    return encoded.inputs.map((own, index) => one(own, keys[index]!, index));
  }

  /** What other inputs are taken from, made when it is first asked for. */
  private pools(examples: Examples<I>, model: Encoder): () => readonly BySize[] {
    let made: readonly BySize[] | undefined;
    return () => (made ??= this.task.pools(examples).map((pool) => this.bySize(this.task.encode(pool, model))));
  }

  /** What the task makes of an input. */
  private ownOf(input: I, own: ModelInput, stream: Random, model: Encoder, index: number): ModelInput {
    const other = this.task.encodeOne(
      this.task.counterfactual!(input, stream),
      model,
      `the counterfactual of input ${index}`,
    );
    if (shapeKey(other) === shapeKey(own)) return other;
    throw new InputError({
      what: `the counterfactual of input ${index} has ${sizeInWords(other)}, the input ${sizeInWords(own)}`,
      where: 'task.counterfactual',
      hint: 'return a counterfactual with as many tokens as the input',
    });
  }

  // an encoding is asked for again and again
  private keysOf(encoded: Encoded): readonly string[] {
    const known = this.keys.get(encoded) ?? encoded.inputs.map(contentKey);
    this.keys.set(encoded, known);
    return known;
  }

  private bySize(encoded: Encoded): BySize {
    let known = this.groups.get(encoded);
    if (!known) {
      const seen = new Set<string>();
      const groups = new Map<string, Keyed[]>();
      const keys = this.keysOf(encoded);
      encoded.inputs.forEach((input, index) => {
        const size = shapeKey(input);
        const key = keys[index]!;
        if (seen.has(`${size} ${key}`)) return;
        seen.add(`${size} ${key}`);
        const there = groups.get(size);
        if (there) there.push({ key, input });
        else groups.set(size, [{ key, input }]);
      });
      this.groups.set(encoded, (known = groups));
    }
    return known;
  }
}
