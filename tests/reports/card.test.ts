/** Cards and badges: every verdict, a report that is not the whole, names of any kind. */
import { describe, expect, test } from '@jest/globals';
import { badgeOf, badgeSvg, toCard } from '../../reports/card.js';
import type { Check, Report } from '../../reports/schema.js';
import { makeCheck, makeUnjudged, reportOf } from './evidence.js';

const held = makeCheck({ m1: 20, m2: 20, seed: 4, test: 'held' });
const violated = makeCheck({ m1: 20, m2: 20, offset: 3, test: 'violated' });
const open = makeCheck({ m1: 3, m2: 3, test: 'open' });
const unjudged = makeUnjudged({ test: 'unjudged' });

test('the checks are of all verdicts', () => {
  expect([held, violated, open, unjudged].map(({ status }) => status)).toEqual([
    'held',
    'violated',
    'not established',
    'not judged',
  ]);
});

describe('a badge', () => {
  const inPart = (report: Report): Report => ({ ...report, partial: 'only 1 of the 2 gates (--only)' });
  test.each<[string, Report, string]>([
    ['what holds', reportOf(held), 'held'],
    ['a violation', reportOf(held, violated, open), 'violated'],
    ['what is open', reportOf(held, open), 'not established'],
    ['what could not be judged', reportOf(held, violated, open, unjudged), 'not judged'],
    ['no check', reportOf(), 'not judged'],
    ['what holds, of a part of the gates', inPart(reportOf(held)), 'held, in part'],
    ['a violation, of a part of the gates', inPart(reportOf(violated)), 'violated'],
    [
      'what holds, where its test failed all the same',
      reportOf({ ...held, testFailed: 'expect(1).toBe(2)' }),
      'test failed',
    ],
    ['what does not count', reportOf(held, { ...violated, aside: 'test.failing' }), 'held'],
  ])('of %s', (_, report, message) => {
    expect(badgeOf(report)).toMatchObject({ message, color: expect.stringMatching(/^#[0-9a-f]{6}$/) });
    const svg = badgeSvg(report);
    expect(svg).toContain(`aria-label="interpretation: ${message}"`);
    expect(svg.match(/<text /g)).toHaveLength(2);
    expect(svg).not.toMatch(/<script|href|url\(/);
  });
});

describe('a card', () => {
  test('says what was compared, of each check its verdict, and that it is not of all', () => {
    const whole = toCard(reportOf(held, violated, open, unjudged));
    for (const { status, test: name } of [held, violated, open, unjudged]) {
      expect(whole).toContain(`### ${name}\n`);
      expect(whole).toContain(`| verdict | ${status}: `);
    }
    expect(whole).not.toContain('Not the whole');
    expect(toCard({ ...reportOf(held), partial: 'shard 1 of 2' })).toContain('**Not the whole: shard 1 of 2.**');
  });

  test('names of any kind stay within their cells and say nothing to Markdown or HTML; a title names three models', () => {
    const names = [
      '<script>',
      '| a | `b` |',
      '[x](javascript:1)',
      '\u202egnirts',
      'line\nbreak',
      '# head',
      '@somebody',
    ];
    const named = names.map((name): Check => {
      const evidence = structuredClone(held.evidence!);
      return {
        ...held,
        test: name,
        evidence: { ...evidence, candidate: { ...evidence.candidate, model: { ...evidence.candidate.model, name } } },
      };
    });
    const card = toCard(reportOf(...named));
    expect(card).not.toMatch(/<|[^\\]`|[^\\]\](?:\()|\u202e|@/);
    expect(card.split('\n')[0]).toMatch(/ and 4 more$/);
    for (const line of card.split('\n').filter((one) => one.startsWith('| ')))
      expect(line.match(/(?<!\\)\|/g)).toHaveLength(3);
  });
});
