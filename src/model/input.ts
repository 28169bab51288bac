/** What models take: token ids, tensors, or several of them by name. */
import { numbersKey } from '../value-key.js';

/** Token ids, one per position. */
export type Tokens = readonly number[];

/** A tensor without the batch axis: row-major values. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Int8Array | Int16Array | Uint8Array | Uint16Array | Uint32Array | BigInt64Array | readonly number[];
}

/** Tensors by the names of the model's inputs. */
export type NamedInputs = Readonly<Record<string, Tokens | TensorValue>>;

/** One input, without the batch axis. A list of integers serves wherever a model takes one axis of them. */
export type ModelInput = Tokens | TensorValue | NamedInputs;

export const isTokens = (input: ModelInput): input is Tokens => Array.isArray(input);

export const isTensorValue = (input: ModelInput): input is TensorValue =>
  !isTokens(input) && Array.isArray((input as TensorValue).shape) && typeof (input as { data?: { length?: unknown } }).data?.length === 'number';

/** Inputs with equal keys can run in one batch: the length of tokens, the shape of a tensor, all of them of named ones. */
export function shapeKey(input: ModelInput): string {
  if (isTokens(input)) return String(input.length);
  if (isTensorValue(input)) return input.shape.join('x');
  return Object.entries(input)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${shapeKey(value)}`)
    .join(' ');
}

/** What a message calls the size of an input: `3 tokens`, `shape [28, 28]`. */
export function sizeInWords(input: ModelInput): string {
  if (isTokens(input)) return `${input.length} ${input.length === 1 ? 'token' : 'tokens'}`;
  if (isTensorValue(input)) return `shape [${input.shape.join(', ')}]`;
  return shapeKey(input);
}

/** Equal for inputs that a model takes alike: of one size, with the same values, whatever kind of list or typed array holds them. 0 and -0 are one value, and so is every NaN. */
export function contentKey(input: ModelInput): string {
  if (isTokens(input)) return numbersKey(input);
  if (isTensorValue(input)) return input.shape.length === 1 ? numbersKey(input.data) : `${shapeKey(input)}${numbersKey(input.data)}`;
  return Object.entries(input)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${contentKey(value)}`)
    .join();
}

/** True where two inputs hold the same values. */
export const sameInput = (a: ModelInput, b: ModelInput): boolean => a === b || (shapeKey(a) === shapeKey(b) && contentKey(a) === contentKey(b));

/** The largest of many: spread into Math.max, a large batch would overflow the stack. */
export const longestOf = (lengths: Iterable<number>): number => {
  let longest = 0;
  for (const length of lengths) if (length > longest) longest = length;
  return longest;
};
