/** Whether a set that was found free at the edge of a threshold stays free: tried in parts, with a margin. */
import type { Random } from '../random.js';
import type { AnyTask } from '../task/task.js';
import type { Component } from './component.js';

/** Parts of a set that must hold one after the other. */
const ENOUGH = 48;
/** Draws of the whole set that its spread is taken from. */
const SPREAD = 8;
/** Standard deviations between draws by which a part must meet the threshold, so that other draws meet it as well. */
const MARGIN = 3;

export interface Confirmed {
  /** what is left of the set, the least important first */
  readonly free: readonly Component[];
  /** parts of it that were replaced without breaking the threshold since it was last cut */
  readonly confirmed: number;
}

/**
 * The set was chosen as the largest that holds on a few draws, so it lies at the edge, where others break it; and a part of it can break what the whole leaves alone. Replaces random
 * parts of it, and takes the most important component of a part that breaks out of the set.
 * @param set the least important component first
 * @param scoreOf the score with some components replaced, drawn anew at every call
 * @param tries calls of it allowed
 * @param isRandom false: every draw is the same
 */
export async function confirm(task: AnyTask, set: readonly Component[], scoreOf: (chosen: readonly Component[]) => Promise<number>, tries: number, isRandom: boolean, stream: Random): Promise<Confirmed> {
  let free = set;
  let left = tries;
  const scores: number[] = [];
  if (isRandom && left > SPREAD) for (; scores.length < SPREAD; left--) scores.push(await scoreOf(free));
  const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
  const spread = scores.length > 0 ? Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1)) : 0;
  const margin = task.behaviour.better === 'higher' ? -MARGIN * spread : MARGIN * spread;
  let confirmed = 0;
  for (; left > 0 && free.length > 0 && confirmed < ENOUGH; left--) {
    // every fourth is the whole set
    const size = confirmed % 4 === 0 ? free.length : 1 + stream.below(free.length);
    const part = Array.from(stream.subset(free.length, size), (i) => free[i]!);
    if (task.meets((await scoreOf(part)) + margin)) confirmed++;
    else {
      const most = free.findLast((one) => part.includes(one));
      free = free.filter((one) => one !== most);
      confirmed = 0;
    }
  }
  return { free, confirmed };
}
