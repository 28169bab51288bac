/** Inputs of a task as one model takes them, from simple to complex. */
import type { ModelInput, Tokens } from '../../src/model/input.js';
import { contentKey, isTensorValue, isTokens, shapeKey } from '../../src/model/input.js';
import type { Encoder } from '../../src/task/encode.js';
import type { Examples, Task } from '../../src/task/task.js';
import { inputInWords, printed } from './printed.js';

/** An input of a task, and as a model takes it. Prints as the input. */
export interface Example<I> {
  readonly input: I;
  readonly encoded: ModelInput;
}

/** Of a longer list a sample is as good. */
export const LISTED = 10_000;

/** For inputs that need no tokenizer. */
export const anyModel: Encoder = { name: 'the task', tokenizer: undefined, ragged: false };

export const exampleOf = <I>(input: I, encoded: ModelInput): Example<I> =>
  printed({ input, encoded }, () => inputInWords(input));

/** An input as a model takes it. @throws InputError */
export const encodeOne = <I>(task: Task<I>, input: I, model: Encoder): ModelInput =>
  task.encode({ inputs: [input] }, model).inputs[0]!;

/** Every number in an input. */
function* entries(input: ModelInput): Generator<number> {
  if (isTokens(input)) yield* input;
  else if (isTensorValue(input)) for (const value of input.data) yield Number(value);
  else for (const value of Object.values(input)) yield* entries(value);
}

/** Fewer entries first, then smaller ones: together, then one by one. */
export function bySimplicity(a: ModelInput, b: ModelInput): number {
  const [one, other] = [[...entries(a)], [...entries(b)]];
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + Math.abs(value), 0);
  if (one.length !== other.length) return one.length - other.length;
  const difference = total(one) - total(other);
  if (difference !== 0) return difference;
  const at = one.findIndex((value, i) => value !== other[i]);
  return at < 0 ? 0 : one[at]! - other[at]!;
}

/** Distinct inputs: a list in the order in which its author gave it, samples in the order of their simplicity. */
export function poolOf<I>(task: Task<I>, examples: Examples<I>, model: Encoder): readonly Example<I>[] {
  const listed = task.size !== undefined && task.size <= LISTED;
  const from = listed ? task.examples(task.size, 0) : examples;
  const { inputs } = task.encode(from, model);
  const all = from.inputs.map((input, at) => exampleOf(input, inputs[at]!));
  return listed ? all : all.toSorted((a, b) => bySimplicity(a.encoded, b.encoded));
}

/** The first of those that a model takes alike. */
export function takenOnce<T>(all: readonly T[], inputOf: (one: T) => ModelInput): T[] {
  const known = new Set<string>();
  return all.filter((one) => {
    const input = inputOf(one);
    const key = `${shapeKey(input)} ${contentKey(input)}`;
    return !known.has(key) && known.add(key).size > 0;
  });
}

/** Where two inputs of one size differ, up to `limit` places: positions of tokens, entries of tensors in row-major order. */
export function differences(a: ModelInput, b: ModelInput, limit: number): number[] {
  const found: number[] = [];
  const [one, other] = isTokens(a) ? [a, b as Tokens] : [[...entries(a)], [...entries(b)]];
  // every NaN is one value
  for (let at = 0; at < one.length && found.length < limit; at++)
    if (one[at] !== other[at] && !(Number.isNaN(one[at]) && Number.isNaN(other[at]))) found.push(at);
  return found;
}
