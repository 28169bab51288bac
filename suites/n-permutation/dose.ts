/** Dose and response inside the circuit: k of its components take their activation from another input, and congruity with untouched models is asked for. */
import { ablation } from '../../src/circuit/ablation.js';
import { intervene, select, sitesOf, type Component } from '../../src/circuit/component.js';
import { random } from '../../src/random.js';
import type { Gram } from '../../src/representation/gram.js';
import { checkSignal } from '../../src/signal.js';
import type { Examples, Task } from '../../src/task/task.js';
import type { CompiledSetting } from './implementations.js';
import type { PermutationAlgorithm } from './programs.js';
import { represented } from './representation.js';
import type { Input } from './task.js';

/** Components that are resampled. */
export const doses: readonly number[] = [0, 1, 2, 4, 8, 16, 32];

/** Models with one dose. */
export interface Dosed {
  readonly grams: Gram[];
  /** means over the models */
  accuracy: number;
  circuit: number;
}

export interface DoseOptions {
  readonly task: Task<Input>;
  readonly examples: Examples<Input>;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Models of an algorithm, with k random components of the circuit of each resampled from random other inputs: those that compute the program's variables, and no others. More components for
 * one model are those for fewer, and some. Where the circuit has fewer than k, all of it is.
 * @param which numbers of the models
 * @returns for each k the models
 */
export async function dosed(
  setting: CompiledSetting,
  algorithm: PermutationAlgorithm,
  which: readonly number[],
  ks: readonly number[],
  { task, examples, seed, signal }: DoseOptions,
): Promise<Dosed[]> {
  const found: Dosed[] = ks.map(() => ({ grams: [], accuracy: 0, circuit: 0 }));
  for (const one of which) {
    checkSignal(signal);
    const compiled = await setting.compilation(algorithm, one);
    try {
      const { model, variables } = compiled;
      const names = [...variables.values()].flatMap(({ components }) => components);
      const parts = select(model, names);
      const stream = random(seed, `dose ${algorithm} ${one}`);
      const order = Array.from(stream.permutation(parts.length), (at) => parts[at]!);
      const counterfactuals = stream.below(0x7fffffff);
      for (const [i, k] of ks.entries()) {
        const chosen: readonly Component[] = order.slice(0, k);
        const replaced =
          k > 0
            ? await ablation(model, task, examples, sitesOf(chosen), { by: 'resample', seed: counterfactuals, signal })
            : undefined;
        const patch = replaced && ((rows: readonly number[]) => intervene(chosen, replaced(rows)));
        const { gram, accuracy } = await represented(model, task, examples, signal, patch);
        const dose = found[i]!;
        dose.grams.push(gram);
        dose.accuracy += accuracy / which.length;
        dose.circuit += parts.length / which.length;
      }
    } finally {
      compiled.dispose();
    }
  }
  return found;
}
