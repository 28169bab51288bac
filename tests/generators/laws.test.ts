import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  printsAndReparses,
  sameForSameSeed,
  shrinkingTerminates,
  shrinksAreStrictlySmaller,
  shrinksAreValid,
} from '../../generators/laws.js';
import type { Model } from '../../src/model/model.js';
import { tiny } from '../helpers/tiny.js';
import { parameters } from './lawful.js';
import { rows } from './rows.js';

let model: Model;
beforeAll(async () => {
  model = await tiny();
});
afterAll(() => model.dispose());

describe.each(rows.map((row) => [row.name, row] as const))('%s', (_, { make, isValid, size, parse, print, equal }) => {
  test('the same value for the same seed', () => sameForSameSeed(() => make(model), { parameters }));
  test('values and shrinks are valid', () => shrinksAreValid(make(model), isValid, { parameters }));
  test('every shrink is strictly smaller', () => shrinksAreStrictlySmaller(make(model), size, { parameters }));
  test('shrinking terminates', () => shrinkingTerminates(make(model), { parameters }));
  test('values print and re-parse', () =>
    printsAndReparses(make(model), (printed) => parse(printed, model), {
      parameters,
      ...(print && { print }),
      ...(equal && { equal }),
    }));
});

/** Numbers, with ways to break every law. */
class Unlawful extends fc.Arbitrary<number> {
  constructor(
    private readonly draw: (mrng: fc.Random) => number,
    private readonly children: (value: number) => number[],
  ) {
    super();
  }
  generate(mrng: fc.Random): fc.Value<number> {
    return new fc.Value(this.draw(mrng), undefined);
  }
  canShrinkWithoutContext(value: unknown): value is number {
    return typeof value === 'number';
  }
  shrink(value: number): fc.Stream<fc.Value<number>> {
    const children = this.children(value).map((child) => new fc.Value(child, undefined));
    return fc.stream(children.values());
  }
}
const drawn = (mrng: fc.Random) => mrng.nextInt(0, 100);
const down = (value: number) => (value > 0 ? [value - 1] : []);

describe('the laws themselves', () => {
  test('hold for a lawful arbitrary', () => {
    const make = () => new Unlawful(drawn, down);
    sameForSameSeed(make);
    shrinksAreValid(make(), (value) => value >= 0);
    shrinksAreStrictlySmaller(make(), (value) => value);
    shrinkingTerminates(make());
    printsAndReparses(make(), Number);
  });
  test('a value that does not come from the seed', () => {
    let count = 0;
    expect(() => sameForSameSeed(() => new Unlawful(() => count++, down))).toThrow(/the first time, \d+ the second/);
  });
  test('shrinks that do not come from the value', () => {
    let count = 0;
    expect(() => sameForSameSeed(() => new Unlawful(drawn, (value) => (count++ % 5 < 3 ? down(value) : [])))).toThrow(
      /the first time/,
    );
  });
  test('a value, and a shrink, that is not valid', () => {
    expect(() => shrinksAreValid(new Unlawful(drawn, down), (value) => value < 60)).toThrow(/\d+ is not valid/);
    expect(() =>
      shrinksAreValid(new Unlawful(drawn, (value) => (value === 50 ? [-1] : down(value))), (value) => value >= 0),
    ).toThrow(/-1 is not valid/);
    expect(() => shrinksAreValid(new Unlawful(drawn, down), (value) => expect(value).toBeGreaterThan(10))).toThrow(
      /toBeGreaterThan/,
    );
  });
  test('a shrink that is as large, or larger, on any place of its level', () => {
    expect(() =>
      shrinksAreStrictlySmaller(new Unlawful(drawn, (value) => [...down(value), value]), (value) => value),
    ).toThrow(/is no smaller/);
    expect(() =>
      shrinksAreStrictlySmaller(new Unlawful(drawn, (value) => (value > 2 ? [value - 2, value + 1] : [])), (value) => [
        0,
        value,
      ]),
    ).toThrow(/is no smaller/);
  });
  test('shrinking that goes round', () => {
    expect(() => shrinkingTerminates(new Unlawful(drawn, (value) => [value === 0 ? 100 : value - 1]))).toThrow(
      /still shrinking after 1000 steps/,
    );
    expect(() => shrinkingTerminates(new Unlawful(drawn, down), { steps: 20 })).toThrow(
      /still shrinking after 20 steps/,
    );
  });
  test('a print that does not come back', () => {
    expect(() => printsAndReparses(new Unlawful(drawn, down), (printed) => Number(printed.slice(0, 1)))).toThrow(
      /comes back as/,
    );
    expect(() => printsAndReparses(fc.array(fc.nat(9)), () => [])).toThrow(/comes back as \[\]/);
  });
  test('parameters are fast-check’s, and what is configured globally holds', () => {
    let drawnTimes = 0;
    const counted = new Unlawful(
      (mrng) => {
        drawnTimes++;
        return drawn(mrng);
      },
      () => [],
    );
    shrinksAreValid(counted, () => true, { parameters: { numRuns: 7 } });
    expect(drawnTimes).toBe(7);
    const before = fc.readConfigureGlobal();
    try {
      fc.configureGlobal({ ...before, numRuns: 3 });
      shrinksAreValid(counted, () => true);
      expect(drawnTimes).toBe(10);
      shrinksAreValid(counted, () => true, { parameters: { numRuns: 2, seed: 1 } });
      expect(drawnTimes).toBe(12);
    } finally {
      fc.configureGlobal(before);
    }
  });
  test('a failure says how to replay it', () => {
    const law = (parameters: { seed?: number; path?: string } = {}) =>
      shrinksAreValid(new Unlawful(drawn, down), (value) => value < 40, { parameters });
    let message = '';
    try {
      law();
    } catch (error) {
      message = (error as Error).message;
    }
    const [, seed, path] = /seed: (-?\d+), path: "([\d:]+)"/.exec(message)!;
    expect(() => law({ seed: Number(seed), path: path! })).toThrow(/failed after 1 test/);
  });
});
