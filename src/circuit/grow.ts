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
  /** true: any size near the longest */
  readonly isPilot?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Grown {
  readonly components: readonly Component[];
  readonly patch: BatchInterventions;
  /** of its counterfactuals */
  readonly seed: number;
}

/** Grows of a pilot, and how exact they are. */
const PILOTS = 3;
export const PILOT_COARSE = 1 / 8;

export interface PrefixOptions {
  /** the size that is asked first; the next ones are near it. @defaultValue bisection of all sizes */
  readonly start?: number | undefined;
  /** the share of it by which the size that comes out may be too small. @defaultValue 0 */
  readonly coarse?: number | undefined;
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
  { start, coarse = 0, refuted }: PrefixOptions = {},
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
  const first = Math.max(1, Math.min(count, start ?? (count + 1) >> 1));
  let asked = false;
  // whether anything was refuted, and how often in a row what was not did not hold
  let refutes = false;
  let misses = 0;
  const narrow = async (): Promise<void> => {
    if (!refuted) return;
    for (let low = held; breaks - low > 1;) {
      const middle = (low + breaks) >> 1;
      if (await refuted(middle)) {
        breaks = middle;
        refutes = true;
      } else low = middle;
    }
  };
  await narrow();
  while (breaks - held > Math.max(1, coarse * held)) {
    // the largest that is not refuted, and ever less where that keeps being wrong
    const likely = refutes ? Math.max(held + 1, breaks - Math.max(1, 2 ** (misses - 2))) : asked ? nearby() : first;
    asked = true;
    if (await holds(likely)) {
      held = likely;
      misses = 0;
    } else {
      breaks = likely;
      misses++;
      await narrow();
    }
  }
  return held;
}

/**
 * The size of the longest beginning that holds on both sides, both of which were asked for it last. One side's is found, and the other is asked for it; where that does not hold, the sides change roles below it.
 * @param first the side that is asked first
 * @returns that size, and the side that does not hold beyond it
 */
export async function longestOfBoth(
  count: number,
  holds: (side: 0 | 1, size: number) => Promise<boolean>,
  { first, start, coarse, refuted }: PrefixOptions & { readonly first: 0 | 1 },
): Promise<{ readonly size: number; readonly bound: 0 | 1 }> {
  let side = first;
  for (let most = count, from = start; most > 0; from = most) {
    const size = await longestPrefix(most, (some) => holds(side, some), { start: from, coarse, refuted });
    const other = side === 0 ? 1 : 0;
    if (size === 0 || (await holds(other, size))) return { size, bound: side };
    most = size - 1;
    side = other;
  }
  return { size: 0, bound: side };
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
  const { by, seed, clean, start, isPilot, signal } = options;
  const stream = random(seed, 'grow');
  const order = Array.from(stream.permutation(pool.length), (i) => pool[i]!);
  const own = stream.below(0x7fffffff);
  const replacement = await ablation(model, task, examples, sitesOf(pool), { by, seed: own, signal });
  const patchOf =
    (size: number): BatchInterventions =>
    (rows) =>
      intervene(order.slice(0, size), replacement(rows));
  const trials = new Trials(model, task, examples, patchOf, { clean, signal });
  const size = await longestPrefix(pool.length, async (some) => (await trials.run(some)) !== undefined, {
    start,
    ...(isPilot ? { coarse: PILOT_COARSE } : { refuted: (some) => trials.refutes(some) }),
  });
  return { components: order.slice(0, size), patch: patchOf(size), seed: own };
}

/** Where draws begin. */
export interface Start {
  readonly start: number;
  /** of two sides, the one that is asked first */
  readonly first: 0 | 1;
}

/**
 * Where to begin: beyond the largest size of a few that are grown with randomness of their own, so that the first trial mostly fails: what fails says which inputs to ask first. Of two sides, with the
 * one that mostly bounds them. What it comes to saves trials and, where every part of what holds does as well, changes nothing of what is drawn.
 * @param grown the size grown by a seed, and the side that bounds it
 */
export async function pilotStart(
  seed: number,
  grown: (seed: number) => Promise<{ readonly size: number; readonly bound: 0 | 1 }>,
): Promise<Start> {
  const found = [];
  for (let i = 0; i < PILOTS; i++) found.push(await grown(random(seed, `pilot ${i}`).below(0x7fffffff)));
  const largest = Math.max(...found.map(({ size }) => size));
  return {
    start: Math.ceil((1 + STRIDE) * largest) + 1,
    first: found.filter(({ bound }) => bound === 1).length > PILOTS / 2 ? 1 : 0,
  };
}
