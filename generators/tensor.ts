import { InputError, OptionError } from '../src/errors.js';
import type { TensorValue } from '../src/model/input.js';
import { printed } from './_internals/printed.js';
import { entriesOf } from '../src/shape.js';

/** One input as a tensor, without the batch axis. Prints as the call of `tensor` that makes it. */
export interface DrawnTensor extends TensorValue {
  readonly data: Float32Array;
  toString(): string;
}

/** The shortest decimal that is this float32. */
function short(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Object.is(Math.fround(rounded), value)) return String(rounded);
  }
  return String(value);
}

function expression(shape: readonly number[], data: Float32Array): string {
  const sizes = `[${shape.join(', ')}]`;
  const set: number[] = [];
  data.forEach((value, at) => value !== 0 && set.push(at));
  if (set.length === 0) return `tensor(${sizes})`;
  if (set.length > data.length / 3 || data.length <= 8)
    return `tensor(${sizes}, [${Array.from(data, short).join(', ')}])`;
  const indices = (at: number): string => {
    let rest = at;
    return shape
      .toReversed()
      .map((size) => {
        const index = rest % size;
        rest = Math.floor(rest / size);
        return index;
      })
      .toReversed()
      .join(', ');
  };
  return `tensor(${sizes}, { ${set.map((at) => `'${indices(at)}': ${short(data[at]!)}`).join(', ')} })`;
}

export function checkShape(shape: unknown, where: string): readonly number[] {
  if (Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && (size as number) >= 1))
    return shape as number[];
  throw new OptionError({
    what: 'the shape is not a list of positive integers',
    where,
    hint: 'give the sizes of the axes without the batch axis, e.g. [3, 28, 28]',
  });
}

/**
 * A tensor as `tensors` prints it: all values in row-major order, or those that are not 0 by their indices. Values are rounded to float32.
 *
 *     tensor([2, 2], [0, 0.5, 0, 1])
 *     tensor([28, 28], { '3, 4': 0.5 })
 *
 * @throws OptionError, InputError for values that do not fit the shape
 */
export function tensor(
  shape: readonly number[],
  values: readonly number[] | Float32Array | Readonly<Record<string, number>> = {},
): DrawnTensor {
  checkShape(shape, 'tensor');
  const data = new Float32Array(entriesOf(shape));
  if (Array.isArray(values) || ArrayBuffer.isView(values)) {
    const list = values as ArrayLike<number>;
    if (list.length !== data.length)
      throw new InputError({
        what: `there are ${list.length} values for shape [${shape.join(', ')}]`,
        where: 'tensor',
        hint: `give ${data.length} values in row-major order`,
      });
    data.set(list);
  } else
    for (const [key, value] of Object.entries(values)) {
      const indices = key.split(',').map(Number);
      if (
        indices.length !== shape.length ||
        indices.some((index, axis) => !Number.isInteger(index) || index < 0 || index >= shape[axis]!)
      )
        throw new InputError({
          what: `'${key}' is no place in shape [${shape.join(', ')}]`,
          where: 'tensor',
          hint: 'write one index per axis, joined by commas',
        });
      data[indices.reduce((at, index, axis) => at * shape[axis]! + index, 0)] = value;
    }
  return printed({ shape: [...shape], data }, () => expression(shape, data)) as DrawnTensor;
}
