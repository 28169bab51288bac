/** What a search ranges over: all components of some kinds, or a sample. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { task } from '../../generators/task.js';
import { components, findCircuit, ofKinds } from '../../src/circuit/index.js';
import { MOST, sampled, scopeInWords, scopeOf, searchedCount, searchedOf } from '../../src/circuit/scope.js';
import { InterventionError, OptionError } from '../../src/errors.js';
import { byIntervention } from '../../src/implementations/index.js';
import { Sampler } from '../../src/implementations/draw.js';
import { model as functionModel } from '../../src/model/function.js';
import type { FunctionRequest } from '../../src/model/function-answer.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Model } from '../../src/model/model.js';
import { applyPatch } from '../../src/model/replacement.js';
import { accuracy, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import { measuredLines } from '../../src/verdict/words.js';
import { symmetryOf } from '../../generators/symmetry-of.js';
import { saysTheSame, startCommon } from '../helpers/common-sampler.js';
import { errorOf } from '../helpers/error-of.js';
import { randomTransformer } from '../helpers/random-transformer.js';

/** A model of which nothing but its parts is asked: so many heads and neurons in each of two layers. */
const parted = (heads: number, neurons: number): Model =>
  ({
    name: 'parted',
    parts: range(2).flatMap((layer) => [
      { kind: 'head', name: `${layer}.head`, site: `${layer}.z`, axis: 'head', count: heads },
      { kind: 'layer', name: `${layer}.attn`, site: `${layer}.out`, count: 1 },
      { kind: 'neuron', name: `${layer}.neuron`, site: `${layer}.post`, axis: 'feature', count: neurons },
    ]),
  }) as unknown as Model;
const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name);

describe('a sample', () => {
  test('is so many of its kind, in the model’s order, the same for one seed; other kinds are whole and change nothing of it', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 100 }), fc.nat(), (heads, count, seed) => {
        const model = parted(heads + 1, 50);
        const found = searchedOf(model, `heads+${count} neurons`, seed);
        const neurons = found.filter(({ kind }) => kind === 'neuron');
        expect(neurons).toHaveLength(Math.min(count, 100));
        expect(found.filter(({ kind }) => kind === 'head')).toHaveLength(2 * (heads + 1));
        expect(found).toEqual(ofKinds(model, 'heads+neurons').filter(({ name }) => names(found).includes(name)));
        expect(searchedOf(model, `heads+${count} neurons`, seed)).toEqual(found);
        expect(searchedOf(parted(1, 50), `${count} neurons`, seed)).toEqual(neurons);
        expect(searchedCount(model, `heads+${count} neurons`)).toBe(found.length);
      }),
    );
    const model = parted(1, 50);
    expect(searchedOf(model, '10 neurons', 1)).not.toEqual(searchedOf(model, '10 neurons', 2));
  });

  test('has each component as often as any other', () => {
    const model = parted(1, 10);
    const often = new Map<string, number>();
    const seeds = 4000;
    for (let seed = 0; seed < seeds; seed++)
      for (const { name } of searchedOf(model, '5 neurons', seed)) often.set(name, (often.get(name) ?? 0) + 1);
    expect(often.size).toBe(20);
    // 5 of 20: the standard deviation of a count is sqrt(4000 / 4 * 3 / 4) = 27
    for (const count of often.values()) expect(Math.abs(count - seeds / 4)).toBeLessThan(5 * 27.4);
  });

  test('of a list of other things with the same kinds is at the same places', () => {
    const model = parted(3, 40);
    const all = ofKinds(model, 'heads+neurons');
    const own = searchedOf(model, 'heads+12 neurons', 5);
    const places = sampled(model, 'heads+12 neurons', [...all.keys()], (at) => all[at]!.kind, 5);
    expect(places.map((at) => all[at])).toEqual(own);
  });
});

describe('by default', () => {
  test('everything but layers is searched where there is at most so much, as before; the evidence says so', () => {
    const model = parted(48, MOST / 2 - 48);
    expect(searchedOf(model, undefined, 3)).toEqual(components(model));
    expect(scopeOf(model, undefined, searchedOf(model, undefined, 3))).toEqual({
      over: 'heads+neurons',
      components: MOST,
      by: 'default',
    });
    expect(scopeInWords(scopeOf(model, undefined, components(model)))).toBe(
      `all heads and all neurons, of ${MOST} components: the default for at most ${MOST}`,
    );
  });

  test('beyond, the most numerous kind is sampled; no kind takes from one that is small', () => {
    // the size of GPT-2 small
    const model = parted(72, 18432);
    const found = searchedOf(model, undefined, 3);
    expect(found).toHaveLength(MOST);
    const scope = scopeOf(model, undefined, found);
    expect(scope).toEqual({ over: `heads+${MOST - 144} neurons`, components: 37008, by: 'default' });
    expect(scopeInWords(scope)).toBe(
      `all heads and a random sample of ${MOST - 144} neurons, of 37008 components: the default for more than ${MOST}`,
    );
    // it is what the option would ask for
    expect(searchedOf(model, scope.over, 3)).toEqual(found);
    // one more than all that is searched
    expect(searchedCount(parted(48, MOST / 2 - 47), undefined)).toBe(MOST);
    // two kinds that are both too many share
    expect(scopeOf(parted(9000, 9000), undefined, searchedOf(parted(9000, 9000), undefined, 0)).over).toBe(
      `${MOST / 2} heads+${MOST / 2} neurons`,
    );
    // what is asked for is not bounded
    expect(searchedCount(model, 'heads+neurons')).toBe(37008);
    expect(searchedOf(model, 'layers', 0)).toHaveLength(2);
  });
});

test('what cannot be searched is an error of its own', async () => {
  const model = parted(2, 3);
  for (const [over, what] of [
    ['hands', /parted has no hands.*search over another kind.*heads, layers, neurons/s],
    ['heads+', /parted has no components without a name/],
    ['2 hands', /has no hands/],
    ['1.5 neurons', /has no 1\.5 neurons/],
    ['-2 neurons', /has no -2 neurons/],
  ] as const)
    expect(() => searchedOf(model, over, 0)).toThrow(errorOf(InterventionError, what));
  expect(() => searchedOf(model, 'heads+0 neurons', 0)).toThrow(errorOf(OptionError, /0 neurons are nothing/));
  expect(() => searchedOf(model, 'neurons+2 neurons', 0)).toThrow(errorOf(OptionError, /neurons are asked for twice/));
  // more than there are is all of them
  expect(searchedOf(model, '100 neurons', 0)).toEqual(components(model, 'neurons'));
  // where no sample is drawn
  expect(() => components(model, '2 neurons')).toThrow(errorOf(OptionError, /a sample of neurons.*leave the number/s));
  const small = await randomTransformer('small');
  try {
    await expect(findCircuit(small, saysTheSame, saysTheSame.examples(20, 0), { over: '2 neurons' })).rejects.toThrow(
      OptionError,
    );
  } finally {
    small.dispose();
  }
});

describe('both sides of a comparison', () => {
  const made: Transformer[] = [];
  const keep = <T extends Transformer>(model: T): T => {
    made.push(model);
    return model;
  };
  const set = { search: { over: 'heads+9 neurons' } };
  let a: Transformer;
  beforeAll(async () => {
    a = keep(await randomTransformer('a'));
  });
  afterAll(() => made.forEach((model) => model.dispose()));

  test('drawn together search the same components, which are those that either would search by itself', async () => {
    const b = keep(await randomTransformer('b', 0.1));
    const sampler = await startCommon(a, b, { set });
    const sample = new Set(names(searchedOf(a, set.search.over, 2)));
    expect(sample.size).toBe(6 + 9);
    for (const { searched } of sampler.sides) {
      expect(searched).toMatchObject({ components: 15, scope: { components: 30, by: 'option' } });
      for (const { component } of searched!.alone) expect(sample).toContain(component.name);
    }
    expect(sampler.pairs.length).toBeGreaterThan(3);
    for (const [one, other] of sampler.pairs) {
      expect(sample).toContain(one.name);
      expect(other.name).toBe(one.name);
    }
    const alone = await Sampler.start(byIntervention(b, set), {
      task: saysTheSame,
      examples: saysTheSame.examples(121, 0),
      seed: 1,
      searchSeed: 2,
      minAcceptance: 0.05,
      sites: undefined,
      pool: 'last',
      perSite: 0,
      keepSites: false,
      signal: undefined,
    });
    expect(names(alone.pool!).every((name) => sample.has(name))).toBe(true);
    expect(await alone.fill(3)).toBe(true);
    for (const { recipe } of alone.drawn) for (const name of recipe!.components) expect(sample).toContain(name);
  });

  test('of which one is the other in another order: what is a component’s twin is searched with it', async () => {
    const moved = keep(
      await symmetryOf(a, [
        {
          kind: 'permute neurons',
          layer: 0,
          swaps: [
            [0, 5],
            [1, 7],
            [2, 9],
            [3, 11],
            [4, 6],
            [8, 10],
          ],
        },
      ]).apply(),
    );
    const sampler = await startCommon(a, moved, { set: { search: { over: 'heads+20 neurons' } } });
    const [first, second] = sampler.sides.map(({ searched }) => searched!);
    expect(first).toMatchObject({ components: 26 });
    // the same function: the same components of the sample can be patched
    expect(second).toMatchObject({ components: 26, patchable: first!.patchable });
    expect(sampler.pairs).toHaveLength(first!.patchable);
    const twin = [5, 7, 9, 11, 6, 0, 4, 1, 10, 2, 8, 3];
    for (const [one, other] of sampler.pairs)
      if (one.name.startsWith('blocks.0.mlp')) expect(other.index).toBe(twin[one.index]);
      else expect(other.name).toBe(one.name);
    expect(sampler.pairs.some(([one, other]) => one.name !== other.name)).toBe(true);
  });
});

/** Answers an input's first token from a site of so many features, of which the first eight matter. */
const wide = (name: string, width: number): Model =>
  functionModel({
    name,
    fingerprint: name,
    sites: [{ name: 'h', axes: ['feature'], shape: [width], parts: ['feature'] }],
    run({ inputs, capture, patches }: FunctionRequest) {
      const rows = inputs as readonly (readonly number[])[];
      const h = new Float32Array(rows.length * width);
      rows.forEach(([first = 0, second = 0], row) => {
        for (let i = 0; i < width; i++) h[row * width + i] = i < 8 ? Number(first === i) : Math.sin(i + second);
      });
      for (const patch of patches) applyPatch(patch, h);
      const logits = new Float32Array(rows.length * 8);
      rows.forEach((_, row) => logits.set(h.subarray(row * width, row * width + 8), row * 8));
      return {
        logits: { shape: [rows.length, 8], data: logits },
        activations: new Map(capture.map((site) => [site, { shape: [rows.length, width], data: h }])),
      };
    },
  });
const first = task({
  name: 'first token',
  inputs: range(40).map((i) => [i % 8, i]),
  behaviour: accuracy((x: readonly number[]) => x[0]!),
  threshold: { atLeast: 0.9 },
});
const quick = {
  on: first,
  budget: { draws: 3 },
  shrink: false,
  bootstrap: 100,
  permutations: 99,
  alsoReport: [],
} as const;

test('a function with more components than are searched: a sample, said in the evidence and in the message; one of few: all of them, and no word', async () => {
  // few tests: most groups of these are not told apart, which makes no difference here
  const large = await compare(wide('one', MOST + 800), wide('other', MOST + 800), {
    ...quick,
    set: { search: { budget: 40, rankOn: 16 } },
  });
  for (const { searched } of [large.baseline, large.candidate]) {
    expect(searched!.components).toBe(MOST);
    expect(searched!.scope).toEqual({ over: `${MOST} units`, components: MOST + 800, by: 'default' });
  }
  expect(large.common).toMatchObject({ components: MOST });
  expect(measuredLines(large)).toContainEqual([
    'searched',
    `a random sample of ${MOST} units, of ${MOST + 800} components: the default for more than ${MOST}`,
  ]);
  const small = await compare(wide('one', 40), wide('other', 40), quick);
  expect(small.baseline.searched!.scope).toEqual({ over: 'units', components: 40, by: 'default' });
  expect(measuredLines(small).map(([label]) => label)).not.toContain('searched');
  await expect(
    compare(wide('one', 40), wide('other', 40), { ...quick, set: { search: { over: '3 heads' } } }),
  ).rejects.toThrow(errorOf(InterventionError, /has no heads.*units/s));
});
