/** A verdict at a single site: Grams made so that the site that shows it is known. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { random } from '../../../src/random.js';
import { gramOf, type Gram } from '../../../src/representation/gram.js';
import { lookedAt } from '../../../src/implementations/looked-at.js';
import { packGram, unpackGram, type PackedGram } from '../../../src/representation/packed-gram.js';
import { differentAtOneSite, looksFor } from '../../../src/verdict/sites/single-site.js';
import type { GramOptions } from '../../../src/verdict/judge-grams.js';

const n = 60;
const features = 5;
const m = 12;

/** Gram of features that all of a site share, and noise of one's own; `own` shifts what is shared. */
function gram(site: string, own: string, noise: number, who: string): Gram {
  const shared = random(1, `${site} ${own}`);
  const draw = random(2, `${site} ${who}`);
  return gramOf({
    shape: [n, features],
    data: Float32Array.from({ length: n * features }, () => shared.normal() + noise * draw.normal()),
  });
}

/** At sites a, b, c: side 2 has features of its own at those in `apart`. */
const side = (which: 1 | 2, apart: readonly string[]): PackedGram[][] =>
  Array.from({ length: m }, (_, i) =>
    ['a', 'b', 'c'].map((site) =>
      packGram(gram(site, which === 2 && apart.includes(site) ? 'own' : 'shared', 0.3, `${which} ${i}`)),
    ),
  );

const options: GramOptions = { policy: {}, measures: ['cka'], alsoReport: [], splits: 1, seed: 0 };
const sites = ['a', 'b', 'c'];
const all = [0, 1, 2];
const together = {
  findings: [{ code: 'maybe-exchangeable', numbers: { p: 0.2, needed: 20 } }],
  reasons: ['The sets could be exchangeable.'],
} as const;

test('a packed Gram comes back to the bit', () => {
  const one = gram('a', 'shared', 0.3, 'x');
  expect(unpackGram(packGram(one))).toEqual(one);
});

test('sites looked at: all of a few, or six from the first to the last, ascending and different', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
      const looked = lookedAt(count);
      expect(looked).toHaveLength(Math.min(count, 6));
      expect(looked[0]).toBe(0);
      expect(looked.at(-1)).toBe(count - 1);
      expect(looked.every((s, i) => Number.isInteger(s) && (i === 0 || s > looked[i - 1]!))).toBe(true);
    }),
  );
});

describe('the site at which the sets are different', () => {
  test.each(sites)('%s', async (site) => {
    const found = await differentAtOneSite([side(1, []), side(2, [site])], sites, all, together, 0.01, options);
    expect(found).toMatchObject({
      outcome: 'different',
      singleSite: { site, looked: sites, allSites: together },
      judgement: { failed: 'necessity violated' },
    });
    expect(found!.judgement.reasons[0]).toMatch(
      new RegExp(`^At ${site} alone, the cross-model distance is .*, beyond the tolerance`),
    );
    expect(found!.judgement.findings.at(-1)).toMatchObject({ code: 'all-sites-undecided', numbers: { sites: 3 } });
    expect(found!.judgement.reasons.at(-1)).toBe(
      'All sites together were undecided, so 3 single sites were judged, each at alpha 0.00333.',
    );
    // a third of alpha each, and permutations enough to reach it
    expect(found!.judgement.policy.alpha).toBeCloseTo(0.01 / 3, 12);
    expect(found!.judgement.policy.permutations).toBeGreaterThanOrEqual(1200);
    // a whole judgement: the bootstrap of the default, distances of this site
    expect(found!.judgement.policy.bootstrap).toBe(2000);
    expect(found!.distances.across).toHaveLength(m);
  });

  test('there is none', async () => {
    expect(await differentAtOneSite([side(1, []), side(2, [])], sites, all, together, 0.01, options)).toBeUndefined();
  });

  test('a site that is not worth a look has none', async () => {
    expect(
      await differentAtOneSite([side(1, []), side(2, ['b'])], sites, [0, 2], together, 0.01, options),
    ).toBeUndefined();
  });

  test('a level that no permutation test can show is not looked at, nor a site that is the only one', async () => {
    const none = new Set<number>();
    expect(looksFor(3, none, 2e-6, 1)).toEqual([]);
    expect(looksFor(3, none, 4e-6, 1)).toEqual([0, 1, 2]);
    expect(looksFor(3, none, 4e-6, 2)).toEqual([]);
    expect(looksFor(1, none, 0.05, 1)).toEqual([]);
    expect(await differentAtOneSite([side(1, []), side(2, ['b'])], sites, all, together, 4e-6, options)).toMatchObject({
      judgement: { policy: { permutations: 1e6 } },
    });
  });

  test('a site at which siblings say nothing has none, and leaves its share of alpha to the others; the only other one is still not the whole', () => {
    expect(looksFor(3, new Set([0]), 2e-6, 1)).toEqual([1, 2]);
    expect(looksFor(20, new Set([0, 19]), 0.05, 1)).toEqual(lookedAt(20).slice(1, 5));
    expect(looksFor(2, new Set([0]), 0.05, 1)).toEqual([1]);
    expect(looksFor(2, new Set([0, 1]), 0.05, 1)).toEqual([]);
  });

  test('a site that does not vary is passed over, and keeps its share of alpha', async () => {
    const still = packGram({ n, data: new Float64Array(n * n) });
    const [one, other] = [side(1, []), side(2, ['b'])].map((some) => some.map(([, b, c]) => [still, b!, c!]));
    const found = await differentAtOneSite([one!, other!], sites, all, together, 0.01, options);
    expect(found).toMatchObject({ singleSite: { site: 'b' } });
    expect(found!.judgement.policy.alpha).toBeCloseTo(0.01 / 3, 12);
  });
});
