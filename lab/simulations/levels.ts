/**
 * How often each exact test is wrong at the edge of what it tests, looked at as often as the library looks. Only what the test is given is drawn, so that many repeats are cheap. The bets on means and those on twins
 * have scripts of their own (lab/bench/bounded-mean.mjs, lab/bench/twins-false-alarms.mjs).
 */
import { accepted } from '../../src/bank/scores.js';
import { conformalP } from '../../src/bank/conformal.js';
import { random, type Random } from '../../src/random.js';
import type { Pieces } from '../../src/signal.js';
import { sideOf } from '../../src/statistics/binomial-sequence.js';
import { pooled } from '../../src/statistics/blocks.js';
import { energyTest, type EnergyTest } from '../../src/statistics/energy.js';
import { pairedEnergyTest } from '../../src/statistics/paired-energy.js';
import { PairingTest } from '../../src/statistics/pairing.js';
import { defaultPolicy as policy } from '../../src/verdict/rule/policy.js';
import { RunningTest } from '../../src/verdict/sequential/running-test.js';
import { PAIRING } from '../../src/verdict/twins/decide.js';
import { sharesOf } from './edge.js';
import { blockOf } from './steps.js';
import { draw, type World } from './worlds.js';

/** One test on draws of one kind, and how often it may be wrong, and was. */
export interface LevelCell {
  readonly test: string;
  readonly of: string;
  readonly level: number;
  readonly wrong: number;
  readonly repeats: number;
}

/** Blocks of two a side: as many as a comparison draws at most. */
const BLOCKS = 20;

/** Certain of "equivalent" just below the tolerance that half of the triples are beyond, of "different" just above it, after any block. */
export function runningCells(world: World, shift: number, repeats: number, seed: number): LevelCell[] {
  const share = sharesOf(world, shift, seed);
  const wrong = { equivalent: 0, different: 0 };
  for (let n = 0; n < repeats; n++) {
    const next = random(seed, `levels ${world.name} ${shift} ${n}`);
    const below = new RunningTest(policy, Math.max(...share) - 1e-9, policy.resolution);
    const above = new RunningTest(policy, Math.min(...share) + 1e-9, policy.resolution);
    for (let block = 0; block < BLOCKS; block++) {
      // a block is drawn afresh: nothing else of a set is looked at
      const drawn = blockOf(draw(world, 2, shift, next), 2);
      for (const test of [below, above]) test.observe(drawn);
    }
    if (below.certain === 'equivalent') wrong.equivalent++;
    if (above.certain === 'different') wrong.different++;
  }
  const { alpha, beta } = policy;
  return [
    { test: 'running test, "equivalent"', of: world.name, level: beta, wrong: wrong.equivalent, repeats },
    { test: 'running test, "different"', of: world.name, level: alpha, wrong: wrong.different, repeats },
  ];
}

/** Draws of a pairing ratio whose median is just what is asked about. */
const pairingRatios: Readonly<Record<string, (next: Random) => number>> = {
  'half and half': (next) => PAIRING * (next.below(2) ? 2 : 0.5),
  'log-normal': (next) => PAIRING * Math.exp(0.3 * next.normal()),
  'at the edge, or on either side of it': (next) => PAIRING * (next.below(2) ? 1 : 0.5 + next.unit()),
};

/** The control of twins, looked at after every draw. */
export function pairingCells(repeats: number, seed: number): LevelCell[] {
  const { alpha, beta } = policy;
  return Object.entries(pairingRatios).flatMap(([name, ratio]) => {
    const wrong = { matters: 0, any: 0 };
    for (let n = 0; n < repeats; n++) {
      const next = random(seed, `pairing ${name} ${n}`);
      const test = new PairingTest();
      for (let i = 0; i < 2 * BLOCKS; i++) {
        // a number of few bits: taken from 1 and back it is what it was, so that a ratio at the edge stays there
        const apart = (410 + next.below(410)) / 1024;
        test.observe(1 - ratio(next) * apart, 1 - apart);
      }
      if (test.below(PAIRING) >= -Math.log(beta)) wrong.matters++;
      if (test.above(PAIRING) >= -Math.log(alpha)) wrong.any++;
    }
    return [
      { test: 'control of twins, "matters"', of: name, level: beta, wrong: wrong.matters, repeats },
      { test: 'control of twins, "any pairing"', of: name, level: alpha, wrong: wrong.any, repeats },
    ];
  });
}

function ended<T>(pieces: Pieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value as T;
  }
}

/** With so many permutations p is at most 5 % with a chance of 5 % just, ties aside. */
const PERMUTATIONS = 199;

/** The permutation test between two draws of one set; of twins, where it makes no difference which is of which side. */
export function energyCells(world: World, m: number, repeats: number, seed: number): LevelCell[] {
  let wrong = 0;
  for (let n = 0; n < repeats; n++) {
    const next = random(seed, `energy ${world.name} ${m} ${n}`);
    const square = pooled(draw(world, m, 0, next));
    const { p }: EnergyTest = ended(
      world.paired ? pairedEnergyTest(square, PERMUTATIONS, next) : energyTest(square, m, PERMUTATIONS, next),
    );
    if (p <= policy.alpha) wrong++;
  }
  return [
    {
      test: world.paired ? 'permutation test of twins' : 'permutation test',
      of: `${world.name}, ${m} a side`,
      level: policy.alpha,
      wrong,
      repeats,
    },
  ];
}

/** One more run of a bank's recipe; the scores are those that the library takes, from distances between all. */
export function bankCells(world: World, members: number, stop: number, repeats: number, seed: number): LevelCell[] {
  const level = 1 / (members + 1);
  const all = members + 1 + stop;
  let wrong = 0;
  for (let n = 0; n < repeats; n++) {
    const { within1: data } = draw(world, all, 0, random(seed, `bank ${world.name} ${members} ${stop} ${n}`));
    const { members: scores, candidate } = accepted({ data, members, stop }, policy.resolution);
    if (conformalP(scores, candidate) <= level) wrong++;
  }
  return [
    {
      test: `bank of ${members}`,
      of: `${world.name}${stop > 0 ? `, ${stop} to be stopped` : ''}`,
      level,
      wrong,
      repeats,
    },
  ];
}

/** Which side of a limit a share lies on, asked after every trial, where it is the limit itself. */
export function shareCells(repeats: number, seed: number): LevelCell[] {
  return [0.5, 0.9, 0.99].map((limit) => {
    let wrong = 0;
    for (let n = 0; n < repeats; n++) {
      const next = random(seed, `share ${limit} ${n}`);
      let successes = 0;
      for (let trials = 1; trials <= 500; trials++) {
        if (next.unit() < limit) successes++;
        if (!sideOf(successes, trials, limit, policy.alpha)) continue;
        wrong++;
        break;
      }
    }
    return { test: 'share, either side of a limit', of: `a share of ${limit}`, level: policy.alpha, wrong, repeats };
  });
}
