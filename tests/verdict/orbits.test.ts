/** Comparisons of tasks with symmetries: function models whose representations are waves of the inputs, so that what the average leaves is known. */
import { describe, expect, test } from '@jest/globals';
import { TaskError } from '../../src/errors.js';
import { task } from '../../generators/task.js';
import { model } from '../../src/model/function.js';
import type { FunctionRequest } from '../../src/model/function-answer.js';
import { trainedRuns } from '../../src/implementations/index.js';
import { random } from '../../src/random.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import { sitesInWords } from '../../src/verdict/sites/words.js';
import { measuredLines, orbitsInWords } from '../../src/verdict/words.js';
import { errorOf } from '../helpers/error-of.js';

const p = 7;
type Pair = readonly [number, number];
type Wave = readonly [x: number, y: number, weight: number];
const list = pairs(range(p), range(p));

/** every symmetry that keeps which answers are equal, one of sums and one that mixes all inputs of an answer */
const natural = {
  right: ([a, b]: Pair): Pair => [(a + 1) % p, b],
  left: ([a, b]: Pair): Pair => [a, (b + 1) % p],
  units: ([a, b]: Pair): Pair => [(3 * a) % p, (3 * b) % p],
};
const on = (symmetries: Record<string, (input: Pair) => Pair>, answer = ([a, b]: Pair) => (a + b) % p) =>
  task<Pair>({ name: 'addition', inputs: list, behaviour: accuracy(answer), threshold: { atLeast: 0.99 }, symmetries });

/** a run: two sites, waves of the inputs with weights of its own, and a little of its own in every number */
function run(
  name: string,
  i: number,
  first: readonly Wave[],
  second: readonly Wave[],
  answer = (a: number, b: number) => (a + b) % p,
) {
  const draw = random(i, name);
  const sites = Object.entries({ first, second }).map(([site, waves]) => {
    const own = waves.map(([x, y, weight]) => [x, y, weight * (1 + 0.25 * draw.normal())] as const);
    return {
      site,
      width: 2 * waves.length,
      data: list.flatMap(([a, b]) =>
        own.flatMap(([x, y, weight]) =>
          [Math.cos, Math.sin].map((f) => weight * f((2 * Math.PI * (x * a + y * b)) / p) + 0.1 * draw.normal()),
        ),
      ),
    };
  });
  return model({
    name: `${name} ${i}`,
    fingerprint: `${name} ${i}`,
    sites: sites.map(({ site, width }) => ({ name: site, axes: ['feature'], shape: [width], parts: ['feature'] })),
    run({ inputs, capture }: FunctionRequest) {
      const rows = inputs as readonly Pair[];
      return {
        activations: Object.fromEntries(
          sites
            .filter(({ site }) => capture.includes(site))
            .map(({ site, width, data }) => [
              site,
              {
                shape: [rows.length, width],
                data: Float32Array.from(
                  rows.flatMap(([a, b]) => data.slice((a * p + b) * width, (a * p + b + 1) * width)),
                ),
              },
            ]),
        ),
        logits: {
          shape: [rows.length, p],
          data: Float32Array.from(rows.flatMap(([a, b]) => range(p).map((c) => 9 * Number(c === answer(a, b))))),
        },
      };
    },
  });
}

/** runs of one recipe, each on circles of its own */
const recipe = (name: string, waves: (unit: number) => readonly [readonly Wave[], readonly Wave[]]) =>
  trainedRuns(range(31).map((i) => run(name, i, ...waves(1 + (i % (p - 1))))));
const options = {
  inputs: 49,
  budget: { draws: 30 },
  splits: 1,
  measure: 'cka',
  alsoReport: [],
  bootstrap: 200,
  permutations: 399,
  shrink: false,
} as const;

describe('runs on circles of their own', () => {
  // several lines a site: with few of them some runs are far from all others
  const along = (u: number, ratios: readonly number[]): Wave[] => [
    [u, 0, 1],
    ...ratios.map((r): Wave => [u, r * u, 1]),
  ];
  const sums = (name: string) => recipe(name, (u) => [along(u, [0, 1, 2]), along(u, [1, 3, 4, 5])]);
  const differences = recipe('other', (u) => [along(u, [0, -1, 4]), along(u, [1, 3, 4, 5])]);
  test('are equivalent if they are functions of the inputs of the same kind', async () => {
    const evidence = await compare(sums('one'), sums('another'), { ...options, on: on(natural) });
    expect(evidence).toMatchObject({
      outcome: 'equivalent',
      orbits: { inputs: 49, measured: 49, orbits: 1, pairs: p + 2 },
    });
    expect(orbitsInWords(evidence.orbits!)).toMatch(
      /^averaged over 1 orbit of 49 inputs: 9 orbits of pairs, [\d.]+ % and [\d.]+ % of the Grams' structure kept$/,
    );
    expect(measuredLines(evidence).map(([label]) => label)).toContain('symmetries');
  });
  test('are different if they are not, and part where they are not', async () => {
    const evidence = await compare(sums('one'), differences, { ...options, on: on(natural) });
    expect(evidence.outcome).toBe('different');
    expect(sitesInWords(evidence.bySite, evidence.judgement.policy.margin)).toBe(
      'the models agree at second; they part at first',
    );
  });
  test('see some inputs of whole orbits only, if fewer are asked for', async () => {
    const evidence = await compare(sums('one'), sums('another'), { ...options, inputs: 30, on: on(natural) });
    expect(evidence).toMatchObject({
      outcome: 'equivalent',
      task: { inputs: 30 },
      orbits: { inputs: 49, measured: 30, pairs: 9 },
    });
    expect(orbitsInWords(evidence.orbits!)).toContain('of 49 inputs, of which distances see 30:');
  });
});

test('a group that averages everything away leaves it undecided, and says so', async () => {
  // one answer for all: any permutation of the inputs keeps the task
  const order = random(1, 'unnatural').permutation(p * p);
  const mixed = {
    cycle: ([a, b]: Pair): Pair => list[(a * p + b + 1) % (p * p)]!,
    exchange: ([a, b]: Pair): Pair => (a === 0 && b < 2 ? [0, 1 - b] : [a, b]),
    any: ([a, b]: Pair): Pair => list[order[a * p + b]!]!,
  };
  const constant = (name: string, waves: readonly Wave[]) =>
    trainedRuns(range(9).map((i) => run(name, i, waves, waves, () => 0)));
  for (const [one, other] of [
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
    [
      [1, 1, 1],
      [2, 0, 1],
    ],
  ] as const) {
    const evidence = await compare(constant('one', [one]), constant('other', [other]), {
      ...options,
      on: on(mixed, () => 0),
    });
    expect(evidence).toMatchObject({
      outcome: 'undecided',
      orbits: { orbits: 1, pairs: 2 },
      judgement: {
        failed: 'sufficiency not established',
        findings: expect.arrayContaining([
          expect.objectContaining({ code: 'averaged-away', side: 'baseline' }),
          expect.objectContaining({ code: 'averaged-away', side: 'candidate' }),
        ]),
      },
    });
    expect(evidence.judgement.reasons[0]).toMatch(
      /^The symmetries of the task leave nothing of the baseline: .*\(2 orbits of pairs of 49 inputs, (< 0.01|0) % of the structure kept\)\.$/,
    );
    expect(evidence.judgement.wouldSettle).toMatch(/^Fewer symmetries/);
    for (const side of evidence.orbits!.kept) expect(side.together).toBeLessThan(1e-9);
  }
});

test('what changes the task, or leaves its inputs, is an error', () => {
  expect(() => on({ half: ([a, b]) => [(3 * a) % p, b] })).toThrow(errorOf(TaskError, /changes the task/));
  expect(() => on({ out: ([a, b]) => [a + 1, b] })).toThrow(errorOf(TaskError, /no input of the task/));
});

test('sites in words', () => {
  const rows = (...excess: number[]) => excess.map((x, i) => ({ site: `s${i}`, excess: x }));
  expect(sitesInWords(rows(0.3), 0.25)).toBeUndefined();
  expect(sitesInWords(rows(0.2, 0.1), 0.25)).toBe('the models agree at every site');
  expect(sitesInWords(rows(3, 2), 0.25)).toBe('the models part at every site, most at s0');
  expect(sitesInWords(rows(3, 2, 0.25, 0), 0.25)).toBe('the models agree at s3, s2; they part at s0, s1');
  expect(sitesInWords(rows(6, 5, 4, 3, 2, 0), 0.25)).toBe('the models agree at s5; they part at s0, s1, s2 and 2 more');
});
