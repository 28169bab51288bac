/** A random set of components that can be patched together while the task's threshold holds, as large as it goes. */
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import type { BatchInterventions } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import { intervene, sitesOf, type Component } from './component.js';
import { ablation } from './ablation.js';
import type { Ablation } from './ablations.js';
import { Trials } from './trials.js';

export interface GrowOptions {
  readonly by: Ablation;
  readonly seed: number;
  /** the model's clean logits, for a behaviour relative to them */
  readonly clean?: readonly Float32Array[] | undefined;
  /** the size to begin with */
  readonly start?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Grown {
  readonly components: readonly Component[];
  readonly patch: BatchInterventions;
}

export interface PrefixOptions {
  /** the size that is asked first; the next ones are near it. @defaultValue bisection of all sizes */
  readonly start?: number | undefined;
  /** true where a size does not hold for certain: cheaper than to ask whether it does */
  readonly refuted?: ((size: number) => Promise<boolean>) | undefined;
}

/** How far from the size that was asked first the next one is, as a share of it. */
const STRIDE = 1 / 8;

/**
 * The size of the longest beginning of `count` things that is found to hold, 0..count: it held, and one more did not. Where every beginning of what holds does as well there is one such size, whatever
 * the options are. Nothing holds always: it is never asked. The last size that `holds` said yes to is the one that comes out.
 */
export async function longestPrefix(
  count: number,
  holds: (size: number) => Promise<boolean>,
  { start, refuted }: PrefixOptions = {},
): Promise<number> {
  let held = 0;
  let breaks = count + 1;
  let stride = start === undefined ? Infinity : Math.max(1, Math.round(STRIDE * start));
  const nearby = (): number => {
    const middle = (held + breaks) >> 1;
    // from where it was asked first, in steps that double, until it is between two sizes
    const size = held === 0 && breaks <= count ? breaks - stride : breaks > count && held > 0 ? held + stride : middle;
    stride *= 2;
    return size > held && size < breaks ? size : middle;
  };
  let next = Math.max(1, Math.min(count, start ?? (count + 1) >> 1));
  // times in a row that what was not refuted did not hold
  let misses = 0;
  while (breaks - held > 1) {
    const yes = await holds(next);
    if (yes) held = next;
    else breaks = next;
    misses = yes ? 0 : misses + 1;
    const before = breaks;
    if (refuted)
      for (let low = held; breaks - low > 1;) {
        const middle = (low + breaks) >> 1;
        if (await refuted(middle)) breaks = middle;
        else low = middle;
      }
    next = breaks < before && misses < 3 ? Math.max(held + 1, breaks - 1) : nearby();
  }
  return held;
}

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
  const { by, seed, clean, start, signal } = options;
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
  const trials = new Trials(model, task, examples, patchOf, { clean, signal });
  const size = await longestPrefix(pool.length, async (some) => (await trials.run(some)) !== undefined, {
    start,
    refuted: (some) => trials.refutes(some),
  });
  return { components: order.slice(0, size), patch: patchOf(size) };
}

/** Grows of a pilot. */
const PILOTS = 3;

/**
 * Where to begin: one more than the largest size of a few that are grown with randomness of their own. What it comes to saves trials and, where every part of what holds does as well, changes nothing
 * of what is drawn.
 * @param grown the size grown by a seed
 */
export async function pilotStart(seed: number, grown: (seed: number) => Promise<number>): Promise<number> {
  let largest = 0;
  for (let i = 0; i < PILOTS; i++)
    largest = Math.max(largest, await grown(random(seed, `pilot ${i}`).below(0x7fffffff)));
  return largest + 1;
}
