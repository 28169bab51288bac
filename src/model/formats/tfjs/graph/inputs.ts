/** What a tfjs model takes: checks, and one tensor per input for the rows of a batch. */
import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../../../errors.js';
import { suggest } from '../../../../options.js';
import {
  isTensorValue,
  isTokens,
  type ModelInput,
  type NamedInputs,
  type TensorValue,
  type Tokens,
} from '../../../input.js';
import { entriesOf } from '../../../../shape.js';

export interface InputSpec {
  /** what the model calls it */
  readonly name: string;
  /** without the batch axis, -1 where any size goes; undefined where the model does not say */
  readonly shape: readonly number[] | undefined;
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** where it is looked up in a table: its rows. A larger index would read beyond the table */
  readonly vocabulary?: number | undefined;
}

const fail = (what: string, where: string, hint: string): never => {
  throw new InputError({ what, where, hint });
};

const inWords = (shape: readonly number[]): string =>
  `[${shape.map((size) => (size === -1 ? 'any' : size)).join(', ')}]`;

function checkOne(value: Tokens | TensorValue, { name, shape, dtype, vocabulary }: InputSpec, where: string): void {
  const at = `${where}, ${name}`;
  if (!isTokens(value as ModelInput) && !isTensorValue(value as ModelInput))
    fail(`this is neither a list of numbers nor { shape, data }`, at, 'give one of them');
  const own = isTokens(value as ModelInput) ? [(value as Tokens).length] : (value as TensorValue).shape;
  const data = isTokens(value as ModelInput) ? (value as Tokens) : (value as TensorValue).data;
  if (!own.every((size) => Number.isInteger(size) && size >= 1))
    fail(`the shape is [${own.join(', ')}]`, at, 'every size is a positive integer');
  const count = entriesOf(own);
  if (count !== data.length)
    fail(
      `the shape [${own.join(', ')}] holds ${count} values, but there are ${data.length}`,
      at,
      `give ${count} values`,
    );
  if (
    shape !== undefined &&
    (shape.length !== own.length || shape.some((size, axis) => size !== -1 && size !== own[axis]))
  )
    fail(
      `the input has shape [${own.join(', ')}], the model takes ${inWords(shape)}`,
      at,
      'give every row the shape that the model takes, without the batch axis',
    );
  for (let i = 0; i < data.length; i++) {
    const value: unknown = data[i];
    const number =
      typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : NaN;
    if (dtype === 'float32' && vocabulary === undefined ? Number.isNaN(number) : !Number.isInteger(number))
      fail(
        `the value at ${i} is ${String(data[i])}`,
        at,
        dtype === 'float32' && vocabulary === undefined ? 'give numbers' : 'give integers',
      );
    if (dtype !== 'float32' && number !== (number | 0))
      fail(
        `the value at ${i} is ${number}, which no 32-bit integer is`,
        at,
        'the model computes with 32-bit integers: give smaller ones',
      );
    if (vocabulary !== undefined && (number < 0 || number >= vocabulary))
      fail(
        `the token at ${i} is ${number}; the model knows 0 to ${vocabulary - 1}`,
        at,
        'check the vocabulary of the task against the model',
      );
  }
}

const isNamed = (input: ModelInput): input is NamedInputs => !isTokens(input) && !isTensorValue(input);

/** The value of one input of the model. A model with one input takes it with or without its name. */
function valueOf(
  input: ModelInput,
  specs: readonly InputSpec[],
  { name }: InputSpec,
): Tokens | TensorValue | undefined {
  if (isNamed(input)) return input[name];
  return specs.length === 1 ? input : undefined;
}

/** @throws InputError for an input that does not fit the model */
export function checkInput(input: ModelInput, specs: readonly InputSpec[], where: string): void {
  const names = specs.map(({ name }) => name);
  if (isNamed(input)) {
    for (const key of Object.keys(input))
      if (!names.includes(key)) fail(`the model has no input ${JSON.stringify(key)}`, where, suggest(key, names));
  }
  for (const spec of specs) {
    const value = valueOf(input, specs, spec);
    if (value === undefined || value === null)
      fail(`there is nothing for the input ${JSON.stringify(spec.name)}`, where, `give { ${names.join(', ')} }`);
    checkOne(value!, spec, where);
  }
}

/** One tensor per input of the model, [rows, ...shape]. To be called inside tf.tidy, with inputs that were checked. */
export function feed(rows: readonly ModelInput[], specs: readonly InputSpec[]): tf.Tensor[] {
  return specs.map((spec) => {
    const first = valueOf(rows[0]!, specs, spec)!;
    const shape = isTokens(first as ModelInput) ? [(first as Tokens).length] : (first as TensorValue).shape;
    const size = entriesOf(shape);
    const data = spec.dtype === 'float32' ? new Float32Array(rows.length * size) : new Int32Array(rows.length * size);
    rows.forEach((row, i) => {
      const value = valueOf(row, specs, spec)!;
      const values: ArrayLike<unknown> = isTokens(value as ModelInput)
        ? (value as Tokens)
        : (value as TensorValue).data;
      // a typed array of BigInts, or a list that holds some
      if (typeof values[0] === 'bigint' || Array.isArray(values))
        for (let j = 0; j < size; j++) data[i * size + j] = Number(values[j]);
      else data.set(values as ArrayLike<number>, i * size);
    });
    return tf.tensor(data, [rows.length, ...shape], spec.dtype);
  });
}
