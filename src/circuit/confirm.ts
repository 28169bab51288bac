/** Whether a set that was found free at the edge of a threshold stays free: tried in parts, with a margin. */
import type { Random } from '../random.js';
import type { AnyTask } from '../task/task.js';
import type { Component } from './component.js';

/** Parts of a set that must hold one after the other, where it has too many to try all: about as many as a claim tries, and as many again. */
const ENOUGH = 200;
/** Draws of the whole set that its spread is taken from. */
const SPREAD = 8;
/** Standard deviations between draws by which a part must meet the threshold, so that other draws meet it as well. */
const MARGIN = 3;
/** The share of a part that breaks the threshold that is taken out, and of what holds in the end, which parts that were not tried may break: the most important components. */
const TAKEN_OUT = 1 / 16;

export interface Confirmed {
  /** what is left of the set, the least important first */
  readonly free: readonly Component[];
  /** parts of it that were replaced without breaking the threshold since it was last cut */
  readonly confirmed: number;
}

export interface Trying {
  readonly task: AnyTask;
  /** the score with nothing replaced */
  readonly clean: number;
  /** the score with some components replaced, drawn anew at every call */
  readonly scoreOf: (chosen: readonly Component[]) => Promise<number>;
  /** calls of it allowed */
  readonly tries: number;
  /** false: every draw is the same */
  readonly isRandom: boolean;
  /** parts are drawn from it */
  readonly stream: Random;
}

/**
 * The set was chosen as the largest that holds on a few draws, so it lies at the edge, where others break it; and a part of it can break what the whole leaves alone. Replaces random
 * parts of it, or all of them where they are few, and takes the most important components of the smallest part found to break the threshold out of the set.
 * @param set the least important component first
 */
export async function confirm(
  set: readonly Component[],
  { task, clean, scoreOf, tries, isRandom, stream }: Trying,
): Promise<Confirmed> {
  let free = set;
  // calls left
  const budget = { left: tries };
  const scores: number[] = [];
  if (isRandom && budget.left > SPREAD) for (; scores.length < SPREAD; budget.left--) scores.push(await scoreOf(free));
  const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / Math.max(1, scores.length - 1);
  const worse = task.behaviour.better === 'higher' ? -1 : 1;
  /** What another draw may come to: it differs by as much as there is to differ by, so that its variance goes with the effect. */
  const low = (score: number): number => {
    const [effect, whole] = [(score - clean) * worse, (mean - clean) * worse];
    return (
      score + worse * MARGIN * Math.sqrt(variance * (whole > 0 ? Math.max(0, effect / whole) : effect > 0 ? 1 : 0))
    );
  };
  /** whether any part since the last cut does worse than nothing replaced */
  let costs = false;
  const holds = async (part: readonly Component[]): Promise<boolean> => {
    budget.left--;
    const score = await scoreOf(part);
    costs ||= (score - clean) * worse > 0;
    return task.meets(low(score));
  };
  /** Half of a part, half of that, and so on, as long as it breaks the threshold by itself: the more important half first. */
  const culprit = async (part: readonly Component[]): Promise<readonly Component[]> => {
    const middle = part.length >> 1;
    for (const half of middle > 0 ? [part.slice(middle), part.slice(0, middle)] : [])
      if (budget.left > 0 && !(await holds(half))) return culprit(half);
    return part;
  };
  /** All parts of a set, the whole of it first. */
  const numbered = (at: number): readonly Component[] => free.filter((_, i) => ((2 ** free.length - 1 - at) >> i) & 1);
  const drawn = (at: number): readonly Component[] => {
    // every fourth is the whole set
    const size = at % 4 === 0 ? free.length : 1 + stream.below(free.length);
    return Array.from(stream.subset(free.length, size), (i) => free[i]!);
  };
  let confirmed = 0;
  const parts = (): number => 2 ** free.length - 1;
  const canTryAll = (): boolean => !isRandom && parts() - confirmed <= budget.left;
  while (budget.left > 0 && free.length > 0 && confirmed < (canTryAll() ? parts() : ENOUGH)) {
    const part = canTryAll() ? numbered(confirmed) : drawn(confirmed);
    if (await holds(part)) confirmed++;
    else {
      // in the order of the set
      const guilty = await culprit(part);
      const out = new Set(guilty.slice(-Math.ceil(guilty.length * TAKEN_OUT)));
      free = free.filter((one) => !out.has(one));
      confirmed = 0;
      costs = false;
    }
  }
  // draws have their margin; here parts that were not tried may do worse than those that were
  if (!isRandom && costs && confirmed < parts()) free = free.slice(0, free.length - Math.ceil(free.length * TAKEN_OUT));
  return { free, confirmed };
}
