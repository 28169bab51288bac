/** The evidence of a comparison that its two models differ, as one e-value that may be looked at whenever drawing stops. */
import type { Evidence } from '../evidence.js';
import { BLOCK, RunningTest } from './running-test.js';

export interface EValue {
  /** natural logarithm */
  readonly log: number;
  /** blocks of two fresh implementations a side that it is made of */
  readonly blocks: number;
  /** why there is no evidence to be had, if there is none: the e-value is 1 then */
  readonly why?: string | undefined;
}

const nothing = (why: string): EValue => ({ log: 0, blocks: 0, why });

/**
 * That implementations of different sides are farther apart by more than the tolerance in more than half of the triples, as both sides see it: the smaller of the wealth of the two running tests, over all
 * blocks drawn. If it is not so, it is not so on one side at least, whose wealth is not expected to grow: the smaller is 1 on average at most, wherever drawing stops, however that was chosen.
 * If one of several measures or sites was picked by what it showed, it is divided by their number.
 */
export function eValueOf(evidence: Evidence): EValue {
  const { distances, judgement, common, runs, alsoReport, singleSite, sequential } = evidence;
  if (runs !== undefined) return nothing('several trained runs a side: implementations are no independent draws');
  const { within1, within2, across } = distances;
  const paired = common !== undefined && 'how' in common;
  const { margin, resolution } = judgement.policy;
  const test = new RunningTest(sequential.levels, margin, resolution);
  // the model itself is the first of its set, and no random draw
  const most = Math.min(within1.length, within2.length);
  let blocks = 0;
  for (let i = 1; i + BLOCK <= most; i += BLOCK) {
    const j = i + 1;
    const crossed = [across[i]![j]!, across[j]![i]!];
    test.observe({
      siblings: [within1[i]![j]!, within2[i]![j]!],
      strangers: paired ? crossed : [...crossed, across[i]![i]!, across[j]![j]!],
    });
    blocks++;
  }
  if (blocks === 0) return nothing('too few implementations were drawn');
  const picked = (1 + alsoReport.filter(({ decides }) => decides).length) * (1 + (singleSite?.looked.length ?? 0));
  const far = test.trajectory.sides.map((side) => side.far.at(-1)! * Math.LN10);
  return { log: Math.min(...far) - Math.log(picked), blocks };
}
