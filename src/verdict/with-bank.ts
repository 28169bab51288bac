/** A comparison that a bank decides. */
import type { BankEvidence } from '../bank/evidence.js';
import type { Bank } from '../bank/options.js';
import { compareWithBank } from '../bank/run.js';
import { Sampler } from '../implementations/draw.js';
import type { ImplementationSet } from '../implementations/index.js';
import type { DrawOptions } from '../implementations/samples.js';
import type { MeasureName } from '../measure/index.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { DistanceCache } from './distance-cache.js';
import type { Evidence } from './evidence.js';

export interface BankQuestion extends Omit<DrawOptions, 'searchSeed' | 'perSite' | 'keepSites' | 'progress'> {
  readonly measure: MeasureName;
  readonly alpha: number;
  readonly tolerance: number;
  readonly splits: number;
}

/** Holds the candidate against the bank, by the models' own representations. @throws as `compareWithBank` */
export const judgedByBank = (
  bank: Bank,
  [baseline, candidate]: readonly [Model | ImplementationSet, Model | ImplementationSet],
  { measure, alpha, tolerance, seed, splits, ...drawing }: BankQuestion,
): Promise<BankEvidence> =>
  compareWithBank(bank, baseline, candidate, {
    task: drawing.task,
    measure,
    alpha,
    tolerance,
    start: (from) =>
      Sampler.start(from, {
        ...drawing,
        seed: random(seed, 'bank').below(0x7fffffff),
        searchSeed: 0,
        perSite: 0,
        keepSites: false,
      }),
    async measured(members, one) {
      const cache = new DistanceCache({ seed, splits, signal: drawing.signal });
      const both = [members, [one]] as const;
      const [first] = await cache.controls(both);
      return { distances: await cache.distances(measure, both), control: members.length + 1 + first.length };
    },
  });

/**
 * With a bank the question is whether the candidate is one more of it: its outcome is that of the comparison. What interventions on the two models say is reported beside it.
 */
export function decidedByBank(
  bank: BankEvidence,
  judgement: Evidence['judgement'],
): Pick<Evidence, 'bank' | 'outcome' | 'judgement'> {
  const { outcome, reasons } = bank;
  const { failed: _1, wouldSettle: _2, ...rest } = judgement;
  return {
    bank,
    outcome,
    judgement: {
      ...rest,
      outcome,
      reasons: [
        ...reasons,
        `Implementations by intervention, which do not decide here, say ${judgement.outcome}: ${judgement.reasons.join(' ')}`,
      ],
      ...(outcome === 'different' && { failed: 'necessity violated' as const }),
      ...(outcome === 'undecided' && {
        failed: 'sufficiency not established' as const,
        wouldSettle: 'A larger bank, or one of runs that are to be stopped as well (`bank: { accept, stop }`).',
      }),
    },
  };
}
