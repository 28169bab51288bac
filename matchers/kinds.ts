/** What comes of a matcher, by kind of evidence: which outcome passes, how it is recorded, and how it reads in a message. */
import * as fc from 'fast-check';
import type { ClaimEvidence } from '../src/claims/claim.js';
import { claimKeyLines, claimLines, claimVerdictInWords, replayOptions } from '../src/claims/words.js';
import type { Evidence } from '../src/verdict/evidence.js';
import { expectedInWords, keyLines, measuredLines, smallestInWords, verdictInWords } from '../src/verdict/words.js';
import type { Account } from './message.js';
import type { CheckRecord } from '../src/claims/check.js';

export interface Kind<E> {
  /** the outcome that the matcher passes on, and the one that it passes on under `.not` */
  readonly passes: CheckRecord['expected'];
  readonly refuses: CheckRecord['expected'];
  /** where neither the call nor the environment gives one */
  seed(): number | undefined;
  record(evidence: E): Pick<CheckRecord, 'evidence' | 'claim'>;
  account(evidence: E, isNot: boolean): Omit<Account, 'matcher' | 'argument' | 'replay'>;
}

/** Of two models or sets: equivalent, different, or undecided. */
export const comparison: Kind<Evidence> = {
  passes: 'equivalent',
  refuses: 'different',
  seed: () => undefined,
  record: (evidence) => ({ evidence }),
  account: (evidence, isNot) => ({
    received: evidence.candidate.model.name,
    task: evidence.task,
    expected: isNot ? 'different' : expectedInWords(evidence),
    verdict: verdictInWords(evidence),
    key: keyLines(evidence),
    ...(evidence.smallest && { smallest: ['smallest', smallestInWords(evidence.smallest)] as const }),
    reasons: evidence.judgement.reasons,
    rows: measuredLines(evidence),
    wouldSettle: evidence.judgement.wouldSettle,
  }),
};

/** Of a model: a claim holds, fails on a counterexample, or is undecided. */
export const claim: Kind<ClaimEvidence> = {
  passes: 'holds',
  refuses: 'fails',
  // what is searched is drawn by fast-check
  seed: () => fc.readConfigureGlobal()?.seed,
  record: (evidence) => ({ claim: evidence }),
  account: (evidence, isNot) => ({
    received: evidence.models[0]!.name,
    task: evidence.task,
    expected: isNot ? `not: ${evidence.claim}` : evidence.claim,
    verdict: claimVerdictInWords(evidence),
    key: claimKeyLines(evidence),
    ...(evidence.counterexample && { smallest: ['counterexample', evidence.counterexample.description] as const }),
    reasons: evidence.reasons,
    rows: claimLines(evidence),
    wouldSettle: evidence.wouldSettle,
    counterexample: replayOptions(evidence),
  }),
};
