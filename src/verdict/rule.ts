/** From one matrix of distances to a verdict. */
import { OptionError } from '../errors.js';
import { random } from '../random.js';
import { checkBlocks, labels as sideLabels, pooled } from './blocks.js';
import { energyTest } from './energy.js';
import { excessInterval, scoreIntervals, siblingInterval, strangerInterval, views } from './interval.js';
import type { Blocks, Judgement, Policy, SideJudgement } from './judgement.js';
import { resolvePolicy } from './policy.js';
import { decide, sideNames, type SideNames } from './outcome.js';
import { selfCongruity } from './selfcongruity.js';
import { Triples } from './triples.js';

/** Distances nearer to each other than this share of the resolution are ties: rounding, not evidence. */
const TIE = 1e-3;

/**
 * Judges two sets of implementations by their distances (the rule is in docs/verdict.md). Pure: the same
 * blocks, policy and seed give the same judgement to the bit.
 * @param names what the reasons call the two sides
 * @throws ImplementationError for fewer than two implementations on a side
 * @throws RepresentationError for NaN, infinite or negative distances or malformed blocks
 * @throws OptionError for a policy out of range, or a seed that is not an integer
 */
export function judge(blocks: Blocks, policy: Policy, seed: number, names: SideNames = sideNames): Judgement {
  const settled = resolvePolicy(policy);
  if (!Number.isSafeInteger(seed)) throw new OptionError({ what: `The seed is ${seed}.`, where: 'seed', todo: 'Give an integer.' });
  checkBlocks(blocks);
  const { resolution, confidence, margin } = settled;
  const { m1, m2 } = blocks;
  const both = views(blocks);
  const square = pooled(blocks);
  const labels = sideLabels(m1, m2);
  const tie = TIE * resolution;
  const scores = scoreIntervals(new Triples(square, tie), labels, m1, settled.bootstrap, confidence, random(seed, 'verdict bootstrap'));
  const energy = energyTest(square, m1, settled.permutations, random(seed, 'verdict permutations'));

  const sides = both.map((view, a): SideJudgement => {
    const siblings = siblingInterval(view, resolution, confidence);
    const controls = a === 0 ? blocks.control1 : blocks.control2;
    const control = controls && excessInterval({ ...view, columns: controls.columns, across: controls.data }, resolution, confidence, true);
    const self = selfCongruity({ size: view.m, data: view.within }, resolution, confidence, tie, random(seed, `verdict halves ${a + 1}`));
    return {
      siblings,
      excess: excessInterval(view, resolution, confidence),
      T: scores.T[a as 0 | 1],
      self,
      control,
      checks: {
        selfCongruent: self.noise <= margin,
        powered: control === undefined || control.low > margin,
        varied: siblings.estimate >= resolution,
      },
    };
  }) as [SideJudgement, SideJudgement];

  return {
    ...decide({ policy: settled, m: [m1, m2], sides, energy, names }),
    policy: settled,
    strangers: strangerInterval(both[0], resolution, confidence),
    sides,
    congruity: scores.congruity,
    strictScore: scores.strictScore,
    energy,
  };
}
