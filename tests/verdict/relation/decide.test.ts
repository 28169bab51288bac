/** The rule that makes one verdict of distances, twins and responses: every case of the table of docs/verdict.md. */
import { describe, expect, test } from '@jest/globals';
import { decideRelation, holding, settledByTwins, type Said } from '../../../src/verdict/relation/decide.js';
import { relationNames, relations, type Relation } from '../../../src/verdict/relation/evidence.js';

const every: Said[] = (['equivalent', 'different', 'undecided'] as const).flatMap((distances) =>
  (['derived', 'not derived', 'open', undefined] as const).flatMap((twins) =>
    (['alike', 'unlike', 'undecided', undefined] as const).map((responses) => ({ distances, twins, responses })),
  ),
);

describe('where nothing is asked for', () => {
  test.each<[string, Said, string]>([
    ['a copy', { distances: 'equivalent', twins: 'derived', responses: 'alike' }, 'equivalent'],
    ['a copy near the tolerance', { distances: 'undecided', twins: 'derived', responses: 'alike' }, 'equivalent'],
    ['a copy pruned hard', { distances: 'equivalent', twins: 'derived', responses: 'unlike' }, 'equivalent'],
    ['one that imitates', { distances: 'equivalent', twins: undefined, responses: 'unlike' }, 'undecided'],
    [
      'one that imitates, part by part',
      { distances: 'equivalent', twins: 'not derived', responses: 'unlike' },
      'undecided',
    ],
    [
      'trained again, and the same inside',
      { distances: 'equivalent', twins: 'not derived', responses: 'alike' },
      'equivalent',
    ],
    ['trained again', { distances: 'equivalent', twins: 'not derived', responses: 'undecided' }, 'undecided'],
    ['another mechanism', { distances: 'different', twins: 'not derived', responses: 'unlike' }, 'different'],
    ['seen through bent glass', { distances: 'different', twins: 'open', responses: 'alike' }, 'undecided'],
    ['sets of runs', { distances: 'equivalent', twins: undefined, responses: undefined }, 'equivalent'],
    ['other sets of runs', { distances: 'different', twins: undefined, responses: undefined }, 'different'],
  ])('%s', (_, said, outcome) => expect(decideRelation(undefined, said)).toBe(outcome));

  test('no outcome is made of distances that say the opposite', () => {
    for (const said of every) {
      const outcome = decideRelation(undefined, said);
      if (outcome === 'different') expect(said.distances).toBe('different');
      if (outcome === 'equivalent') expect(said.distances).not.toBe('different');
    }
  });

  test('without twins and responses, distances decide', () => {
    for (const distances of ['equivalent', 'different', 'undecided'] as const)
      expect(decideRelation(undefined, { distances, twins: undefined, responses: undefined })).toBe(distances);
  });
});

describe('where a relation is asked for', () => {
  test('equivalent: distances alone; alike: responses alone; derived: twins, unless distances say the opposite', () => {
    for (const said of every) {
      expect(decideRelation('equivalent', said)).toBe(said.distances);
      const alike = { alike: 'equivalent', unlike: 'different', undecided: 'undecided' } as const;
      expect(decideRelation('alike', said)).toBe(said.responses ? alike[said.responses] : 'undecided');
      const derived = decideRelation('derived', said);
      expect(derived === 'different').toBe(said.twins === 'not derived');
      expect(derived === 'equivalent').toBe(said.twins === 'derived' && said.distances !== 'different');
    }
  });
});

test('relations that hold are in order, behaving alike is always among them, and derived implies equivalent', () => {
  for (const said of every) {
    const holds = holding(undefined, said);
    expect(holds).toEqual(relationNames.filter((name) => holds.includes(name)));
    expect(holds.at(-1)).toBe('behaves alike');
    if (holds.includes('derived')) expect(holds).toContain('equivalent');
    // what imitates is no more than what its answers show
    expect(holds.includes('equivalent')).toBe(decideRelation(undefined, said) === 'equivalent');
    // unless distances alone are asked for
    expect(holding('equivalent', said).includes('equivalent')).toBe(
      said.distances === 'equivalent' || holds.includes('derived'),
    );
  }
});

test('twins settle a verdict only if no answers would change it', () => {
  for (const asked of [undefined, ...relations])
    for (const { distances, twins } of every) {
      const given = every.filter((said) => said.distances === distances && said.twins === twins && said.responses);
      const outcomes = new Set(given.map((said) => decideRelation(asked, said)));
      const settled = settledByTwins(asked, { distances, twins });
      if (settled) expect([...outcomes]).toEqual([expect.stringMatching(/equivalent|different/)]);
    }
  const settles = (asked: Relation | undefined, twins: Said['twins']) =>
    (['equivalent', 'undecided', 'different'] as const).map((distances) => settledByTwins(asked, { distances, twins }));
  expect(settles(undefined, 'derived')).toEqual([true, true, false]);
  expect(settles(undefined, 'not derived')).toEqual([false, false, false]);
  expect(settles('derived', 'derived')).toEqual([true, true, false]);
  expect(settles('derived', 'not derived')).toEqual([true, true, true]);
  for (const twins of ['derived', 'not derived', 'open', undefined] as const) {
    expect(settles('equivalent', twins)).toEqual([false, false, false]);
    expect(settles('alike', twins)).toEqual([false, false, false]);
    if (twins === 'open' || twins === undefined) expect(settles('derived', twins)).toEqual([false, false, false]);
  }
});
