/** The rule about twins, and what it rests on, from Grams whose relation is known. */
import { describe, expect, test } from '@jest/globals';
import { measures } from '../../../src/measure/index';
import { random } from '../../../src/random';
import { gramOf, subsetInputs, type Gram } from '../../../src/representation/gram';
import { meanTwinRatio } from '../../../src/statistics/twins';
import { dealt } from '../../../src/verdict/input-groups';
import { controlOf, type TwinControl } from '../../../src/verdict/twins/control';
import { decideTwins, withControl, type ControlGrounds, type TwinGrounds } from '../../../src/verdict/twins/decide';
import { twinsSchema } from '../../../src/verdict/twins/evidence';
import { explainTwins } from '../../../src/verdict/twins/explain';
import { responsesOf, unit, type Unit } from '../../../src/verdict/twins/responses';
import { cutTwins } from '../../../src/verdict/twins/measured';
import { RunningTwins } from '../../../src/verdict/twins/running';
import { twinsOf } from '../../../src/verdict/twins/twins-of';
import { twinKeyLines } from '../../../src/verdict/twins/words';

const N = 30;
const P = 12;
const stream = random(7, 'twins');
const matrix = (size: number): Float64Array => Float64Array.from({ length: size }, () => stream.normal());
const add = (a: Float64Array, b: Float64Array, by: number): Float64Array => a.map((x, i) => x + by * b[i]!);
const entriesOf = ({ data, by }: Unit): Float64Array => data.map((x) => x * by[0] * by[1]);
const gram = (data: Float64Array): Gram => gramOf({ data, shape: [N, data.length / N] });

describe('responses', () => {
  const clean = matrix(N * P);
  const change = matrix(N * P);
  const before = unit(gram(clean));

  test('the same change of a copy has cosine 1, whatever its scale, rotation or the order of its features', () => {
    const after = add(clean, change, 0.3);
    // features reversed, and all of them three times as large
    const turned = (data: Float64Array): Float64Array => data.map((_, i) => 3 * data[i - (i % P) + (P - 1 - (i % P))]!);
    const { moved, cosine } = responsesOf(
      [before, unit(gram(turned(clean)))],
      [unit(gram(after)), unit(gram(turned(after)))],
    );
    expect(cosine).toBeCloseTo(1, 10);
    expect(moved[0]).toBeCloseTo(moved[1], 10);
    expect(moved[0]).toBeGreaterThan(0.05);
  });

  test('how far a model is moved is what the measure cka says', async () => {
    const after = gram(add(clean, change, 0.5));
    const { data } = await measures.cka.distances([gram(clean), after], { seed: 0 });
    expect(responsesOf([before, before], [unit(after), before]).moved).toEqual([expect.closeTo(data[1]!, 9), 0]);
  });

  test('against the formula, written down once more', () => {
    const [a, b] = [unit(gram(add(clean, change, 0.4))), unit(gram(add(clean, matrix(N * P), 0.4)))];
    const earlier = entriesOf(before);
    const minus = (after: Unit): Float64Array => entriesOf(after).map((value, i) => value - earlier[i]!);
    const [x, y] = [minus(a), minus(b)];
    const dot = (u: Float64Array, v: Float64Array): number => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
    expect(responsesOf([before, before], [a, b]).cosine).toBeCloseTo(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)), 12);
    expect(Math.sqrt(dot(entriesOf(a), entriesOf(a)))).toBeCloseTo(1, 12);
  });

  test('one that moves and one that does not have cosine 0; two that do not move have none', () => {
    const after = unit(gram(add(clean, change, 0.4)));
    expect(responsesOf([before, before], [after, before]).cosine).toBe(0);
    expect(responsesOf([before, before], [before, before])).toEqual({ moved: [0, 0], cosine: undefined });
    const constant = new Float64Array(N * N);
    expect(entriesOf(unit({ n: N, data: constant }))).toEqual(constant);
  });

  test.each([1e200, 1.7e308, 1e-200, 3e-308])('values of size %p, whose squares cannot be represented', (size) => {
    const large = { n: 2, data: Float64Array.from([size, -size, -size, size]) };
    const half = (sign: number): unknown => expect.closeTo(sign * 0.5, 12);
    expect(Array.from(entriesOf(unit(large)))).toEqual([half(1), half(-1), half(-1), half(1)]);
  });
});

const levels = { alpha: 0.05, beta: 0.05 };
/** Says that with components paired at random models respond as unlike as can be. */
const control: TwinControl = {
  over: true,
  evidence: async () =>
    controlOf(
      Array.from({ length: 8 }, () => ({ components: 3, cosine: 0.95, atRandom: 0 })),
      1,
      levels,
    ),
};
const options = { measure: 'cka', levels, seed: 0, splits: 1, control } as const;

/**
 * Draws of a model and of one made from it: the model plus one random change per draw, which the other shares as far as is said.
 * @param shared share of every change that is the same in both
 * @param apart how far the other is from the model to begin with
 */
function draws(pairs: number, shared: number, apart: number): [{ gram: Gram }[], { gram: Gram }[]] {
  const clean = matrix(N * P);
  const other = add(clean, matrix(N * P), apart);
  const sides: [{ gram: Gram }[], { gram: Gram }[]] = [[{ gram: gram(clean) }], [{ gram: gram(other) }]];
  for (let w = 0; w < pairs; w++) {
    const change = matrix(N * P);
    const own = matrix(N * P);
    sides[0].push({ gram: gram(add(clean, change, 0.6)) });
    sides[1].push({ gram: gram(add(add(other, change, 0.6 * shared), own, 0.6 * (1 - shared))) });
  }
  return sides;
}

describe('twins of draws whose relation is known', () => {
  test('a near copy that responds alike is derived, and another that responds by itself is not', async () => {
    const derived = await twinsOf(draws(16, 0.95, 0.05), [], options);
    expect(derived.outcome).toBe('derived');
    expect(derived.findings.map(({ code }) => code)).toEqual(['twins-nearer', 'responses-alike', 'pairing-matters']);
    expect(twinKeyLines(derived).at(-1)).toEqual([
      'pairing ratio',
      '0.0500 [0.0500, 0.0500], response cosine 0.95, at random 0; derived: below 0.5',
    ]);
    const other = await twinsOf(draws(16, 0, 1), [], options);
    expect(other.outcome).toBe('not derived');
    expect(other.findings.map(({ code }) => code)).toContain('responses-unlike');
    expect(other.findings.at(-1)!.code).toBe('not-another-mechanism');
    // it is asked last
    expect(other.control).toBeUndefined();
    for (const one of [derived, other]) {
      expect(twinsSchema.parse(one)).toEqual(one);
      expect(one.draws).toHaveLength(16);
      expect(one.trajectory.near).toHaveLength(8);
      expect(one.ratio.low).toBeLessThanOrEqual(one.ratio.estimate);
      expect(one.ratio.high).toBeGreaterThanOrEqual(one.ratio.estimate);
    }
  });

  test('a model and itself: ratio 0, cosine 1', async () => {
    const [side] = draws(12, 1, 0);
    const { outcome, ratio, meanRatio, cosine, twins } = await twinsOf([side, side], [], options);
    expect(outcome).toBe('derived');
    expect([ratio.estimate, ratio.high, meanRatio.estimate, twins]).toEqual([0, 0, 0, 0]);
    expect(cosine!.estimate).toBeCloseTo(1, 12);
  });

  test('nothing responds: open, whatever the distances', async () => {
    const [first] = draws(0, 1, 0);
    const still = Array.from({ length: 13 }, () => first[0]!);
    const found = await twinsOf([still, still], [], options);
    expect(found).toMatchObject({ outcome: 'open', still: 12 });
    expect(found.cosine).toBeUndefined();
    expect(found.findings[0]).toEqual({ code: 'nothing-responds', numbers: { pairs: 12 } });
    expect(twinKeyLines(found)[1]![1]).toContain('nothing responds');
  });

  test('few draws leave it open, and an odd one counts for the means', async () => {
    const sides = draws(5, 0.95, 0.05);
    const found = await twinsOf(sides, [], options);
    expect(found).toMatchObject({ outcome: 'open', pairs: 5 });
    expect(found.draws).toHaveLength(5);
    expect(found.trajectory.near).toHaveLength(2);
    const { data, m } = await measures.cka.distances(
      sides.flatMap((side) => side.map((one) => one.gram)),
      { seed: 0 },
    );
    expect(found.twins).toBeCloseTo(
      [1, 2, 3, 4, 5].reduce((sum, w) => sum + data[w * m + 6 + w]! / 5, 0),
      12,
    );
    expect(found.untouched).toBeCloseTo(data[6]!, 12);
  });

  test('distances that are known already, among all or within blocks, give the same', async () => {
    const sides = draws(7, 0.5, 0.3);
    const measured = await twinsOf(sides, [], options);
    const distances = await measures.cka.distances(
      sides.flatMap((side) => side.map((one) => one.gram)),
      { seed: 0 },
    );
    const cut = await twinsOf(sides, [], options, { distances });
    expect(cut.ratio.estimate).toBeCloseTo(measured.ratio.estimate, 12);
    expect(cut.meanRatio.high).toBeCloseTo(measured.meanRatio.high, 12);
    expect(cut.cosine).toEqual(measured.cosine);
    expect(cut.draws.map(({ distance }) => distance)).toEqual(
      measured.draws.map(({ distance }) => expect.closeTo(distance, 12)),
    );
  });

  test('where the inputs are a sample, limits are wider by how much groups of them differ', async () => {
    const many = 160;
    const wide = (): Float64Array => matrix(many * P);
    const of = (data: Float64Array) => ({ gram: gramOf({ data, shape: [many, P] }) });
    const clean = wide();
    const changes = Array.from({ length: 8 }, wide);
    const sides: [{ gram: Gram }[], { gram: Gram }[]] = [
      [of(clean), ...changes.map((change) => of(add(clean, change, 0.6)))],
      [of(clean), ...changes.map((change) => of(add(add(clean, change, 0.5), wide(), 0.3)))],
    ];
    const [all, some] = [await twinsOf(sides, [], options), await twinsOf(sides, [], { ...options, undrawn: 0.5 })];
    expect(all.inputGroups).toBeUndefined();
    expect(some.inputGroups).toEqual({ groups: 8, undrawn: 0.5 });
    for (const which of ['ratio', 'meanRatio', 'cosine'] as const) {
      expect(some[which]!.estimate).toBe(all[which]!.estimate);
      expect(some[which]!.low).toBeLessThanOrEqual(all[which]!.low);
      expect(some[which]!.high).toBeGreaterThanOrEqual(all[which]!.high);
    }
    expect(some.meanRatio.high).toBeGreaterThan(all.meanRatio.high);
    expect(some.cosine!.low).toBeLessThan(all.cosine!.low);
    // measured by others already, it comes out the same
    const grams = sides.flatMap((side) => side.map((one) => one.gram));
    const onGroups = await Promise.all(
      dealt(many, { seed: options.seed, left: 0.5 }).map((at) =>
        measures.cka.distances(
          grams.map((gram) => subsetInputs(gram, at)),
          { seed: 0 },
        ),
      ),
    );
    const known = await twinsOf(sides, [], { ...options, undrawn: 0.5 }, { onGroups });
    expect(known.meanRatio.high).toBeCloseTo(some.meanRatio.high, 12);
    // the limits of the groups' numbers, written down once more
    const centred = (values: readonly number[]): number => Math.max(...values) - values.reduce((a, b) => a + b, 0) / 8;
    const logs = onGroups.map((distances) => {
      const { twins, within } = cutTwins(distances, 9);
      return Math.log(meanTwinRatio({ twins, within }, measures.cka.resolution, { low: 0.025, high: 0.05 }).estimate);
    });
    const own = Math.log(all.meanRatio.high / all.meanRatio.estimate);
    expect(Math.log(some.meanRatio.high / some.meanRatio.estimate)).toBeCloseTo(
      Math.hypot(own, Math.SQRT1_2 * centred(logs)),
      9,
    );
  });

  test('which model is called first says nothing', async () => {
    const [a, b] = draws(12, 0.6, 0.3);
    const [one, other] = [await twinsOf([a, b], [], options), await twinsOf([b, a], [], options)];
    expect(other.outcome).toBe(one.outcome);
    expect(other.ratio).toEqual({
      estimate: expect.closeTo(one.ratio.estimate, 10),
      low: expect.closeTo(one.ratio.low, 10),
      high: expect.closeTo(one.ratio.high, 10),
    });
    expect(other.cosine!.estimate).toBeCloseTo(one.cosine!.estimate, 12);
    expect(other.siblings[0]).toBeCloseTo(one.siblings[1], 12);
  });

  test('sites: where they respond alike and where not', async () => {
    const [a, b] = [draws(6, 1, 0), draws(6, 0, 1)];
    const sides = ([0, 1] as const).map((side) =>
      a[side].map((one, w) => ({ gram: one.gram, siteGrams: [one.gram, b[side][w]!.gram] })),
    ) as [{ gram: Gram; siteGrams: Gram[] }[], { gram: Gram; siteGrams: Gram[] }[]];
    const { bySite } = await twinsOf(sides, ['early', 'late'], options);
    expect(bySite.map(({ site }) => site)).toEqual(['early', 'late']);
    expect(bySite[0]!.cosine).toBeGreaterThan(0.99);
    expect(bySite[1]!.cosine).toBeLessThan(0.5);
  });

  test('the running test says what the evidence says', async () => {
    const sides = draws(12, 0.95, 0.05);
    const found = await twinsOf(sides, [], options);
    const running = new RunningTwins(options);
    for (let b = 0; b < 6; b++) {
      const at = sides.map((side) => side.slice(1 + 2 * b, 3 + 2 * b));
      const { data } = await measures.cka.distances(
        at.flatMap((side) => side.map((one) => one.gram)),
        { seed: 0 },
      );
      running.observe({ twins: [data[2]!, data[7]!], siblings: [data[1]!, data[11]!] }, sides);
    }
    expect(running.ratio.estimate).toBeCloseTo(found.ratio.estimate, 12);
    expect(running.cosine).toEqual(found.cosine);
    expect(running.decision.outcome).toBe(found.outcome);
  });
});

describe('the rule, on both sides of where each part of it begins', () => {
  const at = (low: number, high: number) => ({ estimate: (low + high) / 2, low, high });
  const grounds: TwinGrounds = { pairs: 12, ratio: at(0.2, 0.999), meanRatio: at(0.2, 0.999), cosine: at(0.501, 0.9) };
  const outcome = (changed: Partial<TwinGrounds>): string => decideTwins({ ...grounds, ...changed }).outcome;

  test.each<[string, Partial<TwinGrounds>, string]>([
    ['all three', {}, 'derived'],
    ['the ratio may be 1', { ratio: at(0.2, 1) }, 'open'],
    ['the ratio of means may be 1', { meanRatio: at(0.2, 1) }, 'open'],
    ['the cosine may be one half', { cosine: at(0.5, 0.9) }, 'open'],
    ['the ratio may still be 1', { ratio: at(1, 2), cosine: at(0, 0.6) }, 'open'],
    ['the ratio is above 1', { ratio: at(1.001, 2) }, 'not derived'],
    ['the cosine is below one half', { cosine: at(0.1, 0.499) }, 'not derived'],
    ['the cosine may still be one half', { cosine: at(0.1, 0.5) }, 'open'],
    ['means alone refute nothing', { meanRatio: at(1.5, 2), ratio: at(0.9, 2) }, 'open'],
    ['nothing responds', { cosine: undefined }, 'open'],
    ['nothing responds, far apart', { cosine: undefined, ratio: at(2, 3) }, 'open'],
  ])('%s', (_, changed, expected) => {
    expect(outcome(changed)).toBe(expected);
  });

  const control: ControlGrounds = { pairs: 8, skipped: 0, ratio: at(0.1, 0.499), cosine: 0.9, atRandom: 0.2 };
  test.each<[string, ControlGrounds | { why: string }, string, string]>([
    ['the pairing matters', control, 'derived', 'twins-nearer'],
    ['the pairing ratio may be one half', { ...control, ratio: at(0.1, 0.5) }, 'open', 'pairing-open'],
    ['the pairing ratio may still be one half', { ...control, ratio: at(0.5, 1) }, 'open', 'pairing-open'],
    ['the pairing ratio is above one half', { ...control, ratio: at(0.501, 1) }, 'open', 'any-pairing'],
    ['there is no control', { why: 'there is one of each' }, 'open', 'no-control'],
  ])('with a control: %s', (_, control, outcome, code) => {
    const decided = withControl(decideTwins(grounds), control);
    expect(decided.outcome).toBe(outcome);
    expect(decided.findings[0]!.code).toBe(code);
    expect(decided.findings).toHaveLength(3);
    // of what is not derived it says nothing
    const not = decideTwins({ ...grounds, cosine: at(0.1, 0.3) });
    expect(withControl(not, control)).toEqual(not);
  });

  test('sentences, the deciding finding first', () => {
    expect(explainTwins(decideTwins(grounds).findings)).toEqual([
      'Under the same intervention the two models are nearer to each other than one model is to itself under two interventions: twin ratio 0.60 [0.20, 1.00].',
      'What an intervention does to one model it does to the other: response cosine 0.70 [0.50, 0.90].',
    ]);
    expect(explainTwins(decideTwins({ ...grounds, cosine: at(0.1, 0.3) }).findings)).toEqual([
      'What an intervention does to one model it does not do to the other: response cosine 0.20 [0.10, 0.30].',
      expect.stringContaining('twin ratio'),
      'Not derived is no evidence of another mechanism: two training runs that learnt the same are not derived from each other either.',
    ]);
  });
});
