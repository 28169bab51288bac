/** A random set of components that can be patched together while the task's threshold holds, as large as it goes. */
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { runExamples, type BatchInterventions } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import { intervene, sitesOf, type Component } from './component.js';
import { ablation } from './ablation.js';
import type { Ablation } from './ablations.js';

export interface GrowOptions {
  readonly by: Ablation;
  readonly seed: number;
  /** the model's clean logits, for a behaviour relative to them */
  readonly clean?: readonly Float32Array[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Grown {
  readonly components: readonly Component[];
  readonly patch: BatchInterventions;
}

/**
 * The size of the longest beginning of `count` things that bisection finds to hold, 0..count. Nothing holds always: it is never asked.
 * The last size that `holds` said yes to is the one that comes out.
 */
export async function longestPrefix(count: number, holds: (size: number) => Promise<boolean>): Promise<number> {
  let held = 0;
  let breaks = count + 1;
  while (breaks - held > 1) {
    const middle = (held + breaks) >> 1;
    if (await holds(middle)) held = middle;
    else breaks = middle;
  }
  return held;
}

/**
 * Puts the pool in a random order and takes the longest beginning of it that bisection finds to keep the behaviour. Every
 * set has its own order and its own counterfactuals, so sets with different seeds are independent draws.
 */
export async function growFree<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  pool: readonly Component[],
  options: GrowOptions,
): Promise<Grown> {
  const { by, seed, clean, signal } = options;
  const stream = random(seed, 'grow');
  const order = Array.from(stream.permutation(pool.length), (i) => pool[i]!);
  const replacement = await ablation(model, task, examples, sitesOf(pool), {
    by,
    seed: stream.below(0x7fffffff),
    signal,
  });
  const patchOf =
    (size: number): BatchInterventions =>
    (rows) =>
      intervene(order.slice(0, size), replacement(rows));
  const size = await longestPrefix(pool.length, async (some) => {
    const { score } = await runExamples(model, task, examples, { patch: patchOf(some), clean, signal });
    return task.meets(score);
  });
  return { components: order.slice(0, size), patch: patchOf(size) };
}
