/** Draws made ahead of a comparison, as another machine makes them: they are those that it comes to, to the bit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { task } from '../../generators/task.js';
import { fingerprint } from '../../src/fingerprint/make.js';
import { recorded, type RecordedSet } from '../../src/fingerprint/recorded.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { klToClean, pairs, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import type { CompareOptions } from '../../src/verdict/compare-options.js';
import { drawAhead } from '../../src/verdict/draw-ahead.js';
import { randomTransformer, vocabulary } from '../helpers/random-transformer.js';

const inputs = pairs(range(vocabulary), range(vocabulary));
const made = { name: 'says the same', inputs, behaviour: klToClean(), threshold: { atMost: 0.02 } };
const on = task(made);
const swapping = task<readonly [number, number]>({ ...made, symmetries: { same: ([a, b]) => [a, b] } });
const sizes = { n_layers: 1, d_mlp: 8, n_heads: 2 } as const;
let released: Transformer;
let changed: Transformer;
let file: RecordedSet;
beforeAll(async () => {
  released = await randomTransformer('released', 0, sizes);
  changed = await randomTransformer('changed', 0.05, sizes);
  file = recorded(await fingerprint(released, { on, draws: 12, inputs: 25, measure: 'cka', responses: 256 }));
}, 300_000);
afterAll(() => [released, changed].forEach((model) => model.dispose()));

const options = {
  on,
  inputs: 25,
  measure: 'cka',
  budget: { draws: 12 },
  alsoReport: [],
  bootstrap: 100,
  permutations: 199,
  shrink: false,
  relation: 'equivalent',
} as const;

test.each<[string, () => RecordedSet | Transformer, Partial<CompareOptions>]>([
  ['both models together', () => released, {}],
  ['each by itself', () => released, { common: false }],
  [
    'named components, of which some draws break the behaviour',
    () => released,
    { set: { outside: ['blocks.0.mlp.neuron.*', 'blocks.0.attn.head.*'], fraction: 0.3 }, minAcceptance: 0.05 },
  ],
  ['with symmetries', () => released, { on: swapping }],
  ['a fingerprint for baseline', () => file, { inputs: undefined }],
])('%s', async (_, baseline, given) => {
  const cache = mkdtempSync(join(tmpdir(), 'ahead-'));
  try {
    const asked = { ...options, ...given } as CompareOptions;
    const plain = await compare(baseline(), changed, asked);
    await drawAhead(baseline(), changed, { ...asked, cache }, { from: 3, to: 13 });
    const helped = await compare(baseline(), changed, { ...asked, cache });
    const said = ({ rows: _1, seconds: _2, ...rest }: typeof plain) => JSON.stringify(rest);
    expect(said(helped)).toBe(said(plain));
    expect(helped.rows!.kept).toBeGreaterThan(0);
    expect(helped.rows!.computed).toBeLessThan(plain.rows!.computed);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});
