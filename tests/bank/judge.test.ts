import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { judgeBank, type BankQuestion } from '../../src/bank/judge.js';
import { bankSchema } from '../../src/bank/evidence.js';

/** Models as points of a plane. */
type Point = readonly [number, number];
const between = (points: readonly Point[]): Float64Array =>
  Float64Array.from(points.flatMap(([x, y]) => points.map(([u, v]) => Math.hypot(x - u, y - v))));

/** A ring of nine: no member is the strangest by much. */
const ring: readonly Point[] = Array.from({ length: 9 }, (_, i) => [
  Math.cos((2 * Math.PI * i) / 9) + 0.01 * i,
  Math.sin((2 * Math.PI * i) / 9),
]);
const bank = ring.slice(0, 8);
const far: Point = [100, 100];

function question(
  candidate: Point,
  more: Partial<BankQuestion> & { readonly stop?: readonly Point[] } = {},
): BankQuestion {
  const { stop = [], ...rest } = more;
  const members = rest.names ? rest.names.length : bank.length;
  const side = { members: bank.length, stop: stop.length };
  return {
    of: 'runs',
    distances: { data: between([...bank, candidate, ...stop]), ...side },
    control: { data: between([...bank, far, ...stop]), ...side },
    names: Array.from({ length: members + stop.length }, (_, i) => `run ${i}`),
    levels: { accepted: 1 / 9, stop: 1 / 9 },
    tolerance: 0.25,
    resolution: 0.001,
    ...rest,
  };
}

describe('the rule of a bank', () => {
  test('one more of the ring is equivalent, one far away different, one a little outside undecided', () => {
    expect(judgeBank(question([0.2, 0.1])).outcome).toBe('equivalent');
    const other = judgeBank(question([5, 5]));
    expect(other).toMatchObject({ outcome: 'different', set: [] });
    expect(other.findings[0]!.code).toBe('stranger-than-the-bank');
    expect(other.accepted.p).toBe(1 / 9);
    const outside = judgeBank(question([1.35, -0.6]));
    expect(outside.outcome).toBe('undecided');
    expect(outside.findings[0]!.code).toBe('hardly-stranger-than-the-bank');
    expect(outside.excess).toBeGreaterThan(0);
    expect(outside.excess).toBeLessThanOrEqual(0.25);
  });

  test('what the schema says is what it gives', () => {
    for (const point of [
      [0.2, 0.1],
      [5, 5],
    ] as const) {
      const judged = { measure: 'cka', ...judgeBank(question(point)) };
      expect(bankSchema.parse(JSON.parse(JSON.stringify(judged)))).toEqual(judged);
    }
  });

  test('where even shuffled inputs are not strange, being one of the bank shows nothing', () => {
    const blind = question([0.2, 0.1]);
    const judged = judgeBank({ ...blind, control: blind.distances });
    expect(judged.outcome).toBe('undecided');
    expect(judged.findings[0]!.code).toBe('unrelated-not-stranger');
  });

  test('members that are copies of each other: the resolution is the least that counts', () => {
    const data = (candidate: number): Float64Array => {
      const at = [...Array.from({ length: 8 }, () => 0), candidate];
      return Float64Array.from(at.flatMap((x) => at.map((y) => Math.abs(x - y))));
    };
    const side = { members: 8, stop: 0 };
    const ask = (candidate: number) =>
      judgeBank(
        question([0, 0], { distances: { data: data(candidate), ...side }, control: { data: data(9), ...side } }),
      );
    expect(ask(0.0005).outcome).toBe('equivalent');
    expect(ask(0.0011).outcome).toBe('undecided');
    expect(ask(0.1).outcome).toBe('different');
  });

  const stop: readonly Point[] = ring.map(([x, y]): Point => [x + 2.5, y]).slice(0, 8);
  test('what is to be stopped makes what lies towards it strange, and says so', () => {
    const towards = question([1.5, 0.1], { stop });
    const judged = judgeBank(towards);
    expect(judged.stop!.p).toBeGreaterThan(1 / 9);
    expect(judged).toMatchObject({ outcome: 'different', set: ['stop'] });
    expect(judged.findings.map(({ code }) => code)).toEqual(['stranger-than-the-bank', 'one-to-be-stopped']);
    const own = judgeBank(question([-0.3, 0.1], { stop }));
    expect(own).toMatchObject({ outcome: 'equivalent', set: ['accepted'] });
    expect(own.findings.map(({ code }) => code)).toEqual(['one-of-the-bank', 'not-one-to-be-stopped']);
  });

  test('what could be one of either is undecided', () => {
    const both = judgeBank(question([0.1, 0.1], { stop: ring.map(([x, y]): Point => [x * 1.1, y * 1.1]).slice(0, 8) }));
    expect(both.set).toEqual(['accepted', 'stop']);
    expect(both.outcome).toBe('undecided');
    expect(both.findings[0]!.code).toBe('one-to-be-stopped');
  });

  test('of copies: the distance to the original alone', () => {
    const at = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
    const ask = (candidate: number) => {
      const of = (last: number) => {
        const all = [...at, last];
        return {
          data: Float64Array.from(all.flatMap((x) => all.map((y) => Math.abs(x - y)))),
          members: at.length,
          stop: 0,
        };
      };
      return judgeBank(
        question([0, 0], {
          of: 'copies',
          distances: of(candidate),
          control: of(50),
          names: ['original', ...at.slice(1).map((d) => `copy ${d}`)],
        }),
      );
    };
    // to the other side of the original: far from all copies, near what they are copies of
    expect(ask(-0.75)).toMatchObject({ outcome: 'equivalent', accepted: { p: 2 / 9, limit: 0.8 } });
    expect(ask(-0.75).accepted.members[0]).toEqual({ name: 'copy 0.1', score: 0.1 });
    expect(ask(-1.1).outcome).toBe('different');
    expect(ask(0.9).outcome).toBe('undecided');
  });

  test('the order of the bank changes nothing but the order of its members', () => {
    const point = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }));
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 8, maxLength: 8 }),
        point,
        fc.array(point, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        fc.integer(),
        (members, candidate, others, withStop, seed) => {
          const stopSide = withStop ? others : [];
          const side = { members: 8, stop: stopSide.length };
          const order = (points: readonly (readonly [number, number])[]) =>
            [...points].sort(([x, y], [u, v]) => Math.sin(x * seed + y) - Math.sin(u * seed + v));
          const ask = (one: readonly Point[], two: readonly Point[]) =>
            judgeBank({
              ...question(candidate),
              distances: { data: between([...one, candidate, ...two]), ...side },
              control: { data: between([...one, far, ...two]), ...side },
              names: Array.from({ length: 16 }, (_, i) => String(i)),
            });
          const [first, second] = [ask(members, stopSide), ask(order(members), order(stopSide))];
          expect(second.outcome).toBe(first.outcome);
          expect(second.accepted.p).toBe(first.accepted.p);
          expect(second.stop?.p).toBe(first.stop?.p);
          expect(second.accepted.limit).toBeCloseTo(first.accepted.limit, 12);
        },
      ),
    );
  });
});
