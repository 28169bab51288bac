/** What the claim that a model realises a program is about: the inputs, the position that is compared, and whether the model does the task at all. */
import { BehaviourError, OptionError } from '../errors.js';
import { requireModel } from '../model/is-model.js';
import type { Model } from '../model/model.js';
import { InputPool, inputsOf } from '../program/interchange/inputs.js';
import type { InterchangeRunner } from '../program/interchange/runner.js';
import type { Value } from '../program/language/value.js';
import { checkProgram, type Program } from '../program/program.js';
import { programTask } from '../program/task.js';
import { random } from '../random.js';
import { runExamples } from '../task/run.js';
import { requireBehaviour, type AnyTask } from '../task/task.js';
import type { CheckedRealizeOptions } from './options.js';

/** A finite task of at most so many inputs is taken whole; any other is stood for by fewer. */
const LISTED = 10_000;
const POOL = 1000;

export interface Subject {
  readonly model: Model;
  readonly program: Program;
  readonly task: AnyTask;
  /** true: the task is the caller's own */
  readonly given: boolean;
  readonly pool: InputPool<Value>;
  readonly position: number | undefined;
}

/** The position of the program that a task asks for. @throws OptionError */
function positionOf({ name, behaviour: { position = -1 } }: AnyTask): number {
  if (typeof position === 'number' && position !== 0) return position < 0 ? position : position - 1;
  throw new OptionError({
    what: `task "${name}" reads its answer at ${position === 0 ? 'the beginning, where no token stands' : 'a position that is a function'}`,
    where: 'position',
    hint: 'give the position of the program whose output is compared',
  });
}

/** @throws OptionError where the task encodes an input in another way */
function checkEncoding(task: AnyTask, model: Model, program: Program, inputs: readonly (readonly Value[])[]): void {
  const { inputs: encoded } = task.encode({ inputs }, model);
  inputs.forEach((input, i) => {
    const own = program.encode(input);
    const other: unknown = encoded[i];
    if (!Array.isArray(other) && !ArrayBuffer.isView(other)) differs();
    const tokens = Array.from(other as ArrayLike<number>);
    if (tokens.length !== own.length || tokens.some((token, at) => token !== own[at])) differs();
  });
  function differs(): never {
    throw new OptionError({
      what: `task "${task.name}" does not encode inputs as the program ${program.name} does`,
      where: 'on',
      hint: 'use programTask, or `encode: (input) => program.encode(input)`: the beginning stands before the tokens',
    });
  }
}

/** @throws OptionError, InputError for inputs that are not the program's */
export function subjectOf(received: unknown, argument: unknown, options: CheckedRealizeOptions, name: string): Subject {
  const model = requireModel(received, 'what may realise the program', name);
  checkProgram(argument, name);
  const program = argument as Program;
  const { on, seed } = options;
  if (on === undefined) {
    const { position } = options;
    const pool = inputsOf(program, random(seed, 'inputs'), position);
    return {
      model,
      program,
      task: programTask(program, { inputs: pool.all, position: position ?? -1 }),
      given: false,
      pool,
      position,
    };
  }
  const position = options.position ?? positionOf(on);
  const listed = on.size !== undefined && on.size <= LISTED;
  const { inputs } = listed ? on.examples(on.size, 0) : on.examples(POOL, seed);
  const pool = new InputPool(program, inputs as readonly (readonly Value[])[], position, listed);
  checkEncoding(on, model, program, pool.all.slice(0, 20));
  return { model, program, task: on, given: true, pool, position };
}

/**
 * Without interventions the model must do the task.
 * @returns how many inputs were looked at
 * @throws BehaviourError
 */
export async function requireTask(
  { model, program, task, given, pool, position }: Subject,
  runner: InterchangeRunner<Value, Value>,
  { inputs, seed, signal }: Pick<CheckedRealizeOptions, 'inputs' | 'seed' | 'signal'>,
): Promise<number> {
  const examples = task.examples(inputs, seed);
  if (given) {
    requireBehaviour(task, model.name, (await runExamples(model, task, examples, { signal })).score);
    return examples.inputs.length;
  }
  const some = examples.inputs as readonly (readonly Value[])[];
  const found = await runner.run(some.map((base) => ({ base, sources: {} })));
  const share = found.filter(({ agrees }) => agrees).length / found.length;
  if (!task.meets(share))
    throw new BehaviourError({
      what: `${model.name} answers as the program ${program.name} on ${(100 * share).toPrecision(3)} % of ${pool.complete ? '' : 'random '}inputs${position === undefined ? ', at every position' : ''}`,
      where: model.name,
      hint: 'a model that does not do what the program does cannot realise it: train it further, or give a task (`on`) or a `position` that it does',
    });
  return some.length;
}
