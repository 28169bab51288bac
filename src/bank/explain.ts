/** The findings of a bank in sentences. */
import { capital, number, percent } from '../format.js';
import type { BankEvidence } from './evidence.js';
import type { BankFinding } from './findings.js';

type Code = BankFinding['code'];
type Of<C extends Code> = Extract<BankFinding, { readonly code: C }>;

const short = (x: number): string => number(Number(x.toPrecision(2)));

/** What a member is called. */
const member = (of: BankEvidence['of']): string => (of === 'runs' ? 'run of the bank' : 'accepted copy');

const sentences: { readonly [C in Code]: (numbers: Of<C>['numbers'], of: BankEvidence['of']) => string } = {
  'one-of-the-bank': ({ p, level }, of) =>
    `the candidate could be one more ${member(of)}: p = ${short(p)}, above the level of ${short(level)}`,
  'stranger-than-the-bank': ({ p, level, excess, tolerance }, of) =>
    `the candidate is stranger than one more ${member(of)} may be (p = ${short(p)}, level ${short(level)}), and it is ${percent(excess)} beyond the limit, more than the tolerance of ${percent(tolerance)}`,
  'hardly-stranger-than-the-bank': ({ p, level, excess, tolerance }, of) =>
    `the candidate is stranger than one more ${member(of)} may be (p = ${short(p)}, level ${short(level)}), but only by ${percent(excess)}, within the tolerance of ${percent(tolerance)}`,
  'one-to-be-stopped': ({ p, level }) =>
    `the candidate could be one of the changes that are to be stopped: p = ${short(p)}, above the level of ${short(level)}`,
  'not-one-to-be-stopped': ({ p, level }) =>
    `the candidate is none of the changes that are to be stopped: p = ${short(p)}, level ${short(level)}`,
  'unrelated-not-stranger': ({ excess, tolerance }, of) =>
    `even the candidate with its inputs shuffled would be only ${percent(excess)} beyond what one more ${member(of)} may be, within the tolerance of ${percent(tolerance)}, so being like the bank shows nothing`,
};

export const inSentences = (findings: readonly BankFinding[], of: BankEvidence['of']): string[] =>
  findings.map(
    ({ code, numbers }) =>
      `${capital((sentences[code] as (numbers: unknown, of: BankEvidence['of']) => string)(numbers, of))}.`,
  );
