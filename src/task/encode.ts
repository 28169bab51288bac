/** A task's inputs as a model takes them, in batches that the model can run. */
import { InputError } from '../errors.js';
import { bySize, copyOf, faultOf, isTensorValue, isTokens, type ModelInput, type Tokens } from '../model/input.js';
import type { Model } from '../model/model.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

/** What an encoding depends on. */
export type Encoder = Pick<Model, 'name' | 'tokenizer' | 'ragged'>;

/** Examples as one model takes them. */
export interface Encoded {
  readonly inputs: readonly ModelInput[];
  /** indices of the inputs that run as one batch */
  readonly groups: readonly (readonly number[])[];
}

/** Turns an input into what a model takes. */
export type Encode<I> = (input: I, tokenizer: Tokenizer | undefined) => ModelInput;

/** How much larger padding may make a batch. */
const PADDING = 1.25;

/** Tokens of a task are ids; a model of one's own takes other lists of numbers as well. */
function tokensFault(input: ModelInput): string | undefined {
  if (!isTokens(input))
    return isTensorValue(input)
      ? undefined
      : Object.values(input)
          .map(tokensFault)
          .find((fault) => fault !== undefined);
  if (input.length === 0) return 'it is an empty list';
  const odd = input.findIndex((token) => !Number.isInteger(token) || token < 0);
  return odd < 0
    ? undefined
    : `entry ${odd} of the list is ${String(input[odd])}, and no token id; numbers of other kinds go into a tensor { shape, data }`;
}

/** Text, as it is or as what an input calls its `text`, goes through the model's tokenizer; anything else must be what a model takes already. */
function byDefault(input: unknown, { name, tokenizer }: Encoder): unknown {
  const text = typeof input === 'string' ? input : (input as { text?: unknown } | null | undefined)?.text;
  if (typeof text !== 'string') return input;
  if (tokenizer) return tokenizer.encode(text);
  throw new InputError({
    what: `the task gives text, and ${name} has no tokenizer`,
    where: 'task.inputs',
    hint: 'load the model with a tokenizer, or give the task an `encode` function that turns an input into token ids or tensors',
  });
}

/**
 * One input as a model takes it.
 * @throws InputError for what no model takes
 */
export function encodeInput<I>(encode: Encode<I> | undefined, input: I, model: Encoder, what: string): ModelInput {
  const encoded: unknown = encode ? encode(input, model.tokenizer) : byDefault(input, model);
  const fault = faultOf(encoded) ?? tokensFault(encoded as ModelInput);
  if (fault !== undefined)
    throw new InputError({
      what: `${what} is nothing that a model takes (token ids, a tensor { shape, data }, or several of them by name): ${fault}`,
      where: encode ? 'task.encode' : 'task.inputs',
      hint: encode
        ? 'return one of these'
        : 'correct the input, or give the task an `encode` function that turns an input into one of these',
    });
  // a copy of what was made for this input: whoever makes it may fill one object anew for every input
  return encoded === input ? (encoded as ModelInput) : copyOf(encoded as ModelInput);
}

/** Inputs of one size run together; a model that pads by itself takes tokens of similar lengths in one batch. */
export function groupInputs(inputs: readonly ModelInput[], model: Encoder): number[][] {
  if (!model.ragged || !inputs.every(isTokens)) return [...byKey(inputs).values()];
  const lengths = [...byKey(inputs).values()].toSorted(
    (a, b) => (inputs[a[0]!] as Tokens).length - (inputs[b[0]!] as Tokens).length,
  );
  const groups: number[][] = [];
  let tokens = 0;
  for (const rows of lengths) {
    const { length } = inputs[rows[0]!] as Tokens;
    const last = groups.at(-1);
    const padded = length * ((last?.length ?? 0) + rows.length);
    const real = tokens + length * rows.length;
    if (last && padded <= PADDING * real) {
      last.push(...rows);
      tokens = real;
    } else {
      groups.push([...rows]);
      tokens = length * rows.length;
    }
  }
  return groups.map((rows) => rows.toSorted((a, b) => a - b));
}

/** Indices of inputs, by size. */
const byKey = (inputs: readonly ModelInput[]): Map<string, number[]> =>
  bySize([...inputs.keys()], (index) => inputs[index]!);
