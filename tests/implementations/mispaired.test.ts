/** Components paired otherwise, and draws made again so. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { canBeMispaired, mispaired, mispairing } from '../../src/implementations/mispaired.js';
import type { CommonSampler } from '../../src/implementations/common.js';
import type { ComponentPair } from '../../src/implementations/common-intervention.js';
import type { Model } from '../../src/model/model.js';
import { startCommon } from '../helpers/common-sampler.js';
import { randomTransformer } from '../helpers/random-transformer.js';

const family = (site: string, count: number): ComponentPair[] =>
  Array.from({ length: count }, (_, index) => {
    const one = { name: `${site}.${index}`, kind: 'unit', site, axis: 'feature', index } as const;
    return [one, one];
  });

describe('pairing otherwise', () => {
  const sizes = [1, 2, 5, 40];
  const pairs = sizes.flatMap((count, f) => family(`site ${f}`, count));

  test('everything stays in its family, changes places, and each place is taken once', () => {
    for (let seed = 0; seed < 50; seed++) {
      const to = mispairing(pairs, seed);
      expect(to.toSorted((a, b) => a - b)).toEqual(pairs.map((_, at) => at));
      const sites = pairs.map(([{ site }]) => site);
      expect(to.map((other) => sites[other])).toEqual(sites);
      // where a family has one component there is no other place
      expect(to.flatMap((other, at) => (other === at ? [sites[at]] : []))).toEqual(['site 0']);
    }
    expect(mispairing(pairs, 3)).toEqual(mispairing(pairs, 3));
  });

  test('there is another pairing where a family has two components', () => {
    expect(canBeMispaired([...family('a', 1), ...family('b', 1)])).toBe(false);
    expect(canBeMispaired([...family('a', 1), ...family('b', 2)])).toBe(true);
  });

  test('every cycle of four is as likely', () => {
    const counts = new Map<string, number>();
    const of = 6000;
    for (let seed = 0; seed < of; seed++) {
      const key = mispairing(family('a', 4), seed).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const expected = of / 6;
    const statistic = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(statistic).toBeLessThan(41.3);
  });
});

describe('a draw made again', () => {
  const made: Model[] = [];
  afterAll(() => made.forEach((model) => model.dispose()));

  async function start(seed: number): Promise<CommonSampler> {
    const [a, b] = [await randomTransformer('a'), await randomTransformer('b', 0.1)];
    made.push(a, b);
    return startCommon(a, b, { seed });
  }

  test('patches at most half of the components, as many as all three tolerate, and the twins are those of so many', async () => {
    const sampler = await start(1);
    await sampler.fill(7);
    let found = 0;
    for (let draw = 1; draw < 7; draw++) {
      const made = await mispaired(sampler, draw);
      const { pairs: order, seed } = sampler.interventions[draw]!;
      const to = mispairing(sampler.pairs, seed);
      const gramOf = async (side: 0 | 1, size: number, other = false) => {
        const some = order.slice(0, size).map((at) => sampler.pairs[other ? to[at]! : at]![side]);
        return (await sampler.under(side, draw, some))(some);
      };
      const size = made?.size ?? 0;
      // one of the three breaks with the next size, which is twice as large
      const sizes: number[] = [];
      for (let s = sampler.pairs.length >> 1; s > 0; s >>= 1) sizes.push(s);
      const larger = sizes.filter((s) => s > size && s <= order.length).at(-1);
      if (larger !== undefined) {
        const three = [await gramOf(0, larger), await gramOf(1, larger), await gramOf(1, larger, true)];
        const own = new Set(order.slice(0, larger));
        const changes = [...own].some((at) => !own.has(to[at]!));
        expect(three.every(Boolean) && changes).toBe(false);
      }
      if (!made) continue;
      found++;
      expect(sizes).toContain(size);
      expect(size).toBeLessThanOrEqual(order.length);
      expect(made.twins).toEqual([await gramOf(0, size), await gramOf(1, size)]);
      expect(made.other).toEqual(await gramOf(1, size, true));
      expect(made.other).not.toEqual(made.twins[1]);
      if (size === order.length) expect(made.twins[1]).toEqual(sampler.sides[1].drawn[draw]!.gram);
    }
    expect(found).toBeGreaterThan(0);
  });
});
