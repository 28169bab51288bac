import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { RepresentationError } from '../../src/errors.js';
import { random } from '../../src/random.js';
import { addGrams, gramOf, shuffleInputs, subsetInputs, traceOf, type Gram } from '../../src/representation/gram.js';
import {
  averaging,
  keptShare,
  likenessToNothing,
  orbitAverage,
  withControl,
} from '../../src/representation/orbit-average.js';
import { packGram, unpackGram } from '../../src/representation/packed-gram.js';
import { atOnce } from '../../src/signal.js';
import { measures } from '../../src/measure/index.js';
import { pairs, range } from '../../src/task/index.js';
import { orbitsOf } from '../../src/task/symmetries.js';
import { pairOrbits } from '../../src/task/pair-orbits.js';
import { isPsd } from '../helpers/psd.js';
import { errorOf } from '../helpers/error-of.js';
import { groupOf } from '../helpers/groups.js';

const features = (n: number, p: number, seed: number): Gram => {
  const draw = random(seed, 'orbit average');
  return gramOf({ shape: [n, p], data: Float64Array.from({ length: n * p }, () => draw.normal()) });
};
const permutation = (n: number) =>
  fc.shuffledSubarray(range(n), { minLength: n, maxLength: n }).map((order) => Uint32Array.from(order));
const groups = fc
  .integer({ min: 3, max: 5 })
  .chain((n) => fc.tuple(fc.constant(n), fc.array(permutation(n), { maxLength: 3 }), fc.nat()));
const far = (a: Gram, b: Gram): number => Math.max(...a.data.map((x, at) => Math.abs(x - b.data[at]!)));

/** addition modulo p: translations of either number, units, and functions of a, b and their sums on some circles */
const sums = (p: number, unit: number) => {
  const inputs = pairs(range(p), range(p));
  const by = (f: (a: number, b: number) => readonly [number, number]): Uint32Array =>
    Uint32Array.from(inputs, ([a, b]) => {
      const [c, d] = f(a, b);
      return (c % p) * p + (d % p);
    });
  const units = by((a, b) => [unit * a, unit * b]);
  const group = [by((a, b) => [a + 1, b]), by((a, b) => [a, b + 1]), units];
  /** waves of x a + y b */
  const waves = (of: readonly (readonly [x: number, y: number, weight: number])[]): Gram => {
    const rows = inputs.map(([a, b]) =>
      of.flatMap(([x, y, weight]) => [Math.cos, Math.sin].map((f) => weight * f((2 * Math.PI * (x * a + y * b)) / p))),
    );
    return gramOf({ data: Float64Array.from(rows.flat()), shape: [inputs.length, 2 * of.length] });
  };
  return { inputs, group, units, waves };
};

describe('the average over orbits', () => {
  test('is the sum over all of a small group, symmetric to the bit, and changes no more', () => {
    fc.assert(
      fc.property(groups, ([n, generators, seed]) => {
        const gram = features(n, 4, seed);
        const orbits = pairOrbits(n, generators);
        const average = orbitAverage(gram, orbits);
        const group = groupOf(n, generators);
        const expected = addGrams(group.map((g) => shuffleInputs(gram, g))).data.map((x) => x / group.length);
        expect(far(average, { n, data: expected })).toBeLessThan(1e-12);
        for (const i of range(n))
          for (const j of range(n)) expect(average.data[i * n + j]).toBe(average.data[j * n + i]);
        // a projection: of itself it is itself, and no member of the group changes it
        expect(far(orbitAverage(average, orbits), average)).toBeLessThan(1e-12);
        const moved = group.map((g) =>
          Math.max(far(shuffleInputs(average, g), average), far(orbitAverage(shuffleInputs(gram, g), orbits), average)),
        );
        expect(Math.max(...moved)).toBeLessThan(1e-12);
        expect(traceOf(average)).toBeCloseTo(traceOf(gram), 10);
        expect(isPsd(average)).toBe(true);
        const share = keptShare(gram, average);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }),
    );
  });
  test('of no group is the Gram; of all permutations nothing is left', () => {
    const gram = features(20, 5, 1);
    expect(orbitAverage(gram, pairOrbits(20, [])).data).toEqual(gram.data);
    expect(keptShare(gram, gram)).toBe(1);
    expect(likenessToNothing(gram)).toBeLessThan(0.7);
    const all = [
      Uint32Array.from(range(20), (i) => (i + 1) % 20),
      Uint32Array.from(range(20), (i) => (i < 2 ? 1 - i : i)),
    ];
    const nothing = orbitAverage(gram, pairOrbits(20, all));
    expect(keptShare(gram, nothing)).toBeLessThan(1e-12);
    expect(likenessToNothing(nothing)).toBeCloseTo(1, 12);
  });
  test('of orbits of other inputs is refused', () => {
    expect(() => orbitAverage(features(5, 2, 0), pairOrbits(4, []))).toThrow(
      errorOf(RepresentationError, /over 5 inputs has no average over orbits of 4/),
    );
  });
  test('does not see which circles, but which functions of the inputs, and how much of each', async () => {
    const { group, units, waves, inputs } = sums(11, 2);
    const orbits = pairOrbits(inputs.length, group);
    const of = (...list: Parameters<typeof waves>[0]) => orbitAverage(waves(list), orbits);
    const one = of([1, 1, 1], [2, 2, 1], [3, 0, 0.5], [0, 3, 0.5]);
    // every circle relabelled by itself
    const other = of([5, 5, 1], [3, 3, 1], [1, 0, 0.5], [0, 4, 0.5]);
    expect(far(one, other)).toBeLessThan(1e-12);
    expect(
      far(
        orbitAverage(
          shuffleInputs(
            waves([
              [1, 1, 1],
              [2, 0, 1],
            ]),
            units,
          ),
          orbits,
        ),
        of([1, 1, 1], [2, 0, 1]),
      ),
    ).toBeLessThan(1e-12);
    // closed form: shares E(r) on the lines y = r x; the cosine of Procrustes is the sum of sqrt(E F), so that its angle is that of Hellinger's distance
    const differences = of([1, 10, 1]);
    const mixed = of([1, 1, 0.6], [1, 10, 0.8]);
    const { data } = await measures.procrustes.distances([of([4, 4, 1]), differences, mixed], { seed: 0 });
    const angle = (cosine: number) => Math.acos(cosine) / (Math.PI / 2);
    expect(data[1]).toBeCloseTo(1, 6);
    expect(data[2]).toBeCloseTo(angle(0.6), 6);
    expect(data[5]).toBeCloseTo(angle(0.8), 6);
    const { data: least } = await measures.cka.distances([of([4, 4, 1]), differences, mixed], { seed: 0 });
    expect(least[2]).toBeCloseTo(angle(0.36 / Math.hypot(0.36, 0.64)), 6);
  });
});

describe('as distances see it', () => {
  const { group, waves, inputs } = sums(7, 3);
  const orbits = pairOrbits(inputs.length, group);
  const whole = waves([
    [1, 1, 1],
    [1, 0, 0.4],
  ]);
  const order = random(1, 'order').permutation(inputs.length);
  test('some inputs of the average over all', () => {
    const measured = random(2, 'some').subset(inputs.length, 20);
    expect(
      far(atOnce(averaging(whole, { orbits, measured })), subsetInputs(orbitAverage(whole, orbits), measured)),
    ).toBeLessThan(1e-12);
  });
  test('a control is shuffled before it is averaged, and goes along wherever the Gram goes', () => {
    const how = { orbits, measured: undefined };
    const control = orbitAverage(shuffleInputs(whole, order), orbits);
    const made = atOnce(withControl(whole, how, order));
    expect(made.control).toEqual(control);
    // shuffled afterwards it would be no average at all
    expect(far(orbitAverage(shuffleInputs(made, order), orbits), shuffleInputs(made, order))).toBeGreaterThan(0.1);
    const some = Uint32Array.of(3, 5, 8, 13);
    expect(subsetInputs(made, some).control).toEqual(subsetInputs(control, some));
    expect(unpackGram(packGram(made))).toEqual(made);
    const more = atOnce(withControl(waves([[2, 0, 1]]), how, order));
    expect(far(addGrams([made, more]).control!, addGrams([control, more.control!]))).toBeLessThan(1e-12);
    expect(addGrams([made, orbitAverage(whole, orbits)]).control).toBeUndefined();
  });
});

test('orbits of inputs are counted as the orbits of examples are', () => {
  fc.assert(
    fc.property(fc.array(permutation(7), { maxLength: 2 }), (generators) => {
      expect(pairOrbits(7, generators).inputs).toBe(orbitsOf(7, generators).length);
    }),
  );
});
