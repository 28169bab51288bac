import * as fc from 'fast-check';
import type { Tokens } from '../src/model/model.js';
import type { Task } from '../src/task/task.js';

/** An input of a task with its tokens. */
export interface Example<I> {
  readonly input: I;
  readonly tokens: Tokens;
}

/** An input with a counterfactual of as many tokens. */
export interface ExamplePair<I> extends Example<I> {
  readonly counterfactual: Tokens;
}

export interface InputsOptions {
  /** inputs to choose from: all of a finite task, this many samples of another. Default 1000 */
  readonly pool?: number;
  /** seed of the pool. Default 0 */
  readonly seed?: number;
}

/** Inputs of a task, each with its tokens; shrinks towards the first of them. */
export function inputs<I>(task: Task<I>, options: InputsOptions = {}): fc.Arbitrary<Example<I>> {
  const examples = task.examples(task.size ?? options.pool ?? 1000, options.seed ?? 0);
  return fc.nat(examples.inputs.length - 1).map((at) => ({ input: examples.inputs[at]!, tokens: examples.tokens[at]! }));
}

/** Inputs of a task, each with a counterfactual drawn as the task draws them; shrinks towards the first input. */
export function counterfactuals<I>(task: Task<I>, options: InputsOptions = {}): fc.Arbitrary<ExamplePair<I>> {
  const examples = task.examples(task.size ?? options.pool ?? 1000, options.seed ?? 0);
  return fc.tuple(fc.nat(examples.inputs.length - 1), fc.nat(0x7ffffffe)).map(([at, seed]) => {
    const one = { inputs: [examples.inputs[at]!], tokens: [examples.tokens[at]!], groups: [[0]] };
    // an endless task draws counterfactuals from its examples, so it gets them all
    const drawn = task.size === undefined ? task.counterfactuals(examples, seed)[at]! : task.counterfactuals(one, seed)[0]!;
    return { input: one.inputs[0]!, tokens: one.tokens[0]!, counterfactual: drawn };
  });
}
