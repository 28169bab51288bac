/** Does a set agree with itself? One set split in random halves is a comparison whose answer is known: nothing differs. */
import type { Random } from '../random.js';
import type { Pieces } from '../signal.js';
import type { Square } from './blocks.js';
import { choose, subsets } from './energy.js';
import { UNBOUNDED } from '../interval.js';
import type { SideJudgement } from './judgement.js';
import { quantile } from './distributions.js';
import { congruity, strictScore, Triples } from './triples.js';

/** Halves looked at; where a set has no more, all of them. */
const SPLITS = 200;

/** The quantile of the halves' excess that is called noise. */
const NOISE = 0.95;

/** Both halves need a pair of siblings. */
const FEWEST = 4;

/**
 * Scores are means over the splits. `noise` is the 95 % quantile of the excess (other half / own half - 1) over all
 * halves of all splits. A set of fewer than four has no halves with siblings: no splits, scores 0, noise UNBOUNDED.
 * @param tie as for Triples
 */
export function* selfCongruity(
  square: Square,
  resolution: number,
  tie: number,
  random: Random,
): Pieces<SideJudgement['self']> {
  const { size, data } = square;
  if (size < FEWEST) return { congruity: 0, strictScore: 0, noise: UNBOUNDED, splits: 0 };
  const triples = new Triples(square, tie);
  const half = Math.floor(size / 2);
  const labels = new Uint8Array(size);
  const excesses: number[] = [];
  let score = 0;
  let strict = 0;
  let splits = 0;
  const look = (members: ArrayLike<number>): void => {
    labels.fill(0);
    for (let n = 0; n < half; n++) labels[members[n]!] = 1;
    const shares = triples.shares(labels);
    score += congruity(shares);
    strict += strictScore(shares);
    splits++;
    const sums = [0, 0, 0]; // within the rest, across, within the half
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) sums[labels[i]! + labels[j]!]! += data[i * size + j]!;
    const across = sums[1]! / (half * (size - half));
    for (const [sum, m] of [
      [sums[0]!, size - half],
      [sums[2]!, half],
    ] as const) {
      excesses.push(across / Math.max(sum / ((m * (m - 1)) / 2), resolution) - 1);
    }
  };
  const twice = 2 * half === size; // then each split turns up twice, once for either half
  if (choose(size, half) <= (twice ? 2 : 1) * SPLITS) {
    for (const members of subsets(size, half)) {
      if (twice && members[0] !== 0) continue;
      look(members);
      yield;
    }
  } else {
    for (let n = 0; n < SPLITS; n++) {
      look(random.subset(size, half));
      yield;
    }
  }
  return {
    congruity: score / splits,
    strictScore: strict / splits,
    noise: quantile(Float64Array.from(excesses).sort(), NOISE),
    splits,
  };
}
