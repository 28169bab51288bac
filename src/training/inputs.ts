/** The inputs that a model is trained on, and those that it is measured with. */
import { InputPool, inputCount, inputsOf } from '../program/interchange/inputs.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';
import { random } from '../random.js';

/** Random inputs of a program that has too many to list. */
const DRAWN = 16_384;
/** One in so many is kept for measuring. */
const KEPT = 8;
/** Of fewer inputs, all are used for both. */
const FEW = 64;

export interface TrainingInputs<T extends Value> {
  readonly training: InputPool<T>;
  readonly measuring: InputPool<T>;
}

/** @throws InputError for what is no input of the program */
export function trainingInputs<T extends Value, O extends Value>(
  program: Program<T, O>,
  given: readonly (readonly T[])[] | undefined,
  seed: number,
): TrainingInputs<T> {
  const { vocabulary, maxLength } = program;
  const draw = random(seed, 'inputs');
  let inputs = given;
  if (inputs === undefined) {
    const listed = inputsOf(program, draw, undefined);
    if (listed.complete) return { training: listed, measuring: listed };
    inputs = Array.from({ length: DRAWN }, () =>
      Array.from({ length: 1 + draw.below(maxLength) }, () => vocabulary[draw.below(vocabulary.length)]!),
    );
  }
  const all = new InputPool(program, inputs, undefined, false);
  if (all.all.length === inputCount(program)) {
    const complete = new InputPool(program, all.all, undefined, true);
    return { training: complete, measuring: complete };
  }
  if (all.all.length < FEW) return { training: all, measuring: all };
  const order = draw.permutation(all.all.length);
  const pool = (holds: (at: number) => boolean): InputPool<T> =>
    new InputPool(
      program,
      all.all.filter((_, at) => holds(order[at]!)),
      undefined,
      false,
    );
  return { training: pool((at) => at % KEPT !== 0), measuring: pool((at) => at % KEPT === 0) };
}
