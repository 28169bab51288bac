/** What models take: token ids, tensors, or several of them by name. */

import { numbersKey } from '../value-key.js';
import { entriesOf } from '../shape.js';
import type { Tokens } from '../tokenizers/tokenizer.js';
import { groupBy } from '../group-by.js';

export type { Tokens };

/** A tensor without the batch axis: row-major values. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data:
    | Float32Array
    | Float64Array
    | Int32Array
    | Int8Array
    | Int16Array
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | BigInt64Array
    | readonly number[];
}

/** Tensors by the names of the model's inputs. */
export type NamedInputs = Readonly<Record<string, Tokens | TensorValue>>;

/** One input, without the batch axis. A list of integers serves wherever a model takes one axis of them. */
export type ModelInput = Tokens | TensorValue | NamedInputs;

export const isTokens = (input: ModelInput): input is Tokens => Array.isArray(input);

export const isTensorValue = (input: ModelInput): input is TensorValue =>
  !isTokens(input) &&
  Array.isArray((input as TensorValue).shape) &&
  typeof (input as { data?: { length?: unknown } }).data?.length === 'number';

/**
 * What is wrong with a value that should be an input, in words: undefined for lists of numbers, tensors with as many values as their shape holds, and several of these by name. What the
 * numbers are is the model's to say.
 */
export function faultOf(input: unknown, inside = false): string | undefined {
  if (typeof input !== 'object' || input === null)
    return `it is ${typeof input === 'string' ? 'a text' : String(input)}`;
  if (ArrayBuffer.isView(input))
    return 'a typed array alone says no shape: give { shape, data }, or a plain list of token ids';
  if (Array.isArray(input)) {
    for (let i = 0; i < input.length; i++)
      if (typeof input[i] !== 'number') return `entry ${i} of the list is ${inWords(input[i])}, not a number`;
    return undefined;
  }
  if ('shape' in input && 'data' in input) {
    const { shape, data } = input as { shape: unknown; data: unknown };
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 1))
      return `its shape is ${Array.isArray(shape) ? `[${shape.map(inWords).join(', ')}]` : inWords(shape)}, and not a list of positive integers`;
    if (!Array.isArray(data) && !(ArrayBuffer.isView(data) && 'length' in data))
      return `its data are ${inWords(data)}, and not a list or a typed array`;
    const values = data as ArrayLike<unknown>;
    const count = entriesOf(shape as number[]);
    if (values.length !== count)
      return `its shape [${shape.join(', ')}] holds ${count} values, and its data are ${values.length}`;
    // a typed array holds nothing else
    if (Array.isArray(data))
      for (let i = 0; i < values.length; i++)
        if (typeof values[i] !== 'number') return `value ${i} is ${inWords(values[i])}, not a number`;
    return undefined;
  }
  if (inside) return 'it is neither a list of numbers nor a tensor { shape, data }';
  const named = Object.entries(input);
  if (named.length === 0) return 'it is an empty object';
  for (const [name, value] of named) {
    const fault = faultOf(value, true);
    if (fault !== undefined) return `${JSON.stringify(name)}: ${fault}`;
  }
  return undefined;
}

/** A value that is none of what was asked for, in a few words: without what it may do when it is printed. */
export const inWords = (value: unknown): string =>
  typeof value === 'string'
    ? 'a text'
    : typeof value === 'object' && value !== null
      ? 'an object'
      : typeof value === 'function'
        ? 'a function'
        : typeof value === 'bigint'
          ? `${value}n`
          : String(value);

/** Inputs with equal keys can run in one batch: the length of tokens, the shape of a tensor, all of them of named ones. */
export function shapeKey(input: ModelInput): string {
  if (isTokens(input)) return String(input.length);
  if (isTensorValue(input)) return input.shape.join('x');
  return Object.entries(input)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${shapeKey(value)}`)
    .join(' ');
}

/** Things by the size of an input of theirs. */
export function bySize<T>(all: readonly T[], inputOf: (one: T) => ModelInput): Map<string, T[]> {
  return groupBy(all, (one) => shapeKey(inputOf(one)));
}

/** What a message calls the size of an input: `3 tokens`, `shape [28, 28]`. */
export function sizeInWords(input: ModelInput): string {
  if (isTokens(input)) return `${input.length} ${input.length === 1 ? 'token' : 'tokens'}`;
  if (isTensorValue(input)) return `shape [${input.shape.join(', ')}]`;
  return shapeKey(input);
}

/** The same input in memory of its own. */
export function copyOf(input: ModelInput): ModelInput {
  if (isTokens(input)) return [...input];
  if (isTensorValue(input)) return { shape: [...input.shape], data: input.data.slice() };
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, copyOf(value) as Tokens | TensorValue]),
  );
}

/** Equal for inputs that a model takes alike: of one size, with the same values, whatever kind of list or typed array holds them. 0 and -0 are one value, and so is every NaN. */
export function contentKey(input: ModelInput): string {
  if (isTokens(input)) return numbersKey(input);
  if (isTensorValue(input))
    return input.shape.length === 1 ? numbersKey(input.data) : `${shapeKey(input)}${numbersKey(input.data)}`;
  return Object.entries(input)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${contentKey(value)}`)
    .join();
}

/** True where two inputs hold the same values. */
export const sameInput = (a: ModelInput, b: ModelInput): boolean =>
  a === b || (shapeKey(a) === shapeKey(b) && contentKey(a) === contentKey(b));

/** The largest of many: spread into Math.max, a large batch would overflow the stack. */
export const longestOf = (lengths: Iterable<number>): number => {
  let longest = 0;
  for (const length of lengths) if (length > longest) longest = length;
  return longest;
};

/** Length of each row, where they differ. */
export function lengthsOf(batch: readonly Tokens[]): readonly number[] | undefined {
  const [first] = batch;
  return batch.every(({ length }) => length === first!.length) ? undefined : batch.map(({ length }) => length);
}
