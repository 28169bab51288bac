/** The rule of a bank, which docs/bank.md states in a table. */
import { conformalP, limitOf } from './conformal.js';
import type { BankEvidence } from './evidence.js';
import { inSentences } from './explain.js';
import type { BankFinding } from './findings.js';
import { accepted, fromOriginal, stopped, type BankDistances, type Scores } from './scores.js';

export interface BankQuestion {
  readonly of: BankEvidence['of'];
  /** of the candidate */
  readonly distances: BankDistances;
  /** of the candidate with its inputs shuffled */
  readonly control: BankDistances;
  /** the members in the order of the distances, those to be stopped after them; of copies the original first */
  readonly names: readonly string[];
  readonly levels: { readonly accepted: number; readonly stop: number };
  readonly tolerance: number;
  readonly resolution: number;
}

export type BankJudgement = Omit<BankEvidence, 'measure'>;

/** What a bank says of one candidate. */
export function judgeBank(question: BankQuestion): BankJudgement {
  const { of, distances, control, names, levels, tolerance, resolution } = question;
  const scoresOf = (given: BankDistances): Scores =>
    of === 'copies' ? fromOriginal(given) : accepted(given, resolution);
  const members = of === 'copies' ? names.slice(1, distances.members) : names.slice(0, distances.members);
  const bank = classOf(scoresOf(distances), members, levels.accepted);
  const stop =
    distances.stop > 0
      ? classOf(stopped(distances, resolution), names.slice(distances.members), levels.stop)
      : undefined;
  const excess = excessOf(bank.candidate, bank.limit, resolution);
  const shuffled = scoresOf(control);
  const seen = excessOf(shuffled.candidate, limitOf(shuffled.members, levels.accepted), resolution);

  const found = decide({ bank, stop, excess, control: seen, tolerance });
  return {
    of,
    ...found,
    reasons: inSentences(found.findings, of),
    tolerance,
    excess,
    control: seen,
    accepted: bank,
    ...(stop && { stop }),
    set: [
      ...(bank.p > bank.level ? (['accepted'] as const) : []),
      ...(stop && stop.p > stop.level ? (['stop'] as const) : []),
    ],
  };
}

function classOf({ members, candidate }: Scores, names: readonly string[], level: number): BankEvidence['accepted'] {
  return {
    p: conformalP(members, candidate),
    level,
    limit: limitOf(members, level),
    members: members.map((score, i) => ({ name: names[i]!, score })),
    candidate,
  };
}

/** A bank whose members are copies of each other has no breadth: the resolution is the least. */
const excessOf = (score: number, limit: number, resolution: number): number =>
  Math.max(score, resolution) / Math.max(limit, resolution) - 1;

function decide(facts: {
  readonly bank: BankEvidence['accepted'];
  readonly stop: BankEvidence['accepted'] | undefined;
  readonly excess: number;
  readonly control: number;
  readonly tolerance: number;
}): { readonly outcome: BankEvidence['outcome']; readonly findings: readonly BankFinding[] } {
  const { bank, stop, excess, control, tolerance } = facts;
  const { p, level } = bank;
  const beside: BankFinding[] = stop
    ? [
        {
          code: stop.p > stop.level ? 'one-to-be-stopped' : 'not-one-to-be-stopped',
          numbers: { p: stop.p, level: stop.level },
        },
      ]
    : [];
  if (p <= level) {
    const far = excess > tolerance;
    return {
      outcome: far ? 'different' : 'undecided',
      findings: [
        {
          code: far ? 'stranger-than-the-bank' : 'hardly-stranger-than-the-bank',
          numbers: { p, level, excess, tolerance },
        },
        ...beside,
      ],
    };
  }
  const one: BankFinding = { code: 'one-of-the-bank', numbers: { p, level } };
  if (control <= tolerance)
    return {
      outcome: 'undecided',
      findings: [{ code: 'unrelated-not-stranger', numbers: { excess: control, tolerance } }, one, ...beside],
    };
  return stop && stop.p > stop.level
    ? { outcome: 'undecided', findings: [...beside, one] }
    : { outcome: 'equivalent', findings: [one, ...beside] };
}
