/** A comparison that a bank decides. */
import type { BankEvidence } from '../bank/evidence.js';
import type { Evidence } from './evidence.js';

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
