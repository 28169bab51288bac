/** What stands out: different within a family and equivalent across, with the layers and kinds of prompts that carry it; rates within and across, with intervals; all of it in text and page. */
import { expect, test } from '@jest/globals';
import { toPage } from '../../../suites/ioi/page.js';
import { pictureOf } from '../../../suites/ioi/picture.js';
import { resultSchema, type ModelResult, type PairResult, type Result } from '../../../suites/ioi/result.js';
import { carriersOf, counted, groupsOf, surprises } from '../../../suites/ioi/summary.js';
import { toText } from '../../../suites/ioi/text.js';

const model = (name: string, family: string): ModelResult => ({
  path: name,
  name,
  family,
  accuracy: 1,
  logitDifference: 3,
  first: 1,
  heads: [],
  seconds: 0,
  kinds: [
    { kind: 'ABBA', prompts: 40, accuracy: 1 },
    { kind: 'BABA', prompts: 40, accuracy: 0.95 },
  ],
});

const interval = (estimate: number) => ({ estimate, low: estimate - 0.1, high: estimate + 0.1 });

/** @param distances of the row's two layers, and CKA on the two kinds of prompts */
const pair = (
  [row, column]: readonly [string, string],
  outcome: PairResult['outcome'],
  distances: readonly [number, number],
  ckas: readonly [number, number],
): PairResult => ({
  row,
  column,
  outcome,
  reason: 'a reason',
  congruity: interval(0.5),
  distances: [0.1, 0.2, 0.3],
  excess: [interval(0), interval(0)],
  draws: [10, 10],
  relation: 'behaves alike',
  code: 0.3,
  cka: 0.4,
  response: { outcome: 'undecided', untouched: 0, roles: [] },
  sites: distances.map((distance, i) => ({ row: `layer ${i}`, column: `layer ${i} of it`, distance })),
  kinds: [
    { kind: 'ABBA', prompts: 40, cka: ckas[0] },
    { kind: 'BABA', prompts: 40, cka: ckas[1] },
  ],
  rows: 10,
  seconds: 1,
});

const result: Result = {
  suite: 'ioi',
  settings: { models: ['a', 'b', 'c', 'x', 'y'], inputs: 200, draws: 10, seed: 0 },
  prompts: {
    count: 180,
    names: ['Mary', 'John'],
    places: 3,
    objects: 4,
    templates: ['Then {A} and {B}'],
    leftOut: [],
    refused: [{ model: 'y', why: 'longer than 24 tokens', prompts: 20 }],
  },
  models: [model('a', 'one'), model('b', 'one'), model('c', 'one'), model('x', 'two'), model('y', 'two')],
  contents: {},
  skipped: [],
  pairs: [
    pair(['a', 'b'], 'different', [0.2, 0.6], [0.9, 0.3]),
    pair(['a', 'c'], 'different', [0.1, 0.7], [0.2, 0.8]),
    pair(['b', 'c'], 'equivalent', [0.5, 0.1], [0.5, 0.5]),
    pair(['a', 'x'], 'equivalent', [0.3, 0.5], [0.4, 0.6]),
    pair(['b', 'x'], 'different', [0.3, 0.5], [0.4, 0.6]),
    pair(['x', 'y'], 'undecided', [0.3, 0.5], [0.4, 0.6]),
  ],
  estimate: { seconds: 1, rows: 100 },
  seconds: 2,
  cpuSeconds: 2,
  rows: 50,
  complete: true,
};

test('the result is one', () => expect(resultSchema.parse(result)).toEqual(result));

test('different within a family is carried by where the two are farthest apart, equivalent across by where they are nearest', () => {
  expect(
    surprises(result).map(({ pair: { row, column }, why, site, kind }) => [row, column, why, site?.row, kind?.kind]),
  ).toEqual([
    ['a', 'b', 'different, of one family', 'layer 1', 'BABA'],
    ['a', 'c', 'different, of one family', 'layer 1', 'ABBA'],
    ['a', 'x', 'equivalent, of two families', 'layer 0', 'BABA'],
  ]);
  expect(carriersOf(surprises(result))).toEqual([
    {
      why: 'different, of one family',
      count: 2,
      sites: [['layer 1', 2]],
      kinds: [
        ['BABA', 1],
        ['ABBA', 1],
      ],
    },
    { why: 'equivalent, of two families', count: 1, sites: [['layer 0', 1]], kinds: [['BABA', 1]] },
  ]);
});

test('pairs within a family and across are counted, with the interval of their rate', () => {
  const [within, across] = groupsOf(result).map(counted);
  expect(within).toMatchObject({ name: 'within a family', count: 4, equivalent: 1, different: 2, undecided: 1 });
  expect(across).toMatchObject({ name: 'across families', count: 2, equivalent: 1, different: 1, undecided: 0 });
  // Wilson's for 1 of 4
  expect([within!.rate.low, within!.rate.high]).toEqual([expect.closeTo(0.0456, 4), expect.closeTo(0.6994, 4)]);
});

test('text, page and picture have matrix, intervals, what is surprising, and prompts that were left out', () => {
  const text = toText(result, 160);
  expect(text).toContain('180 prompts (200 were asked for)');
  expect(text).toContain('left out: 20 prompts, y: longer than 24 tokens');
  expect(text).toContain('surprising: 2 pairs different, of one family; most at layer 1 (2); on BABA (1), ABBA (1)');
  expect(text).toContain('a and x; congruity 0.50 [0.40, 0.60], most at layer 0 (distance 0.30), on "BABA" (CKA 0.60)');
  const page = toPage(result);
  expect(page).toContain('20 prompts of 200 were left out: y: longer than 24 tokens.');
  for (const part of ['0.50 [0.40, 0.60]', 'layer 1', 'BABA', 'within a family', 'across families'])
    expect(page).toContain(part);
  for (const words of [text, page]) expect(words).toContain('the root of R2 between untouched models');
  // five matrices of six pairs
  expect(pictureOf(result).match(/<title>[abcxy], [abcxy]: /g)).toHaveLength(30);
});
