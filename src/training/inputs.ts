/** The inputs that a model is trained on, and those that it is measured with. */
import { InputPool, inputCount, inputsOf } from '../program/interchange/inputs.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';
import { random } from '../random.js';

/** One in so many is kept for measuring. */
const KEPT = 8;
/** Of fewer inputs, all are used for both. */
const FEW = 64;

export interface TrainingInputs<T extends Value> {
  readonly training: InputPool<T>;
  /** undefined: every input, or new random ones */
  readonly measuring: readonly (readonly T[])[] | undefined;
}

/** @throws InputError for what is no input of the program */
export function trainingInputs<T extends Value, O extends Value>(
  program: Program<T, O>,
  given: readonly (readonly T[])[] | undefined,
  seed: number,
): TrainingInputs<T> {
  const draw = random(seed, 'inputs');
  if (given === undefined) return { training: inputsOf(program, draw, undefined), measuring: undefined };
  const training = new InputPool(program, given, undefined, true);
  const count = training.all.length;
  if (count < FEW || count === inputCount(program)) return { training, measuring: training.all };
  const order = draw.permutation(count);
  const [kept, others] = [true, false].map((wanted) =>
    training.all.filter((_, at) => (order[at]! % KEPT === 0) === wanted),
  ) as [(readonly T[])[], (readonly T[])[]];
  return { training: new InputPool(program, others, undefined, true), measuring: kept };
}
