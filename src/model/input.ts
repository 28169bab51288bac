/** What models take: token ids, tensors, or several of them by name. */

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

/** The same input in memory of its own. */
export function copyOf(input: ModelInput): ModelInput {
  if (isTokens(input)) return [...input];
  if (isTensorValue(input)) return { shape: [...input.shape], data: input.data.slice() };
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, copyOf(value) as Tokens | TensorValue]));
}

/** True where two inputs hold the same values. */
export function sameInput(a: ModelInput, b: ModelInput): boolean {
  if (shapeKey(a) !== shapeKey(b)) return false;
  if (isTokens(a)) return a.every((token, i) => token === (b as Tokens)[i]);
  if (isTensorValue(a)) {
    const other = (b as TensorValue).data;
    for (let i = 0; i < a.data.length; i++) if (a.data[i] !== other[i]) return false;
    return true;
  }
  return Object.entries(a).every(([name, value]) => sameInput(value, (b as NamedInputs)[name]!));
}

/** The largest of many: spread into Math.max, a large batch would overflow the stack. */
export const longestOf = (lengths: Iterable<number>): number => {
  let longest = 0;
  for (const length of lengths) if (length > longest) longest = length;
  return longest;
};
