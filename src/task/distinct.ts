/** An input counts once, by its value: as it is given, and as models take it. */
import { TaskError } from '../errors.js';
import { plural } from '../format.js';
import { contentKey, shapeKey, type ModelInput } from '../model/input.js';
import { valueKey } from '../value-key.js';
import type { Encoder } from './encode.js';
import type { AnyExamples, InputSource } from './examples.js';

/** what cannot be looked into is itself and nothing else */
const itself = new WeakMap<object, string>();
const symbols = new Map<symbol, string>();
let number = 0;

/** Equal for inputs of equal value. A function, or an instance of a class without `toJSON`, has none to compare and equals itself only. */
export function distinctKey(input: unknown): string {
  return valueKey(input, (one) => {
    const known = (typeof one === 'symbol' ? symbols : itself) as Map<unknown, string>;
    const key = known.get(one) ?? `<${++number}>`;
    known.set(one, key);
    return key;
  });
}

/** Each input once, the first of equals, in the order given: the list itself where none repeats. */
export function distinctInputs<I>(inputs: readonly I[]): readonly I[] {
  const known = new Set<string>();
  const found = inputs.filter((input) => {
    const key = distinctKey(input);
    return !known.has(key) && known.add(key).size > 0;
  });
  return found.length === inputs.length ? inputs : found;
}

/** Draws for every input asked for, at most; of few inputs so many may be drawn in any case. */
const DRAWS = 16;
const AT_LEAST = 256;

export interface Sampled<I> {
  readonly inputs: readonly I[];
  /** how many were drawn for them */
  readonly drawn: number;
}

/**
 * The first n distinct inputs that a source draws. While there are too few, twice as many are drawn, up to 16 for each that is asked for, or until that brings nothing new: fewer
 * than n are then all that was found.
 */
export function sampleDistinct<I>(source: InputSource<I>, n: number, seed: number): Sampled<I> {
  const most = Math.max(DRAWS * n, AT_LEAST);
  let found = distinctInputs(source.sample(n, seed));
  let drawn = n;
  while (found.length < n && drawn < most) {
    const before = found.length;
    drawn = Math.min(2 * drawn, most);
    // what came first stays: a source may draw others where it is asked for more
    found = distinctInputs([...found, ...source.sample(drawn, seed)]);
    if (found.length === before && drawn >= AT_LEAST) break;
  }
  return { inputs: found.length > n ? found.slice(0, n) : found, drawn };
}

/** Groups of things that are one. */
export interface Alike {
  /** the first of each group, ascending */
  readonly first: Uint32Array;
  /** of each */
  readonly group: Uint32Array;
}

/** Things found to be one, a pair at a time. */
export class Groups {
  private readonly parent: Uint32Array;

  constructor(n: number) {
    this.parent = Uint32Array.from({ length: n }, (_, i) => i);
  }

  /** The first of the group. */
  firstOf(i: number): number {
    const { parent } = this;
    let at = i;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  }

  join(i: number, j: number): void {
    const [a, b] = [this.firstOf(i), this.firstOf(j)];
    this.parent[Math.max(a, b)] = Math.min(a, b);
  }

  /** Joins what has equal keys. */
  joinEqual(keys: readonly (string | number)[]): void {
    const known = new Map<string | number, number>();
    keys.forEach((key, i) => {
      const there = known.get(key);
      if (there === undefined) known.set(key, i);
      else this.join(there, i);
    });
  }

  /** Undefined where each is a group of its own. */
  get alike(): Alike | undefined {
    const first: number[] = [];
    const numbers = new Map<number, number>();
    const group = Uint32Array.from(this.parent, (_, i) => {
      const of = this.firstOf(i);
      if (of === i) numbers.set(i, first.push(i) - 1);
      return numbers.get(of)!;
    });
    return first.length === group.length ? undefined : { first: Uint32Array.from(first), group };
  }
}

/**
 * Groups of examples that some of the models takes alike: texts that its tokenizer makes the same tokens of, inputs that differ in their answer only. Where two models differ in
 * what they take alike, what either does counts, so that no two groups hold an input that is the same for a model. Undefined where all examples are groups of their own.
 */
export function alikeFor(
  task: { encode(examples: AnyExamples, model: Encoder): { readonly inputs: readonly ModelInput[] } },
  examples: AnyExamples,
  models: readonly Encoder[],
): Alike | undefined {
  const groups = new Groups(examples.inputs.length);
  // models with one tokenizer take the same inputs
  for (const inputs of new Set(models.map((model) => task.encode(examples, model).inputs)))
    groups.joinEqual(inputs.map((input) => `${shapeKey(input)} ${contentKey(input)}`));
  return groups.alike;
}

/**
 * Relabellings of examples as relabellings of their groups.
 * @throws TaskError where one takes examples of one group to several
 */
export const ofGroups = (
  relabellings: readonly Uint32Array[],
  { first, group }: Alike,
  task: string,
): readonly Uint32Array[] =>
  relabellings.map((g) => {
    const to = Uint32Array.from(first, (i) => group[g[i]!]!);
    const apart = g.findIndex((there, i) => group[there] !== to[group[i]!]);
    if (apart >= 0)
      throw new TaskError({
        what: `inputs ${first[group[apart]!]} and ${apart} of task "${task}" are one to the models, and a symmetry takes them to inputs that are not`,
        where: 'task.symmetries',
        hint: 'name relabellings of what the models are given, or list one of the two inputs',
      });
    return to;
  });

/** A sentence for reports where inputs repeat. */
export const repeatsInWords = (repeats: number, of: string): string =>
  `${plural(repeats, 'input')} of ${of} ${repeats === 1 ? 'repeats another and counts' : 'repeat others and count'} once`;
