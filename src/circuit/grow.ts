/** A random set of components that can be patched together while the task's threshold holds, as large as it goes. */
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import type { BatchInterventions, ExampleRun } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import { intervene, sitesOf, type Component } from './component.js';
import { ablation } from './ablation.js';
import type { Ablation } from './ablations.js';
import { longestPrefix } from './longest-prefix.js';
import { Trials } from './trials.js';

export interface GrowOptions {
  readonly by: Ablation;
  readonly seed: number;
  /** the model's clean logits, for a behaviour relative to them */
  readonly clean?: readonly Float32Array[] | undefined;
  /** the size to begin with */
  readonly start?: number | undefined;
  /** true: about the longest is enough */
  readonly isPilot?: boolean | undefined;
  /** sites to capture in runs over all inputs */
  readonly capture?: readonly string[] | undefined;
  /** called with runs over all inputs that held; of the last one the set comes out */
  readonly held?: ((components: readonly Component[], run: ExampleRun) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Grown {
  readonly components: readonly Component[];
  readonly patch: BatchInterventions;
  /** of its counterfactuals */
  readonly seed: number;
}

/** How exact the size of a pilot is. */
export const PILOT_COARSE = 1 / 4;
/** How far beyond the size of a pilot draws begin: the first trial mostly misses, and what misses says which inputs to ask first. */
const BEYOND = 1 / 4;

/** Where draws begin, from the size that a pilot came to: it is drawn with randomness of its own, so that draws stay independent. It saves trials and, where every part of what holds does as well, changes nothing of what is drawn. */
export const startFrom = (pilot: number): number => Math.ceil((1 + BEYOND) * pilot) + 1;

/**
 * Puts the pool in a random order and takes the longest beginning of it that is found to keep the behaviour. Every
 * set has its own order and its own counterfactuals, so sets with different seeds are independent draws.
 */
export async function growFree<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  pool: readonly Component[],
  options: GrowOptions,
): Promise<Grown> {
  const { by, seed, clean, start, isPilot, capture, held, signal } = options;
  const stream = random(seed, 'grow');
  const order = Array.from(stream.permutation(pool.length), (i) => pool[i]!);
  const own = stream.below(0x7fffffff);
  const replacement = await ablation(model, task, examples, sitesOf(pool), { by, seed: own, signal });
  const patchOf =
    (size: number): BatchInterventions =>
    (rows) =>
      intervene(order.slice(0, size), replacement(rows));
  const trials = new Trials(model, task, examples, patchOf, {
    clean,
    capture,
    held: held && ((some, run) => held(order.slice(0, some), run)),
    signal,
  });
  const size = await longestPrefix(pool.length, (some) => trials.run(some), {
    start,
    ...(isPilot
      ? { coarse: PILOT_COARSE }
      : { probe: trials.probe, guess: (some, again) => trials.forecast(some, again) }),
  });
  if (held) await trials.finish();
  return { components: order.slice(0, size), patch: patchOf(size), seed: own };
}
