/** Verdicts on matrices from anywhere. */
import { describe, expect, test } from '@jest/globals';
import {
  CancelledError,
  ImplementationError,
  NumericalError,
  OptionError,
  RepresentationError,
} from '../../src/errors';
import type { Random } from '../../src/random';
import { measures, type MeasureName } from '../../src/measure';
import { compareRepresentations } from '../../src/verdict/representations';
import { mapFeatures, normals, plus, rotation, stream, times, type Features } from '../measure/data';
import { errorOf } from '../helpers/error-of';

const n = 60;
const [mechanism, other] = [normals(stream(1), n, 4), normals(stream(2), n, 4)];
/** implementations of one mechanism: mixed into p features, two directions of their own, and noise in every feature where asked for */
const draw = (r: Random, of: Features, p: number, noise: number): Features => {
  const mixed = times(of, times(normals(r, 4, 4), { data: rotation(r, p).data.slice(0, 4 * p), shape: [4, p] }));
  const own = plus(
    mixed,
    mapFeatures(times(normals(r, n, 2), normals(r, 2, p)), (v) => 0.3 * v),
  );
  return noise === 0
    ? own
    : plus(
        own,
        mapFeatures(normals(r, n, p), (v) => noise * v),
      );
};
/** each set from a seed of its own, so that a test sees the same alone as among the others */
const set = (seed: number, of: Features, p: number, noise = 0): Features[] => {
  const r = stream(seed);
  return Array.from({ length: 20 }, () => draw(r, of, p, noise));
};
const baseline = set(3, mechanism, 12);

test('the same mechanism in other features, of another number: equivalent', async () => {
  const evidence = await compareRepresentations(baseline, set(4, mechanism, 16), { seed: 3 });
  expect(evidence.outcome).toBe('equivalent');
  expect(evidence.judgement.sides.every(({ checks }) => checks.powered && checks.varied)).toBe(true);
  expect(evidence).toMatchObject({ inputs: n, measure: 'ridge', seed: 3, bounds: { measure: 'cka' } });
  expect(evidence.alsoReport.map(({ measure }) => measure)).toEqual(['cka', 'procrustes']);
  expect(evidence.bySplit).toHaveLength(3);
  expect(evidence.distances.across).toHaveLength(20);
  // plain JSON
  expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
});

test('the smallest tolerance that would have passed, and the largest that would have been exceeded: at these the verdict turns', async () => {
  const outcomeAt = async (candidate: readonly Features[], margin: number, measure: readonly MeasureName[]) =>
    (await compareRepresentations(baseline, candidate, { margin, measure, alsoReport: [] })).outcome;
  for (const measure of [['cka'], ['procrustes', 'cka']] as const) {
    const [same, apart] = [set(4, mechanism, 16), set(5, other, 12)];
    const found = await compareRepresentations(baseline, same, { measure, alsoReport: [] });
    expect(found.smallestMargin).toEqual({ level: 0.05, by: 'last look', margin: expect.any(Number) });
    expect(found.largestMargin).toBeUndefined();
    const { margin } = found.smallestMargin;
    expect(await outcomeAt(same, margin!, measure)).toBe('equivalent');
    if (margin! > 1e-3) expect(await outcomeAt(same, margin! - 1e-3, measure)).not.toBe('equivalent');

    const strange = await compareRepresentations(baseline, apart, { measure, alsoReport: [] });
    expect(strange.largestMargin).toEqual({ level: 0.05, by: 'last look', margin: expect.any(Number) });
    const largest = strange.largestMargin!.margin!;
    expect(largest).toBeGreaterThanOrEqual(0.25);
    expect(await outcomeAt(apart, largest, measure)).toBe('different');
    expect(await outcomeAt(apart, largest + 1e-3, measure)).not.toBe('different');
  }
});

describe('another mechanism: different', () => {
  const candidate = set(5, other, 12);
  test.each(Object.keys(measures) as (keyof typeof measures)[])('by %s', async (measure) => {
    const evidence = await compareRepresentations(baseline, candidate, { measure, alsoReport: [] });
    expect([evidence.outcome, evidence.judgement.reasons[0]]).toEqual([
      'different',
      expect.stringMatching(/beyond the tolerance of 25 %/),
    ]);
    expect(evidence.judgement.policy.resolution).toBe(measures[measure].resolution);
    expect(evidence.bounds.measure).toBe(measures[measure].metric ? measure : 'cka');
    expect(evidence.bounds.necessary).toBeLessThanOrEqual(evidence.bounds.hausdorff + 0.005);
    expect(evidence.bounds.hausdorff).toBeLessThanOrEqual(evidence.bounds.sufficient + 0.005);
  });
});

test('noise in every feature blinds CCA, and the verdict says that it is the measure that shows nothing', async () => {
  const noisy = set(6, mechanism, 12, 0.1);
  const evidence = await compareRepresentations(noisy, set(7, mechanism, 12, 0.1), {
    measure: 'cca',
    alsoReport: ['svcca', 'procrustes'],
  });
  expect(evidence.outcome).toBe('undecided');
  expect(evidence.judgement.findings).toContainEqual(expect.objectContaining({ code: 'control-not-beyond' }));
  expect(evidence.alsoReport.map(({ outcome }) => outcome)).toEqual(['equivalent', 'equivalent']);
});

test('the same again, to the bit', async () => {
  const timeless = async () => ({
    ...(await compareRepresentations(
      baseline,
      baseline.map((x) => ({ ...x })),
      { seed: 5 },
    )),
    seconds: 0,
  });
  expect(await timeless()).toEqual(await timeless());
});

test('names come from the matrices, the option, or their places', async () => {
  const named = baseline.map((x, i) => ({ ...x, name: `run ${i}` }));
  const evidence = await compareRepresentations(named, baseline, { alsoReport: [], names: { candidate: ['first'] } });
  expect(evidence.baseline.implementations[2]).toBe('run 2');
  expect(evidence.candidate.implementations.slice(0, 2)).toEqual(['first', 'candidate 1']);
});

describe('several measures', () => {
  test('all must say equivalent, each at the whole of beta; the others are listed with whether they decide', async () => {
    const evidence = await compareRepresentations(baseline, set(4, mechanism, 16), {
      measure: ['procrustes', 'cka'],
      alsoReport: ['rsa'],
    });
    expect(evidence).toMatchObject({ outcome: 'equivalent', measure: 'procrustes' });
    expect(evidence.alsoReport.map(({ measure, decides }) => [measure, decides])).toEqual([
      ['cka', true],
      ['rsa', false],
    ]);
  });
  test('one that finds a difference is enough, at its share of alpha, and is the one that is reported', async () => {
    // CCA is blind here, Procrustes is not
    const noisy = (seed: number, of: Features): Features[] => set(seed, of, 12, 0.1);
    const evidence = await compareRepresentations(noisy(6, mechanism), noisy(8, other), {
      measure: ['cca', 'procrustes'],
      alsoReport: [],
    });
    expect(evidence).toMatchObject({ outcome: 'different', measure: 'procrustes' });
    expect(evidence.judgement.policy).toMatchObject({ alpha: 0.025, beta: 0.05 });
    expect(evidence.alsoReport).toMatchObject([{ measure: 'cca', decides: true, outcome: 'undecided' }]);
  });
});

test('a measure that is only to be reported and cannot be taken keeps no verdict from being given', async () => {
  // too large for the penalties of ridge regression, which drown in rounding
  const large = (list: Features[]): Features[] => list.map((x) => mapFeatures(x, (v) => 1e9 * v));
  const evidence = await compareRepresentations(large(baseline), large(set(9, mechanism, 12)), {
    measure: 'cka',
    alsoReport: ['ridge', 'procrustes'],
  });
  expect(evidence.outcome).toBe('equivalent');
  expect(evidence.refused).toMatchObject([{ measure: 'ridge', why: expect.stringMatching(/is lost in rounding/) }]);
  expect(evidence.alsoReport.map(({ measure }) => measure)).toEqual(['procrustes']);
  await expect(compareRepresentations(large(baseline), large(baseline), { measure: 'ridge' })).rejects.toThrow(
    NumericalError,
  );
});

test('representations of several trained runs: the run is what counts', async () => {
  const labels = (count: number): number[] => Array.from({ length: 20 }, (_, i) => i % count);
  const candidate = set(4, mechanism, 16);
  const few = await compareRepresentations(baseline, candidate, {
    alsoReport: [],
    runs: { baseline: labels(3), candidate: labels(3) },
  });
  expect(few).toMatchObject({ outcome: 'undecided', runs: [3, 3] });
  expect(few.judgement.reasons.join(' ')).toMatch(/3 and 3 trained runs are too few/);
  const many = await compareRepresentations(baseline, candidate, {
    alsoReport: [],
    runs: { baseline: labels(10), candidate: labels(10) },
  });
  expect(many).toMatchObject({ outcome: 'equivalent', runs: [10, 10] });
  expect(many.distances.across).toHaveLength(20);
  await expect(compareRepresentations(baseline, candidate, { runs: { baseline: [1] } })).rejects.toThrow(
    errorOf(OptionError, /1 runs are named for 20/),
  );
});

describe('refuses', () => {
  const refused = async (
    change: () => Promise<unknown>,
    kind: new (...args: never[]) => Error,
    message: RegExp,
  ): Promise<void> => {
    const error = await change().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
  };
  test('one representation', () =>
    refused(() => compareRepresentations(baseline.slice(0, 1), baseline), ImplementationError, /baseline has 1/));
  test('no list', () =>
    refused(() => compareRepresentations(baseline[0] as never, baseline), ImplementationError, /no list/));
  test('other inputs', () =>
    refused(
      () => compareRepresentations(baseline, [baseline[0]!, normals(stream(10), n + 1, 3)]),
      RepresentationError,
      /61 inputs, others are over 60[\s\S]*candidate 1/,
    ));
  test('too few inputs', () => {
    const [a, b, c, d] = [11, 12, 13, 14].map((seed) => normals(stream(seed), 19, 3)) as [
      Features,
      Features,
      Features,
      Features,
    ];
    return refused(() => compareRepresentations([a, b], [c, d]), RepresentationError, /19 distinct inputs are too few/);
  });
  test('NaN, saying whose', () =>
    refused(
      () => compareRepresentations(baseline, [baseline[0]!, mapFeatures(baseline[1]!, (v, i) => (i === 4 ? NaN : v))]),
      RepresentationError,
      /candidate 1: input 4/,
    ));
  test('an unknown option', () =>
    refused(
      () => compareRepresentations(baseline, baseline, { mesure: 'cka' } as never),
      OptionError,
      /did you mean "measure"/,
    ));
  test('an unknown measure', () =>
    refused(() => compareRepresentations(baseline, baseline, { measure: 'cosine' as never }), OptionError, /measure/));
  test('a margin out of range', () =>
    refused(() => compareRepresentations(baseline, baseline, { margin: -1 }), OptionError, /margin/));
  test('work that was cancelled', () =>
    refused(() => compareRepresentations(baseline, baseline, { signal: AbortSignal.abort() }), CancelledError, /./));
});
