/** The longest beginning of an order that keeps a behaviour, found with as few trials as its costs allow. */

/**
 * What so much costs: what is short of the best score, as a share of what the threshold allows. At most 1 where the threshold is met, more where it is missed; 0 and infinity where only that is known.
 */
export type Cost = number;

/** What is likely of a size, found out more cheaply than by a trial. */
export interface Guess {
  /** the threshold is missed for certain */
  readonly refuted: boolean;
  readonly cost: Cost;
}

export interface PrefixOptions {
  /** the size that is asked first. @defaultValue the middle of all sizes */
  readonly start?: number | undefined;
  /** the share of it by which the size that comes out may be too small. @defaultValue 0 */
  readonly coarse?: number | undefined;
  /** what a size seems to cost, before the first trial: sizes from the start up, until one seems too much */
  readonly probe?: ((size: number) => Promise<Cost>) | undefined;
  /** undefined where there is nothing to go by yet; `again`: only what is known already */
  readonly guess?: ((size: number, again: boolean) => Promise<Guess | undefined>) | undefined;
  /** whether a size that was found to hold holds all in all: asked of the one that would come out */
  readonly confirm?: ((size: number) => Promise<Cost>) | undefined;
}

/** A size, and what it costs. */
interface Point {
  readonly size: number;
  readonly cost: Cost;
}

/** How far from the size that was asked first the next one is, as a share of it, where costs do not say. */
const STRIDE = 1 / 8;
/** Of steps by interpolation every so many halves what is left, so that it ends wherever the costs jump: of guesses, and of trials. */
const HALVE = { guess: 3, trial: 5 };
/** Costs beyond say nothing but that it is too much. */
const FAR = 1e3;

/** Between a size that holds and a larger one that does not: where a straight line through their costs meets the threshold, or in the middle. */
function between(low: Point, high: Point, isTurn: boolean): number {
  const middle = (low.size + high.size) >> 1;
  if (isTurn || !(high.cost < FAR) || high.cost <= low.cost) return middle;
  const share = (1 - low.cost) / (high.cost - low.cost);
  const size = Math.floor(low.size + share * (high.size - low.size));
  return Math.max(low.size + 1, Math.min(high.size - 1, size));
}

/**
 * The size of the longest beginning of `count` things that is found to hold, 0..count: it held, and one more did not. Where every beginning of what holds does as well there is one such size, whatever
 * the options are. Nothing holds always: it is never asked. The size that comes out was found to hold by `trial`, and by `confirm` last, where that is given.
 */
export async function longestPrefix(
  count: number,
  trial: (size: number) => Promise<Cost>,
  { start, coarse = 0, probe, guess, confirm }: PrefixOptions = {},
): Promise<number> {
  let held: Point = { size: 0, cost: 0 };
  let breaks: Point = { size: count + 1, cost: Infinity };
  let stride = start === undefined ? Infinity : Math.max(1, Math.round(STRIDE * start));
  const guessedAt = new Set<number>();
  const isOpen = (size: number): boolean => size > held.size && size < breaks.size;
  const asked = async (size: number, again: boolean): Promise<Guess | undefined> => {
    const found = await guess!(size, again);
    if (!found) return undefined;
    guessedAt.add(size);
    if (found.refuted && size < breaks.size) breaks = { size, cost: found.cost };
    return found;
  };
  const first = Math.max(1, Math.min(count, start ?? (count + 1) >> 1));
  const beyond = ({ size, cost }: Point): number => Math.ceil(((1 + STRIDE) * size) / Math.max(1 / 4, cost));
  /** what seemed too much */
  let probed: Point | undefined;
  if (probe)
    for (let size = first; !(probed && probed.cost > 1) && size <= count;) {
      probed = { size, cost: await probe(size) };
      size = Math.max(size + 1, beyond(probed));
    }
  /** The largest size that is likely to hold, or the one that holds where none is; undefined where there is nothing to go by. */
  const likely = async (): Promise<number | undefined> => {
    if (!guess) return undefined;
    let [low, high] = [held, probed && isOpen(probed.size) ? probed : breaks];
    // what was guessed before, as it is seen now: it costs nothing to ask again
    for (const size of [...guessedAt].filter(isOpen).toSorted((a, b) => a - b)) {
      if (size >= high.size) break;
      const found = await asked(size, true);
      if (!found) continue;
      if (found.cost <= 1) low = { size, cost: found.cost };
      else high = { size, cost: found.cost };
    }
    for (let turn = 0; high.size - low.size > 1; turn++) {
      const size = between(low, high, turn % HALVE.guess === HALVE.guess - 1);
      const found = await asked(size, false);
      if (!found) return undefined;
      if (found.cost <= 1) low = { size, cost: found.cost };
      else high = { size, cost: found.cost };
    }
    return low.size;
  };
  const nearby = (turn: number): number => {
    if (turn === 0) return first;
    const isTurn = turn % HALVE.trial === HALVE.trial - 1;
    if (breaks.size <= count && (held.size > 0 || breaks.cost < FAR)) return between(held, breaks, isTurn);
    // from where it was asked first, in steps that double, until it is between two sizes
    const size = held.size === 0 ? breaks.size - stride : Math.max(held.size + stride, beyond(held));
    stride *= 2;
    return isOpen(size) ? size : (held.size + breaks.size) >> 1;
  };
  // guesses in a row that were wrong: said to hold, and said not to
  let misses = 0;
  let hits = 0;
  /** sizes that held, and are not confirmed */
  const lower: Point[] = [];
  for (let turn = 0; ; turn++) {
    if (breaks.size - held.size <= Math.max(1, coarse * held.size)) {
      const cost = held.size > 0 && confirm ? await confirm(held.size) : 0;
      if (cost <= 1) return held.size;
      breaks = { size: held.size, cost };
      held = lower.pop()!;
      continue;
    }
    const most = turn === 0 && !probed ? undefined : await likely();
    if (breaks.size - held.size <= 1) continue;
    // ever farther from where guesses keep being wrong
    const size =
      most === undefined
        ? nearby(turn)
        : Math.max(
            held.size + 1,
            Math.min(
              Math.max(most, held.size + 2 ** Math.max(0, hits - 1)),
              breaks.size - 2 ** Math.max(0, misses - 1),
            ),
          );
    const cost = await trial(size);
    const holding = cost <= 1;
    if (holding) {
      lower.push(held);
      held = { size, cost };
    } else breaks = { size, cost };
    if (most !== undefined) {
      misses = !holding && size <= most ? misses + 1 : 0;
      hits = holding && size > most ? hits + 1 : 0;
    }
  }
}
