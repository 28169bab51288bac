/** The task that a program does: a model does it if it answers as the program. */
import * as z from 'zod';
import { OptionError } from '../errors.js';
import { checkOptions, type ShapeOf } from '../options.js';
import { accuracy } from '../task/behaviour.js';
import { defineTask, type InputSource, type Task, type Threshold } from '../task/task.js';
import type { Value } from './language/value.js';
import type { Program } from './program.js';

/** Options of `programTask`. */
export interface ProgramTaskOptions<T> {
  /** lists of tokens, or a source that samples them. @defaultValue every input of the program, where they are 100000 at most */
  readonly inputs?: readonly (readonly T[])[] | InputSource<readonly T[]> | undefined;
  /** the position whose output is asked for; negative from the end. @defaultValue -1 */
  readonly position?: number | undefined;
  /** the share of inputs on which a model must answer as the program does. @defaultValue `{ atLeast: 0.99 }` */
  readonly threshold?: Threshold | undefined;
}

/** Inputs that are listed without being asked for. */
const LISTED = 100_000;

const schema = z.strictObject({
  inputs: z.custom<NonNullable<ProgramTaskOptions<Value>['inputs']>>((v) => typeof v === 'object').optional(),
  position: z.int().default(-1),
  threshold: z.custom<Threshold>((v) => typeof v === 'object').optional(),
} satisfies ShapeOf<ProgramTaskOptions<Value>>);

/** Every input of a program. @throws OptionError where they are too many to list */
function everyInput<T extends Value>({ name, vocabulary, maxLength }: Program<T>): (readonly T[])[] {
  let count = 0;
  for (let length = 1; length <= maxLength && count <= LISTED; length++) count += vocabulary.length ** length;
  if (count > LISTED)
    throw new OptionError({
      what: `${name} has more than ${LISTED} inputs`,
      where: 'programTask.inputs',
      hint: 'give some of them, or a source: fromArbitrary(fc.array(fc.constantFrom(...program.vocabulary), { minLength: 1, maxLength }))',
    });
  const all: (readonly T[])[] = [];
  let longest: (readonly T[])[] = [[]];
  for (let length = 1; length <= maxLength; length++) {
    longest = longest.flatMap((input) => vocabulary.map((token) => [...input, token]));
    all.push(...longest);
  }
  return all;
}

/**
 * A task whose right answer is the program's output at a position, as the class `program.outputs` has it; inputs are encoded as `program.encode` does, for compiled models and for others that are
 * to be held against the program.
 * @throws OptionError, TaskError
 */
export function programTask<T extends Value, O extends Value>(
  program: Program<T, O>,
  options: ProgramTaskOptions<T> = {},
): Task<readonly T[]> {
  const { position, threshold } = checkOptions(schema, options as ProgramTaskOptions<Value>, 'programTask');
  const classOf = new Map<Value, number>(program.outputs.map((value, i) => [value, i]));
  return defineTask<readonly T[]>({
    name: program.name,
    inputs: options.inputs ?? everyInput(program),
    encode: (input) => program.encode(input),
    behaviour: accuracy(
      (input: readonly T[]) => {
        const value = program.run(input).output.at(position);
        if (value === undefined)
          throw new OptionError({
            what: `position ${position} is asked for, and an input has ${input.length} tokens`,
            where: 'programTask.position',
            hint: 'give inputs that have it, or another position',
          });
        return classOf.get(value)!;
      },
      // the beginning stands before the first token
      { position: position < 0 ? position : position + 1 },
    ),
    threshold: threshold ?? { atLeast: 0.99 },
  });
}
