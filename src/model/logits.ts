/** Logits at one position of each row. */
import { InputError } from '../errors.js';
import type { Activation, Positions } from './model.js';

/**
 * The position of each row, from its start.
 * @throws InputError where a row has no such position
 */
export function positionsOf(at: Positions, lengths: readonly number[]): number[] {
  return lengths.map((length, row) => {
    const given = typeof at === 'number' ? at : at[row];
    const position = given !== undefined && given < 0 ? length + given : given;
    if (position === undefined || !Number.isInteger(position) || position < 0 || position >= length)
      throw new InputError({
        what: `logits are asked for at position ${String(given)} of row ${row}, which has ${length} positions`,
        where: 'logits',
        hint: 'give a position inside every input, or -1 for the last',
      });
    return position;
  });
}

/**
 * [batch, positions, vocabulary] at these positions: [batch, vocabulary]. Logits without positions, [batch, classes], are all there is to read at -1.
 * @throws InputError for a position that is not there, and for logits of other shapes
 */
export function logitsAt(logits: Activation, at: Positions, lengths?: readonly number[]): Activation {
  const { site, shape, data } = logits;
  const [rows = 0, positions = 0, size = 0] = shape;
  if (shape.length === 2) {
    if ((typeof at === 'number' ? [at] : at).some((position) => position !== -1))
      throw new InputError({
        what: 'behaviour is read at a position, but the model gives one row of logits per input',
        where: 'logits',
        hint: 'leave `position` out',
      });
    return logits;
  }
  if (shape.length !== 3)
    throw new InputError({
      what: `the model's output has shape [${shape.join(', ')}]`,
      where: 'logits',
      hint: 'behaviour is read from [batch, classes] or [batch, positions, classes]: name such an output when the model is loaded (`output`)',
    });
  const found = new Float32Array(rows * size);
  positionsOf(at, lengths ?? Array<number>(rows).fill(positions)).forEach((position, row) => {
    const from = (row * positions + position) * size;
    found.set(data.subarray(from, from + size), row * size);
  });
  return { site, shape: [rows, size], data: found };
}
