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
  let holds = 0;
  let breaks = pool.length + 1;
  while (breaks - holds > 1) {
    const middle = (holds + breaks) >> 1;
    const { score } = await runExamples(model, task, examples, { patch: patchOf(middle), clean, signal });
    if (task.meets(score)) holds = middle;
    else breaks = middle;
  }
  return { components: order.slice(0, holds), patch: patchOf(holds) };
}
