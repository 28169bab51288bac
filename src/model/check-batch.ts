/** Checks of a batch against a model, before anything is computed. */
import { InputError, OptionError } from '../errors.js';
import type { Engine } from './engine.js';
import { faultOf, inWords, shapeKey, sizeInWords, type ModelInput } from './input.js';

/**
 * @param where the list that the input is in
 * @throws InputError
 */
export function checkInput(engine: Engine, input: ModelInput, row: number, where: string): void {
  // what a model says of its own inputs says more
  engine.check?.(input, row, where);
  const fault = faultOf(input);
  if (fault !== undefined)
    throw new InputError({
      what: fault,
      where: `${where}, input ${row}`,
      hint: 'give token ids, a tensor { shape, data }, or several of them by name',
    });
}

/** @throws InputError also where sizes differ, unless the engine is `ragged` */
export function checkBatch(engine: Engine, batch: readonly ModelInput[], where: string): void {
  if (!Array.isArray(batch))
    throw new InputError({
      what: `the batch is ${inWords(batch)}, and not a list of inputs`,
      where,
      hint: 'give a list, also of a single input',
    });
  if (batch.length === 0) throw new InputError({ what: 'the batch is empty', where, hint: 'give at least one input' });
  let first = '';
  batch.forEach((input: ModelInput, row) => {
    checkInput(engine, input, row, where);
    if (engine.ragged) return;
    const key = shapeKey(input);
    if (row === 0) first = key;
    else if (key !== first)
      throw new InputError({
        what: `input ${row} has ${sizeInWords(input)}, input 0 has ${sizeInWords(batch[0]!)}`,
        where,
        hint: 'inputs of one batch must have the same length or shape',
      });
  });
}

/** @throws OptionError */
export function checkBatchSize(batchSize: number, where: string): number {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new OptionError({ what: `batchSize is ${String(batchSize)}`, where, hint: 'give a positive integer' });
  return batchSize;
}
