/** Orbits of pairs of inputs under a group of relabellings, found from its generators: the group itself is never listed. */
import { OptionError } from '../errors.js';
import { atOnce, type Pieces } from '../signal.js';

/** Which pairs of inputs a group of relabellings leads to each other. */
export interface PairOrbits {
  /** number of inputs */
  readonly n: number;
  /** number of orbits of inputs */
  readonly inputs: number;
  /** number of orbits of ordered pairs: so many numbers are left of a Gram that is averaged over the group */
  readonly pairs: number;
  /** n x n, row-major: the orbit of pair (i, j), numbered from 0 in the order of the first pairs */
  readonly of: Uint32Array;
  /** for each orbit the one that holds its pairs the other way round, most often itself */
  readonly reversed: Uint32Array;
}

// taken once: a look-up of a global is slow inside Jest's sandbox
const { floor } = Math;

const NONE = 0xffffffff;
/** pairs between two breaths */
const PIECE = 1 << 17;

/**
 * The orbits of ordered pairs under the group that some relabellings generate. Time and memory grow with n^2 and the number of generators, and not with the size of the group:
 * the 77 658 translations and units of the pairs modulo 43 (1849 inputs) take three generators and half a second.
 * @param n number of inputs
 * @param relabellings permutations of 0..n-1; products and inverses follow. None: every pair is an orbit of its own
 * @throws OptionError for what is no permutation
 */
export const pairOrbits = (n: number, relabellings: readonly Uint32Array[]): PairOrbits =>
  atOnce(findingPairOrbits(n, relabellings));

/** The same in pieces. */
export function* findingPairOrbits(n: number, relabellings: readonly Uint32Array[]): Pieces<PairOrbits> {
  for (const [at, to] of relabellings.entries()) checkPermutation(n, to, at);
  const of = new Uint32Array(n * n).fill(NONE);
  const open = new Uint32Array(n * n);
  let pairs = 0;
  let inputs = 0;
  let since = 0;
  // the orbit of every pair has a member whose first input is the first of its own orbit
  const reached = new Uint8Array(n);
  for (let first = 0; first < n; first++) {
    if (reached[first] === 1) continue;
    inputs++;
    for (let second = 0; second < n; second++) {
      if (of[first * n + second] !== NONE) continue;
      of[first * n + second] = pairs;
      open[0] = first * n + second;
      // a permutation's cycles come back: following it forwards reaches what its inverse does
      for (let left = 1; left > 0;) {
        const pair = open[--left]!;
        const i = floor(pair / n);
        const j = pair - i * n;
        reached[i] = 1;
        for (const to of relabellings) {
          const there = to[i]! * n + to[j]!;
          if (of[there] !== NONE) continue;
          of[there] = pairs;
          open[left++] = there;
        }
        if (++since % PIECE === 0) yield;
      }
      pairs++;
    }
  }
  const reversed = new Uint32Array(pairs);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) reversed[of[i * n + j]!] = of[j * n + i]!;
  return { n, inputs, pairs, of, reversed };
}

function checkPermutation(n: number, to: Uint32Array, at: number): void {
  const taken = new Uint8Array(n);
  for (const there of to) if (there < n) taken[there] = 1;
  if (to.length !== n || taken.includes(0))
    throw new OptionError({
      what: `Relabelling ${at} is no permutation of 0..${n - 1}.`,
      where: 'relabellings',
      hint: 'give what task.relabellings(examples) returns',
    });
}
