/** Dose and response inside the circuit: k of its components take their activation from another input, and congruity with untouched models falls. */
import { ablation } from '../../src/circuit/ablation.js';
import { intervene, select, sitesOf, type Component } from '../../src/circuit/component.js';
import { random } from '../../src/random.js';
import type { Gram } from '../../src/representation/gram.js';
import type { Examples, Task } from '../../src/task/task.js';
import type { CompiledSetting } from './implementations.js';
import type { PermutationAlgorithm } from './programs.js';
import { represented } from './representation.js';
import type { Input } from './task.js';

/** Components that are resampled. */
export const doses = [0, 1, 2, 4, 8, 16, 32, 64] as const;

export interface Dosed {
  readonly grams: readonly Gram[];
  /** means over the models */
  readonly accuracy: number;
  readonly circuit: number;
}

/**
 * Models of an algorithm, with k random components of the circuit of each resampled from random other inputs: those that compute the program's variables, and no others. More components for
 * one model are those for fewer, and some.
 * @param which numbers of the models
 */
export async function dosed(
  setting: CompiledSetting,
  algorithm: PermutationAlgorithm,
  which: readonly number[],
  k: number,
  {
    task,
    examples,
    seed,
    signal,
  }: { task: Task<Input>; examples: Examples<Input>; seed: number; signal: AbortSignal | undefined },
): Promise<Dosed> {
  const grams: Gram[] = [];
  let accuracy = 0;
  let circuit = 0;
  for (const one of which) {
    const compiled = await setting.compilation(algorithm, one);
    try {
      const { model } = compiled;
      const all = [...new Set([...compiled.variables.values()].flatMap(({ components }) => components))];
      const parts = all.map((name): Component => select(model, [name])[0]!);
      const stream = random(seed, `dose ${algorithm} ${one}`);
      const order = stream.permutation(parts.length);
      const chosen = Array.from(order.subarray(0, k), (at) => parts[at]!);
      const replaced =
        chosen.length > 0
          ? await ablation(model, task, examples, sitesOf(chosen), {
              by: 'resample',
              seed: stream.below(0x7fffffff),
              signal,
            })
          : undefined;
      const found = await represented(
        model,
        task,
        examples,
        signal,
        replaced && ((rows) => intervene(chosen, replaced(rows))),
      );
      grams.push(found.gram);
      accuracy += found.accuracy;
      circuit += parts.length;
    } finally {
      compiled.dispose();
    }
  }
  return { grams, accuracy: accuracy / which.length, circuit: circuit / which.length };
}
