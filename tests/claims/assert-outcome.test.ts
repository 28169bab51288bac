/** `assertOutcome` says what the matchers say, and an undecided outcome never passes. */
import { expect, test } from '@jest/globals';
import { assertOutcome } from '../../src/claims/assert-outcome.js';
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { OptionError, OutcomeError } from '../../src/errors.js';
import { makeEvidence } from '../reports/evidence.js';

const of = { equivalent: makeEvidence({ seed: 4 }), different: makeEvidence({ offset: 3, seed: 8 }) };
const undecided = { ...of.equivalent, outcome: 'undecided' as const };

test('the outcome that is expected gives the evidence, any other throws with the verdict', () => {
  expect([of.equivalent.outcome, of.different.outcome]).toEqual(['equivalent', 'different']);
  expect(assertOutcome(of.equivalent, 'equivalent')).toBe(of.equivalent);
  expect(assertOutcome(of.different, 'different')).toBe(of.different);
  expect(() => assertOutcome(of.different, 'equivalent')).toThrow(
    /Different[^]*\n {2}cross-model distance: [^]*at: expected: equivalent/,
  );
  expect(() => assertOutcome(of.equivalent, 'different')).toThrow(OutcomeError);
});

test('undecided throws whatever is expected', () => {
  for (const expected of ['equivalent', 'different'] as const)
    expect(() => assertOutcome(undecided, expected)).toThrow(OutcomeError);
});

test('an outcome that this kind of evidence never has is an error of the caller', () => {
  expect(() => assertOutcome(of.equivalent, 'holds' as never)).toThrow(OptionError);
  expect(() => assertOutcome(of.equivalent, 'undecided' as never)).toThrow(OptionError);
  const claim = { claim: 'the circuit suffices', outcome: 'holds' } as ClaimEvidence;
  expect(assertOutcome(claim, 'holds')).toBe(claim);
  expect(() => assertOutcome(claim, 'equivalent' as never)).toThrow(OptionError);
});
