import * as fc from 'fast-check';
import type { Encoder } from '../src/task/encode.js';
import type { Task } from '../src/task/task.js';
import { anyModel, encodeOne, exampleOf, poolOf, type Example } from './_internals/pool.js';
import { arbitraryOf } from './_internals/arbitrary-of.js';
export type { Example } from './_internals/pool.js';

/** What `inputs` draws. */
export interface InputsConstraints {
  /** inputs to choose from where the task neither lists them nor has an arbitrary. @defaultValue 1000 */
  readonly pool?: number;
  /** seed of the pool. @defaultValue 0 */
  readonly seed?: number;
  /** the model that is to take them; needed where the task gives text, which its tokenizer turns into tokens. @defaultValue none */
  readonly model?: Encoder;
}

/**
 * Inputs of a task, each as a model takes it. Drawn and shrunk by the task's own arbitrary where it has one; otherwise each of the task's inputs is equally likely, and
 * shrinking goes towards the first of the list.
 * @throws InputError for what no model takes, when drawn
 */
export function inputs<I>(task: Task<I>, options: InputsConstraints = {}): fc.Arbitrary<Example<I>> {
  const { pool = 1000, seed = 0, model = anyModel } = options;
  const inputOf = (value: unknown): I => (value as Example<I>).input;
  const arbitrary = arbitraryOf(task);
  if (arbitrary) return arbitrary.map((input) => exampleOf(input, encodeOne(task, input, model)), inputOf);
  const all =
    task.size === undefined
      ? poolOf(task, task.examples(pool, seed), model)
      : task.examples(task.size, 0).inputs.map((input) => exampleOf(input, encodeOne(task, input, model)));
  const places = new Map(all.map(({ input }, at) => [fc.stringify(input), at]));
  return fc.nat(all.length - 1).map(
    (at) => all[at]!,
    (value) => {
      const at = places.get(fc.stringify(inputOf(value)));
      if (at === undefined) throw new Error('no input of this task');
      return at;
    },
  );
}
