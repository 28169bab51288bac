/** The calibration's comparisons: each with a seed of its own, drawn by it alone, from end to end. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kinds, runComparison, seedOf } from '../../lab/calibration/comparison.js';
import { distinctness, words } from '../../lab/calibration/tasks.js';
import { Zoo } from '../../lab/calibration/zoo.js';

let zoo: Zoo;
beforeAll(async () => {
  zoo = await Zoo.open(join(__dirname, '..', '..', 'lab', 'calibration', 'models'));
});
afterAll(() => zoo.dispose());

const everything = distinctness.examples(words.length, 0);

describe('the comparisons', () => {
  test('every one has a seed of its own', () => {
    const seeds = kinds.flatMap(({ id, count }) => Array.from({ length: count }, (_, index) => seedOf(id, index)));
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  test('there are enough of every kind', () => {
    for (const { truth, count } of kinds) expect(count).toBeGreaterThanOrEqual(truth === 'same' ? 200 : 100);
  });

  test('the same seed draws the same sides, another one others', async () => {
    for (const kind of kinds) {
      const drawn = async (seed: number) => {
        const { words: said, own } = await kind.draw(zoo, seed);
        for (const model of own) model.dispose();
        return said;
      };
      const first = await drawn(1);
      expect(await drawn(1)).toBe(first);
      // two seeds may draw the same sides, and three do not
      const second = await drawn(2);
      if (second === first) expect(await drawn(3)).not.toBe(first);
    }
  });

  test('sets of runs share none', async () => {
    const kind = kinds.find(({ id }) => id === 'recipe runs')!;
    for (let index = 0; index < 5; index++) {
      const { baseline, candidate } = await kind.draw(zoo, seedOf(kind.id, index));
      const names = await Promise.all(
        [baseline, candidate].map(async (side) => {
          if (!('open' in side)) throw new Error('not a set');
          const open = await side.open({ task: distinctness, examples: everything, seed: 1, searchSeed: 1 });
          const found: string[] = [];
          for (let i = 0; ; i++) {
            const drawn = await open.draw(i);
            if (drawn === undefined) return found;
            found.push(drawn.model.name);
          }
        }),
      );
      expect(names[0]!.length).toBeGreaterThanOrEqual(15);
      expect(new Set(names.flat()).size).toBe(names[0]!.length + names[1]!.length);
    }
  });

  test('models that do not do the task are refused', async () => {
    for (const id of ['untrained', 'shuffled', 'another task']) {
      const { outcome, code, congruity } = await runComparison(zoo, id, 0, 24);
      expect({ id, outcome, code, congruity }).toEqual({
        id,
        outcome: 'refused',
        code: 'BELOW_THRESHOLD',
        congruity: null,
      });
    }
  });

  test('from end to end, twice the same', async () => {
    const [once, again] = [await runComparison(zoo, 'recipe', 7, 40), await runComparison(zoo, 'recipe', 7, 40)];
    expect({ ...again, seconds: once.seconds }).toEqual(once);
    expect(['equivalent', 'different', 'undecided']).toContain(once.outcome);
    // two models of one architecture: everything is to be had
    expect(once.distances).not.toBeNull();
    expect(once.twins).not.toBeNull();
    expect(once.response).not.toBeNull();
    expect(once.strongest).not.toBeNull();
    expect(once.ratio).toBeGreaterThan(0);
    expect(Math.abs(once.cosine!)).toBeLessThanOrEqual(1);
    expect(once.discrepancy).toBeGreaterThanOrEqual(0);
    expect(once.discrepancy).toBeLessThanOrEqual(1);
    expect(once.congruity).toBeGreaterThanOrEqual(0);
    expect(once.cka).toBeLessThanOrEqual(1 + 1e-9);
    expect(once.draws).toBe(once.implementations - 1);
    // each draw is at least one run over the inputs, on each side
    expect(once.rows).toBeGreaterThan(2 * 40 * once.draws);
  });
});
