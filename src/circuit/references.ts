/** What means are taken over, and which inputs they say something about. */
import { TaskError } from '../errors.js';
import { plural } from '../format.js';
import { contentKey, isTensorValue, isTokens, shapeKey, sizeInWords, type ModelInput } from '../model/input.js';
import type { Model, Site } from '../model/model.js';
import type { Encoded, Encoder } from '../task/encode.js';
import type { Examples, Task } from '../task/task.js';

/** The sizes of an input, all in one list, and what kind of input it is: those of one kind can be larger and smaller than each other. */
function sizesOf(input: ModelInput): { readonly kind: string; readonly sizes: readonly number[] } {
  if (isTokens(input)) return { kind: 'tokens', sizes: [input.length] };
  if (isTensorValue(input)) return { kind: `tensor of ${input.shape.length}`, sizes: input.shape };
  const named = Object.entries(input)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, ...sizesOf(value) }));
  return { kind: named.map(({ name, kind }) => `${name}: ${kind}`).join(), sizes: named.flatMap(({ sizes }) => sizes) };
}

/** The distinct inputs of one size. */
interface Group {
  readonly kind: string;
  readonly sizes: readonly number[];
  readonly keys: Set<string>;
}

/**
 * The inputs that a mean is taken over, each once. The mean of an entry is over those that have it, so at an entry that only one input has, that input is its own mean: nothing would be
 * taken away. Such an input is *alone*.
 */
export class References {
  readonly inputs: readonly ModelInput[];
  private readonly groups = new Map<string, Group>();

  constructor(all: readonly ModelInput[]) {
    this.inputs = all.filter((input) => {
      const group = this.groups.get(shapeKey(input)) ?? { ...sizesOf(input), keys: new Set<string>() };
      this.groups.set(shapeKey(input), group);
      const key = contentKey(input);
      return !group.keys.has(key) && group.keys.add(key).size > 0;
    });
  }

  /** True where the input has an entry at one of these sites that no other reference has. At sites of fixed size every other reference has all entries. */
  alone(input: ModelInput, sites: readonly Site[]): boolean {
    const follows = sites.some(({ shape }) => shape.includes(-1));
    const { kind, sizes } = sizesOf(input);
    const own = shapeKey(input);
    const key = contentKey(input);
    return ![...this.groups].some(([size, group]) => {
      const covers = !follows || (group.kind === kind && group.sizes.every((size, axis) => size >= sizes[axis]!));
      return covers && group.keys.size > (size === own && group.keys.has(key) ? 1 : 0);
    });
  }
}

const made = new WeakMap<Encoded, References>();

/** What means over some examples are taken over: those that they are some of, where others of these were left out. */
export function referencesOf<I>(model: Encoder, task: Task<I>, examples: Examples<I>): References {
  let all = examples;
  while (all.pool) all = all.pool;
  const encoded = task.encode(all, model);
  const known = made.get(encoded) ?? new References(encoded.inputs);
  made.set(encoded, known);
  return known;
}

export const namedSites = (model: Model, names: readonly string[]): readonly Site[] =>
  model.sites.filter(({ name }) => names.includes(name));

/** The error for an example that is alone. */
export function alone<I>(task: Task<I>, at: number, input: ModelInput, { inputs }: References): TaskError {
  return new TaskError({
    what:
      inputs.length === 1
        ? `the inputs of task "${task.name}" are all the same, so that their mean changes nothing`
        : `input ${at} of task "${task.name}" has ${sizeInWords(input)}, and no other is as large, so that a part of it is its own mean`,
    where: 'task.inputs',
    hint: 'add inputs of that size or larger, leave this one out, or replace by something else than the mean',
  });
}

/** What is said of inputs that are left out because they are alone; nothing where there are none. */
export const aloneInWords = (left: number): string[] =>
  left === 0
    ? []
    : [
        `${plural(left, 'input')} ${left === 1 ? 'is' : 'are'} larger than every other, so that a part of ${left === 1 ? 'it' : 'them'} is its own mean: left out`,
      ];
