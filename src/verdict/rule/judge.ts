/** From one matrix of distances to a verdict. */
import { OptionError } from '../../errors.js';
import { copyLimit } from '../../measure/copies.js';
import { random } from '../../random.js';
import { atOnce, type Pieces } from '../../signal.js';
import { checkBlocks, labels as sideLabels, pooled } from '../../statistics/blocks.js';
import { energyTest } from '../../statistics/energy.js';
import { pairedEnergyTest } from '../../statistics/paired-energy.js';
import {
  excessInterval,
  scoreIntervals,
  shareBeyond,
  siblingInterval,
  strangerInterval,
  views,
} from '../../statistics/intervals.js';
import type { Blocks, Policy, SideJudgement } from '../../statistics/judgement.js';
import type { Judgement } from './judgement.js';
import { lowerLevel, resolvePolicy } from './policy.js';
import { decide } from './decide.js';
import { explained, plainNames, type Names } from './explain.js';
import { selfCongruity } from '../../statistics/self-congruity.js';
import { Triples } from '../../statistics/triples.js';

/** Distances nearer to each other than this share of the resolution are ties: rounding, not evidence. */
const TIE = 1e-3;

/**
 * Judges two sets of implementations by their distances (the rule is in docs/verdict.md). Pure: the same
 * blocks, policy and seed give the same judgement to the bit.
 * @param names what the reasons call the two sides and their members
 * @param oneSideSuffices members are models of their own (trained runs): strangers beyond the margin as one set sees it are a difference, at half of alpha for each set
 * @throws ImplementationError for fewer than two implementations on a side
 * @throws RepresentationError for NaN, infinite or negative distances or malformed blocks
 * @throws OptionError for a policy out of range, or a seed that is not an integer
 */
export const judge = (
  blocks: Blocks,
  policy: Policy,
  seed: number,
  names: Names = plainNames,
  oneSideSuffices = false,
): Judgement => atOnce(judging(blocks, policy, seed, names, oneSideSuffices));

/** The same in pieces: of many implementations the resampling takes a while. */
export function* judging(
  blocks: Blocks,
  policy: Policy,
  seed: number,
  names: Names = plainNames,
  oneSideSuffices = false,
): Pieces<Judgement> {
  const settled = resolvePolicy(policy);
  if (!Number.isSafeInteger(seed))
    throw new OptionError({ what: `The seed is ${seed}.`, where: 'seed', hint: 'Give an integer.' });
  checkBlocks(blocks);
  const { resolution, beta, margin } = settled;
  const tails = { low: lowerLevel(settled, oneSideSuffices), high: beta };
  const { m1, m2, paired = false } = blocks;
  const both = views(blocks);
  const square = pooled(blocks);
  const labels = sideLabels(m1, m2);
  const tie = TIE * resolution;
  const scores = yield* scoreIntervals(
    new Triples(square, tie, paired),
    labels,
    m1,
    settled.bootstrap,
    tails,
    random(seed, 'verdict bootstrap'),
    paired,
  );
  const stream = random(seed, 'verdict permutations');
  const energy = yield* paired
    ? pairedEnergyTest(square, settled.permutations, stream)
    : energyTest(square, m1, settled.permutations, stream);

  const found: SideJudgement[] = [];
  for (const [a, view] of both.entries()) {
    const siblings = siblingInterval(view, resolution, tails);
    const copies = copyLimit(a === 0 ? blocks.copies1 : blocks.copies2, resolution);
    const controls = a === 0 ? blocks.control1 : blocks.control2;
    const control =
      controls &&
      excessInterval(
        { m: view.m, within: view.within, columns: controls.columns, across: controls.data },
        resolution,
        tails,
        true,
      );
    const self = yield* selfCongruity(
      { size: view.m, data: view.within },
      resolution,
      tie,
      random(seed, `verdict halves ${a + 1}`),
    );
    found.push({
      siblings,
      copies,
      excess: excessInterval(view, resolution, tails),
      T: scores.T[a as 0 | 1],
      beyond: shareBeyond(view, margin, resolution),
      self,
      control,
      checks: {
        selfCongruent: self.noise <= margin,
        powered: control === undefined || control.low > margin,
        varied: siblings.estimate >= copies,
      },
    });
    yield;
  }
  const sides = found as [SideJudgement, SideJudgement];

  return {
    ...explained(decide({ policy: settled, m: [m1, m2], sides, energy, oneSideSuffices }), names),
    policy: settled,
    oneSideSuffices,
    strangers: strangerInterval(both[0], resolution, tails),
    sides,
    congruity: scores.congruity,
    strictScore: scores.strictScore,
    energy,
  };
}
