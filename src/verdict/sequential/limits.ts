/** The rule's limits by themselves, at levels that a verdict is not judged at. */
import type { MeasureName } from '../../measure/index.js';
import type { GramEvidence } from '../judge-grams.js';
import { leastResampling, reachable } from '../rule/policy.js';
import type { Levels } from './evidence.js';
import type { RuleLimits } from './margins.js';

/** Of any excess: strangers are not nearer than at distance zero. */
const LEAST = -1;

/**
 * For each measure that decides. Any of them may find a difference, so that each has its share of alpha.
 * @param judge at levels of one measure, with these resamples
 */
export async function limitsAt(
  deciding: readonly MeasureName[],
  { alpha, beta }: Levels,
  judge: (
    which: MeasureName,
    policy: Levels & ReturnType<typeof leastResampling>,
  ) => Promise<Pick<GramEvidence, 'judgement'>>,
): Promise<RuleLimits[]> {
  const share = alpha / deciding.length;
  // too small for a permutation test: nothing is beyond any tolerance then
  const able = reachable(share);
  const found: RuleLimits[] = [];
  for (const which of deciding) {
    const at = able ? share : beta;
    const { sides, oneSideSuffices } = (await judge(which, { alpha: at, beta, ...leastResampling(at) })).judgement;
    found.push({
      oneSideSuffices,
      sides: sides.map(({ excess: { low, high }, self }) => ({ excess: { low: able ? low : LEAST, high }, self })),
    });
  }
  return found;
}
