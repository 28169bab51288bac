/** Every code of a finding has its sentence, in the words that users read. */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { explain as explainClaim, nextSteps as stepsOfClaim, receivedOf } from '../../../src/claims/explain';
import { claimFindingSchema, type ClaimFinding } from '../../../src/claims/findings';
import { explain, explained, namesOf, nextSteps, plainNames } from '../../../src/verdict/rule/explain';
import { findingSchema, type Finding } from '../../../src/verdict/rule/findings';

/** Something that a schema takes. */
function sample(schema: unknown): unknown {
  if (schema instanceof z.ZodObject)
    return Object.fromEntries(Object.entries(schema.shape).map(([key, of]) => [key, sample(of)]));
  if (schema instanceof z.ZodOptional) return undefined;
  if (schema instanceof z.ZodTuple) return schema.def.items.map(sample);
  if (schema instanceof z.ZodArray) return ['blocks.0', 'blocks.1'];
  if (schema instanceof z.ZodLiteral) return schema.value;
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodBoolean) return true;
  if (schema instanceof z.ZodString) return 'a reason';
  return 20;
}

const findings = findingSchema.options.map((option) => findingSchema.parse(sample(option)) as Finding);
const ofClaims = claimFindingSchema.options.map((option) => claimFindingSchema.parse(sample(option)) as ClaimFinding);
const old = /\b(siblings?|strangers?|margin(?!`))\b/;

describe('a comparison', () => {
  test.each(findings.map((finding) => [finding.code, finding] as const))('%s', (_, finding) => {
    const [said, ...more] = explain([finding], plainNames);
    expect(more).toEqual([]);
    expect(said).toMatch(/^[A-Z0-9][^]*[^.]\.$/);
    expect(said).not.toMatch(/undefined|NaN|\[object/);
    const next = nextSteps([finding], plainNames);
    if (next !== undefined) expect(next).toMatch(/^[A-Z][^]*\.$/);
    for (const text of [said, next ?? '']) expect(text).not.toMatch(old);
  });

  test('a finding about one site says so, and one without some sites', () => {
    const numbers = { p: 0.001 };
    expect(explain([{ code: 'not-exchangeable', site: 'blocks.0', numbers }], plainNames)[0]).toMatch(
      /^At blocks\.0 alone, the sets are not exchangeable: /,
    );
    expect(explain([{ code: 'not-exchangeable', without: ['a', 'b'], numbers }], plainNames)[0]).toMatch(
      /^Without a and b, the sets are not exchangeable: /,
    );
  });

  test('sides and units have the names of what was compared', () => {
    const finding = {
      code: 'too-uncertain',
      side: 'candidate',
      numbers: { tolerance: 0.25, excess: { estimate: 0.2, low: 0.1, high: 0.3 }, needed: 30 },
    } as const;
    expect(explain([finding], namesOf([8, 8]))[0]).toContain(
      'the within-model distance of the candidate (10 % to 30 %)',
    );
    expect(nextSteps([finding], namesOf([8, 8]))).toBe('About 30 trained runs a side.');
    expect(nextSteps([finding], namesOf(undefined))).toBe('About 30 implementations a side.');
    // "draw more" is no advice without end
    const far = { ...finding, numbers: { ...finding.numbers, needed: 5000 } };
    expect(nextSteps([far], plainNames)).toMatch(/^Another tolerance \(`margin`\)/);
    const open = { code: 'running-test-open', numbers: { draws: 12 } } as const;
    expect(nextSteps([finding, finding, open], plainNames)).toBe(
      'About 30 implementations a side. At this rate the running test would be certain after about 12 more draws a side (`budget`).',
    );
  });

  test('what is decided needs nothing', () => {
    const [finding] = findings;
    expect(explained({ outcome: 'equivalent', findings: [finding!] }, plainNames).wouldSettle).toBeUndefined();
  });
});

describe('a claim', () => {
  test.each(ofClaims.map((finding) => [finding.code, finding] as const))('%s', (_, finding) => {
    const reasons = explainClaim([finding]);
    const received = [
      'all-of-them-needed',
      'part-backed-up',
      'not-shrunk',
      'roles-not-tested',
      'broken-as-well',
      'not-replaced',
      'variables-not-tested',
      'wider-than-tolerance',
      'unlike-implementations',
      'others-not-compared',
      'no-rivals',
      'not-refuted',
      'nearest-stopped',
    ].includes(finding.code)
      ? undefined
      : receivedOf([finding]);
    expect(reasons.length + (received === undefined ? 0 : 1)).toBeGreaterThan(0);
    if (received !== undefined) expect(received).toMatch(/^[a-z0-9][^]*[^.]$/);
    for (const reason of reasons) expect(reason).toMatch(/^[A-Za-z0-9][^]*\.$/);
    for (const text of [...reasons, received ?? '', stepsOfClaim([finding]) ?? '']) {
      expect(text).not.toMatch(/undefined|NaN|\[object/);
      expect(text).not.toMatch(old);
    }
  });

  test('where a search was stopped, more time settles it', () => {
    const open = { code: 'parts-undecided', components: ['a'], numbers: { effect: 0.05 } } as const;
    const stopped = { code: 'search-stopped', what: 'part', stopped: 'time', numbers: { tried: 3 } } as const;
    expect(stepsOfClaim([open])).toBe('More `draws`, or another `effect`.');
    expect(stepsOfClaim([open, stopped])).toBe('More time or forward passes (`maxSeconds`, `maxPasses`).');
  });
});
