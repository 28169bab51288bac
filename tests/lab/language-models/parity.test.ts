/** The language models and taggers of lab/language-models against transformers, at every site: make_parity.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { headInputs } from '../../../src/model/formats/transformer/graph/sites.js';
import { loadHuggingFace } from '../../../src/model/formats/transformer/file/hf/load.js';

interface Case {
  readonly name: string;
  readonly tokens: readonly number[][];
  /** two weighted sums of a site's values, and its largest value */
  readonly sites: Readonly<Record<string, readonly [number, number, number]>>;
}
const cases = JSON.parse(readFileSync(join(__dirname, 'parity.json'), 'utf8')) as readonly Case[];
const lab = join(__dirname, '../../../lab/language-models');

function summary(values: Float32Array): { readonly sums: readonly [number, number]; readonly largest: number } {
  const sums: [number, number] = [0, 0];
  let largest = 0;
  for (const [i, x] of values.entries()) {
    if (!Number.isFinite(x)) continue;
    sums[0] += x * Math.cos(i);
    sums[1] += x * Math.sin(1.7 * i);
    largest = Math.max(largest, Math.abs(x));
  }
  return { sums, largest };
}

test('families, mechanisms and sizes are all there', () => expect(cases).toHaveLength(15));

describe.each(cases.map((one) => [one.name, one] as const))('%s', (name, { tokens, sites }) => {
  test('every site, and the logits', async () => {
    const model = await loadHuggingFace(join(lab, name));
    try {
      const own = model.sites
        .map((site) => site.name)
        .filter((site) => !headInputs.some((input) => site.endsWith(`.${input}`)));
      expect([...own, 'logits'].toSorted()).toEqual(Object.keys(sites).toSorted());
      const { logits, activations } = await model.run(tokens, { capture: own });
      const off = Object.entries(sites).flatMap(([site, [first, second, largest]]) => {
        const { data } = site === 'logits' ? logits : activations.get(site)!;
        const got = summary(data as Float32Array);
        // values are off by 1e-5 of the largest at most, to either side: a sum of n of them by its root
        const allowed = 1e-5 * Math.max(1, largest) * Math.sqrt(data.length);
        const by = Math.max(Math.abs(got.sums[0] - first), Math.abs(got.sums[1] - second));
        return by <= allowed && Math.abs(got.largest - largest) <= 1e-5 * Math.max(1, largest)
          ? []
          : [[site, by / allowed]];
      });
      expect(off).toEqual([]);
    } finally {
      model.dispose();
    }
  });
});
