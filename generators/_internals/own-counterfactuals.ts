/** Pairs by a task's own counterfactual. */
import * as fc from 'fast-check';
import { InputError, OptionError, TaskError } from '../../src/errors.js';
import { sameInput, shapeKey, sizeInWords } from '../../src/model/input.js';
import type { Encoder } from '../../src/task/encode.js';
import type { Task } from '../../src/task/task.js';
import { random } from '../../src/random.js';
import { encodeOne, exampleOf, poolOf, type Example } from './pool.js';
import { inputInWords } from './printed.js';
import { draws } from './origins.js';
import { type ExamplePair, pairOf } from './example-pair.js';

/** Pairs by the task's own counterfactual. */
export function own<I>(task: Task<I>, size: number, seed: number, model: Encoder): fc.Arbitrary<ExamplePair<I>> {
  if (!task.counterfactual)
    throw new OptionError({
      what: `task "${task.name}" has no counterfactual of its own`,
      where: 'counterfactuals.differ',
      hint: 'give the task a `counterfactual` function, or ask for another respect',
    });
  const pool = poolOf(task, task.examples(size, seed), model);
  const sourceOf = (base: Example<I>, draw: number): Example<I> => {
    const input = task.counterfactual!(base.input, random(draw, 'counterfactuals'));
    const source = exampleOf(input, encodeOne(task, input, model));
    if (shapeKey(source.encoded) === shapeKey(base.encoded)) return source;
    throw new InputError({
      what: `the counterfactual of ${inputInWords(base.input)} has ${sizeInWords(source.encoded)}, the input ${sizeInWords(base.encoded)}`,
      where: 'task.counterfactual',
      hint: 'return a counterfactual of the same size',
    });
  };
  /** Where a counterfactual is the input itself the next draw that is not; where all are, another input. */
  const differing = (at: number, draw: number): ExamplePair<I> => {
    for (let step = 0; step < pool.length; step++) {
      const place = (at + step) % pool.length;
      const base = pool[place]!;
      for (let tries = 0; tries < draws; tries++) {
        const number = (draw + tries) % draws;
        const source = sourceOf(base, number);
        if (!sameInput(source.encoded, base.encoded)) return pairOf(base, source, [at, draw]);
      }
    }
    throw new TaskError({
      what: `the counterfactual of every one of ${pool.length} inputs of task "${task.name}" is that input again`,
      where: 'task.counterfactual',
      hint: 'return an input that differs',
    });
  };
  const raw = new WeakMap<object, [number, number]>();
  return fc.tuple(fc.nat(pool.length - 1), fc.nat(draws - 1)).map(
    ([at, draw]): ExamplePair<I> => {
      const pair = differing(at, draw);
      raw.set(pair, [at, draw]);
      return pair;
    },
    (value) => {
      const known = raw.get(value as object);
      if (!known) throw new Error('not drawn here');
      return known;
    },
  );
}
