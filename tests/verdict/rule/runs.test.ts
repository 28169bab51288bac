import { describe, expect, test } from '@jest/globals';
import { random } from '../../../src/random';
import { judge } from '../../../src/verdict/rule/judge';
import { byRun, runsOf } from '../../../src/verdict/rule/runs';
import { blocksOf, policy, type Point } from '../helpers';

/** `runs` centres of one population, each with so many implementations around it, given run by run. */
function population(
  seed: number,
  runs: number,
  each: number,
  spread = 2,
  dimension = 10,
): { points: Point[]; labels: number[] } {
  const r = random(seed, 'population');
  const centres = Array.from({ length: runs }, () => Array.from({ length: dimension }, () => spread * r.normal()));
  const labels = centres.flatMap((_, c) => Array.from({ length: each }, () => c));
  return { points: labels.map((c) => centres[c]!.map((x) => x + r.normal())), labels };
}

describe('runs as the unit', () => {
  test('runs are numbered as they first appear, by any label', () => {
    expect(runsOf(['b', 'a', 'b', 'c', 'a'])).toEqual([0, 1, 0, 2, 1]);
  });

  test('one run a side: the blocks themselves', () => {
    const b = blocksOf([[0], [1]], [[2], [3], [4]]);
    expect(
      byRun(b, [
        [0, 0],
        [0, 0, 0],
      ]),
    ).toBe(b);
  });

  test('means over pairs of runs, by hand; a run is at distance zero from itself', () => {
    const b = blocksOf([[0], [2], [10]], [[20], [30]]);
    const reduced = byRun({ ...b, control1: { columns: 1, data: Float64Array.of(1, 3, 8) } }, [
      [0, 0, 1],
      [0, 1],
    ]);
    expect(reduced).toMatchObject({ m1: 2, m2: 2 });
    expect([...reduced.within1]).toEqual([0, 9, 9, 0]);
    expect([...reduced.within2]).toEqual([0, 10, 10, 0]);
    expect([...reduced.across]).toEqual([19, 29, 10, 20]);
    expect([...reduced.control1!.data]).toEqual([2, 8]);
  });

  test('a side of one run keeps its implementations', () => {
    const reduced = byRun(blocksOf([[0], [1], [2]], [[5], [6], [8]]), [
      [0, 0, 0],
      [0, 1, 1],
    ]);
    expect(reduced).toMatchObject({ m1: 3, m2: 2 });
    expect([...reduced.across]).toEqual([5, 7, 4, 6, 3, 5]);
  });

  test('each implementation of a run of its own changes nothing', () => {
    const b = blocksOf([[0], [1], [3]], [[5], [6], [9]]);
    expect(
      byRun(b, [
        [0, 1, 2],
        [0, 1, 2],
      ]),
    ).toEqual(b);
  });

  test('few runs with many implementations decide nothing; as implementations they would wrongly differ', () => {
    const said = {
      asRuns: { equivalent: 0, different: 0, undecided: 0 },
      asDraws: { equivalent: 0, different: 0, undecided: 0 },
    };
    for (let seed = 0; seed < 40; seed++) {
      const [one, two] = [population(seed, 3, 10), population(seed + 1000, 3, 10)];
      const b = blocksOf(one.points, two.points);
      said.asDraws[judge(b, policy, seed).outcome]++;
      said.asRuns[judge(byRun(b, [one.labels, two.labels]), policy, seed).outcome]++;
    }
    expect(said.asRuns).toEqual({ equivalent: 0, different: 0, undecided: 40 });
    expect(said.asDraws.different + said.asDraws.equivalent).toBeGreaterThan(0);
  });
});
