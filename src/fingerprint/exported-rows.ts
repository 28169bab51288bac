/** Inputs of a task as tables of numbers: what a program elsewhere runs and scores. */
import { TaskError } from '../errors.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import { isTokens, type ModelInput, type Tokens } from '../model/input.js';
import { behaviours } from '../task/behaviour.js';
import type { AnyTask } from '../task/task.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

/** Token ids are kept as float32, which has every integer up to here. */
const MOST_TOKEN = 2 ** 24;

/** Lists of tokens as rows, -1 after the end of each. @throws TaskError for inputs of another kind */
export function tokenRows(inputs: readonly ModelInput[], task: AnyTask): TensorToWrite {
  const rows = inputs.map((input): Tokens => {
    if (isTokens(input) && input.every((token) => token < MOST_TOKEN)) return input;
    throw new TaskError({
      what: `task "${task.name}" has inputs that are no lists of tokens below ${MOST_TOKEN}`,
      where: 'task.inputs',
      hint: 'only lists of tokens, and text with a tokenizer, are exported: wrap such a model by `model({ ... })` instead (docs/models.md)',
    });
  });
  const longest = Math.max(...rows.map(({ length }) => length));
  const data = new Float32Array(rows.length * longest).fill(-1);
  rows.forEach((row, i) => data.set(Float32Array.from(row), i * longest));
  return { shape: [rows.length, longest], data };
}

export const table = (rows: readonly (readonly number[])[]): TensorToWrite => ({
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

export const numbers = (values: ArrayLike<number>): TensorToWrite => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

/** Tokens that a behaviour has for right and wrong; undefined of a function of one's own. */
export function targetsOf(
  { behaviour, name }: AnyTask,
  inputs: readonly unknown[],
  tokenizer: Tokenizer | undefined,
): readonly (readonly number[])[] | undefined {
  if (!Object.values(behaviours).some((one) => one.name === behaviour.name)) return undefined;
  const rows = inputs.map((input) => behaviour.identity?.(input, tokenizer));
  if (!rows.every(Array.isArray)) return undefined;
  return rows.map((row) =>
    (row as unknown[]).map((target) => {
      const token: unknown = Array.isArray(target) ? target[1] : target;
      if (typeof token === 'number') return token;
      throw new TaskError({
        what: `task "${name}" names its answers as text, and there is no tokenizer to say which tokens they are`,
        where: 'tokenizer',
        hint: 'give the tokenizer of the model: --tokenizer FOLDER',
      });
    }),
  );
}

/** Where the behaviour reads logits, counted from the first position. */
export function positionsOf(
  { behaviour: { position } }: AnyTask,
  inputs: readonly unknown[],
  tokens: readonly ModelInput[],
  tokenizer: Tokenizer | undefined,
): number[] {
  return inputs.map((input, i) => {
    const at = typeof position === 'function' ? position(input, tokenizer) : position;
    return at < 0 ? (tokens[i] as Tokens).length + at : at;
  });
}
