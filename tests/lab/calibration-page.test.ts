/** The page of the calibration says what is in its results. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Result } from '../../lab/calibration/comparison.js';
import { document, ofOneCode, ofResults, resultsOf, table } from '../../lab/calibration/report.js';
import { bestCutoff, scoresTable } from '../../lab/calibration/report/cutoffs.js';
import { goals } from '../../lab/calibration/report/goals.js';
import { halves } from '../../lab/calibration/report/rules.js';
import { share } from '../../lab/calibration/report/shares.js';
import { distancesTable, relationTable, responseTable, twinsTable } from '../../lab/calibration/report/tables.js';
import { rowsOf, type Row } from '../../lab/calibration/rows.js';

const suite = join(__dirname, '..', '..', 'lab', 'calibration');

describe('the page', () => {
  const nothing: Row = {
    outcome: 'refused',
    code: 'BELOW_THRESHOLD',
    words: 'a 1 | b 2',
    seed: 1,
    cluster: 'a 1, b 2',
    half: 'confirm',
    distances: null,
    twins: null,
    ratio: null,
    cosine: null,
    response: null,
    discrepancy: null,
    strongest: null,
    congruity: null,
    cka: 0.3,
    implementations: 0,
    draws: 0,
    rows: 10,
    seconds: 1,
    by: null,
  };
  const row = (kind: string, index: number, given: Partial<Row> = {}): Result => ({
    ...nothing,
    kind,
    index,
    seed: index,
    code: null,
    outcome: 'equivalent',
    distances: 'equivalent',
    twins: 'derived',
    ratio: 0.1,
    cosine: 0.9,
    response: 'alike',
    discrepancy: 0.01,
    strongest: 'derived',
    draws: 10,
    implementations: 11,
    cluster: `pair ${index}`,
    half: index % 2 === 0 ? 'choose' : 'confirm',
    ...given,
  });
  const imitates = {
    outcome: 'undecided',
    twins: 'not derived',
    response: 'unlike',
    ratio: 1.4,
    strongest: 'behaves alike',
  } as const;
  const someKinds = [
    { id: 'fine-tuned', truth: 'same', words: 'tuned', count: 4 },
    { id: 'imitating', truth: 'hard', words: 'imitates', count: 40 },
    { id: 'variable', truth: 'different', words: 'another variable', count: 2 },
  ];
  const rows = [
    row('fine-tuned', 0, { congruity: 0.9, cka: 0.99 }),
    row('fine-tuned', 1, { congruity: 0.4, cka: 0.97, outcome: 'undecided', twins: 'open', distances: 'undecided' }),
    row('fine-tuned', 2, { congruity: 0.8, cka: 0.8, draws: 16 }),
    { ...nothing, kind: 'fine-tuned', index: 3, cluster: 'pair 3' },
    ...Array.from({ length: 20 }, (_, i) => row('imitating', i, imitates)),
    row('variable', 0, {
      outcome: 'different',
      distances: 'different',
      words: 'sort 1 | rank 2',
      congruity: 0.1,
      cka: 0.95,
      response: 'unlike',
      twins: 'not derived',
    }),
    row('variable', 1, {
      outcome: 'different',
      distances: 'different',
      words: 'rank 3 | sort 2',
      congruity: 0.3,
      cka: 0.2,
      response: 'unlike',
      twins: 'not derived',
    }),
  ];
  const results = resultsOf(rows, someKinds, {
    code: 'c',
    models: 'm',
    date: 'd',
    environment: 'e',
    workers: 1,
    inputs: 200,
  });
  const cells = (text: string, with_: string): string[] =>
    text
      .split('\n')
      .find((line) => line.includes(with_))!
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1);
  const tuned = rowsOf(results, results.kinds[0]!);
  const none = (count: number): string => share(tuned.slice(0, count), () => false);

  test('what is written is read again', () => {
    const again = JSON.parse(JSON.stringify(results)) as typeof results;
    const [first, imitating, third] = again.kinds.map((kind) => rowsOf(again, kind));
    for (const [i, own] of [...first!, ...imitating!, ...third!].entries()) expect(rows[i]).toMatchObject(own);
    expect(imitating).toHaveLength(20);
  });

  test('each kind is of one code: the one that runs, or the one that has most of it', () => {
    const of = (kind: string, count: number, cka: number): Result[] =>
      Array.from({ length: count }, (_, i) => row(kind, i, { cka }));
    const found = ofOneCode([
      { code: 'now', results: of('fine-tuned', 1, 0.1) },
      { code: 'older', results: [...of('fine-tuned', 3, 0.2), ...of('imitating', 2, 0.2)] },
      { code: 'oldest', results: [...of('imitating', 3, 0.3), ...of('variable', 1, 0.3)] },
    ]);
    expect(found.map(({ kind, index, cka, by }) => [kind, index, cka, by])).toEqual([
      ['fine-tuned', 0, 0.1, 'now'],
      ...[0, 1, 2].map((i) => ['imitating', i, 0.3, 'oldest']),
      ['variable', 0, 0.3, 'oldest'],
    ]);
    const kept = resultsOf(found, someKinds, { ...results, code: 'now' });
    const again = ofOneCode([{ code: 'next', results: of('imitating', 1, 0.4) }, ...ofResults(kept)], ['fine-tuned']);
    // one of imitating is fewer than three, and was not asked for
    expect(again.map(({ kind, index, cka, by }) => [kind, index, cka, by])).toEqual([
      ...[0, 1, 2].map((i) => ['imitating', i, 0.3, 'oldest']),
      ['fine-tuned', 0, 0.1, 'now'],
      ['variable', 0, 0.3, 'oldest'],
    ]);
    const template = readFileSync(join(suite, 'calibration.template.md'), 'utf8');
    const page = (code: string): string => document(template, resultsOf(found, someKinds, { ...results, code }));
    expect(page('now')).toContain(
      '**Several codes.** Of the code named above are: fine-tuned. Of earlier code, and not compared again since: imitating, variable (oldest).',
    );
    expect(page('next')).toContain(
      '**Several codes.** Of earlier code, and not compared again since: fine-tuned (now);',
    );
    expect(document(template, results)).not.toContain('Several codes');
  });

  test('outcomes', () => {
    expect(cells(table(results), '| tuned |')).toEqual([
      'tuned',
      '4',
      share(tuned, ({ outcome }) => outcome === 'equivalent'),
      none(4),
      share(tuned, ({ outcome }) => outcome === 'undecided'),
      share(tuned, ({ outcome }) => outcome === 'refused'),
      '10',
      '10',
      '1',
    ]);
    expect(share(tuned, ({ outcome }) => outcome === 'equivalent')).toMatch(/^50 \(/);
  });

  test('what they rest on, of those that were judged', () => {
    const third = (test: (one: Row) => boolean): string => share(tuned.slice(0, 3), test);
    expect(cells(twinsTable(results), '| tuned |')).toEqual([
      'tuned',
      '3',
      third(({ twins }) => twins === 'derived'),
      none(3),
      third(({ twins }) => twins === 'open'),
      none(3),
      '0.1',
      '0.9',
    ]);
    expect(cells(responseTable(results), '| imitates |').slice(2)).toEqual([
      ...['unlike', 'alike'].map((is) =>
        share(rowsOf(results, results.kinds[1]!), ({ response }) => (is === 'alike') === (response === 'unlike')),
      ),
      share(rowsOf(results, results.kinds[1]!), () => false),
      share(rowsOf(results, results.kinds[1]!), () => false),
      '0.01',
    ]);
    expect(cells(distancesTable(results), '| another variable |')[3]).toMatch(/^100 /);
    expect(cells(relationTable(results), '| imitates |').at(-1)).toMatch(/^100 /);
  });

  test('scores, by both cut-offs', () => {
    const text = scoresTable(results);
    expect(text).toContain('score >= 0.400');
    expect(cells(text, '| tuned |').map((cell) => cell.replace(/ .*/, ''))).toEqual([
      'tuned',
      '4',
      '67',
      '100',
      '50',
      '100',
    ]);
  });

  test('goals: met, missed, or open where comparisons are missing that could change it', () => {
    const text = goals(results);
    // all four comparisons are there
    expect(cells(text, '| undecided: at most 5 % |').at(-1)).toBe('**missed**');
    expect(cells(text, '| draws a side: median at most 12 |').slice(-2)).toEqual(['10', 'met']);
    expect(cells(text, '| different: never |').slice(-2)).toEqual(['0 of 4', 'met']);
    expect(cells(text, '| different, rank, sort: at least 95 % |').at(-1)).toBe('met');
    // 20 of 40 are
    expect(cells(text, '| equivalent: never |').slice(-2)).toEqual(['0 of 20', 'open, so far met']);
    const passing = { ...results, kinds: results.kinds.slice(1, 2) };
    const broken = resultsOf([row('imitating', 0)], someKinds, passing);
    expect(cells(goals(broken), '| equivalent: never |').slice(-2)).toEqual(['1 of 1', '**missed**']);
    // nine of ten: 95 % is not excluded
    const most = resultsOf(
      Array.from({ length: 10 }, (_, i) => row('imitating', i, i < 9 ? imitates : {})),
      someKinds,
      passing,
    );
    expect(cells(goals(most), '| not derived, or answering unlike: at least 95 % |').at(-1)).toBe(
      'open, so far not met',
    );
    // none of ten: it is
    const none = resultsOf(
      Array.from({ length: 10 }, (_, i) => row('imitating', i)),
      someKinds,
      passing,
    );
    expect(cells(goals(none), '| not derived, or answering unlike: at least 95 % |').at(-1)).toBe('**missed**');
  });

  test('the rule on both halves', () => {
    const [rule, distances] = ['| the joint rule |', '| distances alone |'].map((name) => cells(halves(results), name));
    // two to choose on; one to confirm, undecided
    expect(rule![1]).toMatch(/^100 \(.*\) \/ 0 \(/);
    // twins and answers stop imitation, distances do not
    expect(rule![4]).toMatch(/^0 \(.*\) \/ 0 \(/);
    expect(distances![4]).toMatch(/^100 \(.*\) \/ 100 \(/);
    expect(rule!.at(-1)).toMatch(/^100 \(.*\) \/ 100 \(/);
  });

  test('clusters of one model each: Wilson’s interval of as many as these are worth', () => {
    // 10 of 200, worth 199 (clusters.test.ts): Wilson's formula for 9.95 of 199 gives 0.02734, 0.08970
    const alone = Array.from({ length: 200 }, (_, i) => ({ ...tuned[0]!, cluster: String(i), draws: i }));
    expect(share(alone, ({ draws }) => draws < 10)).toBe('5 (2.7-9)');
    expect(share([], () => true)).toBe('-');
  });

  test('the best cut-off is the best there is', () => {
    const score = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(score, score, fc.double({ min: -0.1, max: 1.1, noNaN: true }), (same, different, cutoff) => {
        const accuracy =
          (same.filter((x) => x >= cutoff).length / same.length +
            different.filter((x) => x < cutoff).length / different.length) /
          2;
        expect(bestCutoff(same, different).accuracy).toBeGreaterThanOrEqual(accuracy - 1e-12);
      }),
    );
  });

  test('the document has every part that the template asks for, and says that it is a pilot where it is one', () => {
    const template = readFileSync(join(suite, 'calibration.template.md'), 'utf8');
    const text = document(template, results);
    expect(text).not.toContain('{{');
    expect(text).toContain(table(results));
    expect(text).toContain(
      '**A pilot.** Only a part of the planned comparisons was made: fine-tuned 4 of 4, imitating 20 of 40',
    );
    const whole = { ...results, kinds: results.kinds.filter(({ rows: own, count }) => own.length >= count) };
    expect(document(template, whole)).not.toContain('A pilot');
  });
});
