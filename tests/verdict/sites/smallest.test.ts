/** Shrinking a verdict of "different": Grams made so that what shows it is known. */
import { describe, expect, test } from '@jest/globals';
import { CancelledError } from '../../../src/errors.js';
import { random } from '../../../src/random.js';
import { addGrams, gramOf, type Gram } from '../../../src/representation/gram.js';
import type { Sample } from '../../../src/implementations/samples.js';
import { resolvePolicy } from '../../../src/verdict/rule/policy.js';
import { smallestDifference, type SmallestOptions } from '../../../src/verdict/sites/smallest.js';
import { smallestInWords } from '../../../src/verdict/words.js';

const n = 120;
const features = 6;
const sites = ['a', 'b', 'c', 'd'];

/** Rows of the two sides agree at every site but those in `apart`, where side 2 has features of its own. */
function side(which: 1 | 2, apart: readonly string[], noise = 0.05, m = 8): Sample[] {
  const shared = (site: string, label: string): Float32Array => {
    const draw = random(1, `${site} ${label}`);
    return Float32Array.from({ length: n * features }, () => draw.normal());
  };
  return Array.from({ length: m }, (_, i): Sample => {
    const draw = random(2, `${which} ${i}`);
    const siteGrams: Gram[] = sites.map((site) => {
      const base = shared(site, which === 2 && apart.includes(site) ? 'own' : 'shared');
      return gramOf({ shape: [n, features], data: base.map((value) => value + noise * draw.normal()) });
    });
    return {
      description: i === 0 ? `model ${which} itself` : `model ${which}, draw ${i}`,
      behaviour: 1,
      run: `model ${which}`,
      gram: addGrams(siteGrams),
      siteGrams,
      keptSites: [],
    };
  });
}
const options = (rest: Partial<SmallestOptions> = {}): SmallestOptions => ({
  policy: resolvePolicy({}, 'options'),
  measure: 'cka',
  seed: 0,
  splits: 1,
  sites,
  allSites: sites,
  inputs: (at) => `[${at}]`,
  within: 60,
  ...rest,
});

describe('sites', () => {
  test('the only one at which they differ, wherever it is in the order', async () => {
    for (const site of sites) {
      const found = await smallestDifference([side(1, []), side(2, [site])], options());
      expect(found).toMatchObject({ sites: [site], complete: true });
    }
  });
  test('the first of several that show it alone', async () => {
    expect(
      (await smallestDifference([side(1, []), side(2, ['b', 'd'])], options({ sites: ['d', 'b', 'a', 'c'] })))!.sites,
    ).toEqual(['d']);
  });
  test('unknown where nothing is kept per site: all of them', async () => {
    const bare = (drawn: Sample[]): Sample[] => drawn.map((one) => ({ ...one, siteGrams: undefined }));
    const found = await smallestDifference([bare(side(1, [])), bare(side(2, sites))], options({ sites: [] }));
    expect(found!.sites).toEqual(sites);
    expect(found!.inputs).toBe(20);
  });
});

test('inputs and implementations: as few as the rule allows, the models themselves first', async () => {
  const found = (await smallestDifference([side(1, []), side(2, sites)], options()))!;
  expect(found.inputs).toBe(20);
  expect(found.shown).toEqual(['[0]', '[6]', '[12]', '[18]', '[24]', '[30]', '[36]', '[42]', '[48]', '[54]']);
  expect(found.implementations).toEqual(['model 1 itself', 'model 2 itself']);
  expect(found.distance!).toBeGreaterThan(1.25 * found.siblings!);
  expect(smallestInWords(found)).toMatch(
    /^different at a on 20 inputs \(\[0\], \[6\], \[12\], …\) already: model 2 itself and model 1 itself are 0\.\d+ apart, no two of one model more than 0\.\d+$/,
  );
});

test('sides that are the same have nothing smaller to show', async () => {
  expect(await smallestDifference([side(1, []), side(2, [])], options())).toBeUndefined();
});

test('time and signals end it', async () => {
  const found = await smallestDifference([side(1, []), side(2, ['c'])], options({ within: 0 }));
  expect(
    found === undefined || (found.complete === false && found.inputs === n && found.sites.length === sites.length),
  ).toBe(true);
  await expect(
    smallestDifference([side(1, []), side(2, ['c'])], options({ signal: AbortSignal.abort() })),
  ).rejects.toThrow(CancelledError);
});
