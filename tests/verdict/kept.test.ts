/** What a comparison keeps between runs: the evidence is the same with and without, no model runs twice for the same, and nothing that changed is taken for what was. */
import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { model as functionModel } from '../../src/model/function.js';
import { symmetryOf } from '../../generators/symmetry-of.js';
import { task } from '../../generators/task.js';
import { aboutEntry } from '../../src/cache/entry.js';
import { listCache } from '../../src/cache/cache.js';
import { exactKey } from '../../src/exact-key.js';
import { asSet, byIntervention, trainedRuns, union } from '../../src/implementations/index.js';
import { bankOf } from '../../src/bank/options.js';
import { setsOf } from '../../src/bank/run.js';
import { comparedInputs } from '../../src/implementations/inputs.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Model } from '../../src/model/model.js';
import { checkOptions } from '../../src/options.js';
import type { Random } from '../../src/random.js';
import { accuracy, klToClean, pairs, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import { compareSchema, type CompareOptions } from '../../src/verdict/compare-options.js';
import { evidenceSchema, type Evidence } from '../../src/verdict/evidence.js';
import { unkept, verdictKey } from '../../src/verdict/kept-verdict.js';
import { randomTransformer, vocabulary } from '../helpers/random-transformer.js';
import { readFileSync } from 'node:fs';

let released: Transformer;
let changed: Transformer;
let other: Transformer;
beforeAll(async () => {
  released = await randomTransformer('released');
  changed = await randomTransformer('changed', 0.05);
  other = await randomTransformer('changed', 0.06);
});
afterAll(() => [released, changed, other].forEach((model) => model.dispose()));

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'kept-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const on = task({
  name: 'says the same',
  inputs: pairs(range(vocabulary), range(vocabulary)),
  behaviour: klToClean(),
  threshold: { atMost: 0.02 },
});
const options = (rest: Partial<CompareOptions> = {}): CompareOptions => ({
  on,
  budget: { draws: 3 },
  inputs: 24,
  splits: 1,
  alsoReport: [],
  shrink: false,
  bootstrap: 100,
  permutations: 199,
  ...rest,
});

/** Evidence as it is written, without what each run says of itself. */
const written = ({ rows: _1, seconds: _2, response, ...rest }: Evidence): string =>
  JSON.stringify({ ...rest, response: response && { ...response, rows: 0 } });

/** Files of the cache of one kind, or all of others. */
const files = (is: (kind: string) => boolean): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => join(folder, name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return is(aboutEntry(bytes, bytes.length)!.kind);
    });
const forgetVerdict = (): void => files((kind) => kind === 'verdict').forEach((path) => unlinkSync(path));

/** Sets that need no search. */
const oneNeuron = { outside: ['blocks.1.mlp.neuron.*'], fraction: 0.1 };

const settings: readonly (readonly [
  string,
  () => [Parameters<typeof compare>[0], Parameters<typeof compare>[1]],
  Partial<CompareOptions>,
])[] = [
  ['drawn together', () => [released, changed], {}],
  [
    'drawn apart',
    () => [released, changed],
    { common: false, measure: 'cka', set: { search: { over: 'neurons', rankOn: 15 } } },
  ],
  [
    'sets of several kinds',
    () => [
      union(trainedRuns([released]), byIntervention(released, oneNeuron)),
      union(trainedRuns([changed]), byIntervention(changed, { ...oneNeuron, by: 'mean' })),
    ],
    { measure: 'cka', minAcceptance: 0.1 },
  ],
];

test.each(settings)('%s: the evidence is the same, and no model runs again', async (_, sides, some) => {
  const [a, b] = sides();
  const without = await compare(a, b, options(some));
  expect(without.rows).toEqual({ computed: expect.any(Number), kept: 0 });
  const all = without.rows.computed;
  const keeping = options({ ...some, cache: folder });
  const first = await compare(a, b, keeping);
  expect(written(first)).toBe(written(without));
  expect(evidenceSchema.parse(JSON.parse(JSON.stringify(first)))).toBeTruthy();
  const total = first.rows.computed + first.rows.kept;
  expect(first.rows.computed).toBeLessThanOrEqual(all);
  // in another order of objects, as another process has it
  const again = await compare(...sides(), keeping);
  expect(again.rows).toEqual({ computed: 0, kept: total });
  expect(written(again)).toBe(written(without));
  forgetVerdict();
  const fromDraws = await compare(a, b, keeping);
  expect(fromDraws.rows.computed).toBe(0);
  expect(written(fromDraws)).toBe(written(without));
});

describe('a first run that two tests go on from', () => {
  const some = { set: oneNeuron, minAcceptance: 0.1 };
  let [before, whole] = ['', ''];
  beforeAll(async () => {
    before = mkdtempSync(join(tmpdir(), 'kept-before-'));
    whole = written(await compare(released, changed, options({ ...some, cache: before })));
  });
  beforeEach(() => cpSync(before, folder, { recursive: true }));
  afterAll(() => rmSync(before, { recursive: true, force: true }));

  test('what was interrupted is gone on with: any part of what is kept may be missing or damaged', async () => {
    const keeping = options({ ...some, cache: folder });
    const removed = files((kind) => kind === 'verdict' || kind === 'responses').concat(
      files((kind) => kind === 'draw').slice(2),
    );
    expect(removed.length).toBeGreaterThan(4);
    removed.forEach((path, i) => (i % 2 === 0 ? unlinkSync(path) : truncateSync(path, 300)));
    const again = await compare(released, changed, keeping);
    expect(again.rows.computed).toBeGreaterThan(0);
    expect(again.rows.kept).toBeGreaterThan(0);
    expect(written(again)).toBe(whole);
  });

  test('draws serve another tolerance and another measure, and those of one model another candidate', async () => {
    const wider = await compare(released, changed, options({ ...some, cache: folder, margin: 0.5 }));
    expect(wider.judgement.policy.margin).toBe(0.5);
    // levels are those of responses, too
    expect(wider.rows.computed).toBe(0);
    const third = await compare(released, other, options({ ...some, cache: folder, margin: 0.5 }));
    expect(third.rows.kept).toBeGreaterThan(0);
    for (const [candidate, evidence] of [
      [changed, wider],
      [other, third],
    ] as const)
      expect(written(evidence)).toBe(written(await compare(released, candidate, options({ ...some, margin: 0.5 }))));
  });
});

test('whatever changes, the verdict is another one', async () => {
  const inputs = pairs(range(vocabulary), range(vocabulary));
  const withTask = (some: object): Partial<CompareOptions> => ({
    on: task({ name: 'says the same', inputs, behaviour: klToClean(), threshold: { atMost: 0.02 }, ...some } as never),
  });
  const renamed = await randomTransformer('another name', 0.05);
  const copied = await symmetryOf(released, [{ kind: 'permute heads', layer: 0, swaps: [[0, 2]] }]).apply();
  const { config, weights, name } = copied;
  const loaded = await transformer(config, weights, { name });
  const changes: readonly (readonly [Model, Partial<CompareOptions>])[] = [
    [changed, {}],
    [other, {}],
    [released, {}],
    [renamed, {}],
    [changed, { seed: 1 }],
    [changed, { inputs: 25 }],
    [changed, { budget: { draws: 7 } }],
    [changed, { splits: 2 }],
    [changed, { margin: 0.26 }],
    [changed, { alpha: 0.04 }],
    [changed, { beta: 0.04 }],
    [changed, { resolution: 0.1 }],
    [changed, { bootstrap: 101 }],
    [changed, { permutations: 299 }],
    [changed, { measure: 'cka' }],
    [changed, { alsoReport: ['cka'] }],
    [changed, { pool: 'mean' }],
    [changed, { sites: ['blocks.0.hook_resid_post'] }],
    [changed, { common: false }],
    [
      changed,
      { common: { 'blocks.0.attn.head.0': 'blocks.0.attn.head.1', 'blocks.0.attn.head.1': 'blocks.0.attn.head.0' } },
    ],
    // of the same weights, and known to be made of the baseline
    [copied, {}],
    [loaded, {}],
    [changed, { minAcceptance: 0.3 }],
    [changed, { relation: 'derived' }],
    [changed, { shrink: true }],
    [changed, { set: { by: 'zero' } }],
    [changed, { set: { by: 'mean' } }],
    [changed, { set: { outside: ['blocks.0.attn.head.*'] } }],
    [changed, { set: { outside: ['blocks.0.attn.head.*'], fraction: 0.4 } }],
    [changed, { set: { search: { over: 'heads' } } }],
    [changed, { set: { search: { rankOn: 30 } } }],
    [changed, { bank: [other] }],
    [changed, { bank: [loaded] }],
    [changed, { bank: [other, loaded] }],
    [changed, { bank: { accept: [other], stop: [loaded] } }],
    [changed, { bank: { accept: [other], level: 0.2 } }],
    [changed, { bank: 'copies' }],
    [changed, { bank: { accept: 'copies', stop: [other] } }],
    [changed, withTask({ name: 'another name' })],
    [changed, withTask({ inputs: inputs.slice(1) })],
    [changed, withTask({ threshold: { atMost: 0.021 } })],
    [changed, withTask({ behaviour: klToClean({ position: 0 }) })],
    [changed, withTask({ encode: ([a, b]: readonly number[]) => [b, a] })],
    [changed, withTask({ behaviour: accuracy(() => 1), threshold: { atLeast: 0 } })],
    [
      changed,
      withTask({ behaviour: accuracy(([a = 0]: readonly number[]) => Number(a === 7)), threshold: { atLeast: 0 } }),
    ],
  ];
  const keys = new Map<string, number>();
  for (const [i, [candidate, some]] of changes.entries()) {
    const given = checkOptions(compareSchema, options(some), 'options');
    const sets = [asSet(released, given.set ?? {}, 'one'), asSet(candidate, given.set ?? {}, 'other')] as const;
    const banked = given.bank ? setsOf(bankOf(given.bank)) : [];
    const compared = await comparedInputs(given.on, [...sets, ...banked], given.inputs, given.seed);
    const question = { sets, banked, given, compared };
    expect(unkept(question)).toBeUndefined();
    const key = exactKey(verdictKey(question));
    expect([i, key && keys.get(key)]).toEqual([i, undefined]);
    keys.set(key!, i);
  }
  [renamed, copied, loaded].forEach((model) => model.dispose());
});

test('where nobody can say what something depends on, nothing is kept, and the evidence says so', async () => {
  const of = (made: Model): Model =>
    functionModel({
      name: 'a function',
      fingerprint: 'one',
      sites: made.sites
        .filter(({ name }) => name === 'hook_embed')
        .map(({ name, axes, shape }) => ({ name, axes, shape })),
      run: async ({ inputs }) => {
        const { logits, activations } = await made.run([...inputs], { capture: ['hook_embed'], logits: -1 });
        return { logits, activations: Object.fromEntries(activations) } as never;
      },
    });
  const why = async (candidate: Model, some: Partial<CompareOptions> = {}): Promise<string | undefined> => {
    const given = checkOptions(compareSchema, options(some), 'options');
    const sets = [asSet(released, {}, 'one'), asSet(candidate, {}, 'other')] as const;
    return unkept({ sets, banked: [], given, compared: await comparedInputs(given.on, sets, 30, 0) });
  };
  expect(await why(of(changed))).toMatch(/nothing is kept of a function: the function has no `identity`/);
  // whatever is made of a model and runs in another way
  const spied = Object.assign(Object.create(changed) as Model, { run: changed.run.bind(changed) });
  expect(spied.identity).toBeUndefined();
  expect(
    await why({
      ...changed,
      run: changed.run.bind(changed),
      sites: changed.sites,
      parts: changed.parts,
      name: 'copy',
      kind: 'transformer',
    } as never),
  ).toMatch(/nobody can say/);
  const changedTask = (some: object) => ({ ...on, ...some });
  expect(await why(changed, { on: changedTask({ meets: () => true }) })).toMatch(/nobody can say/);
  const { identity: _, ...bare } = klToClean();
  const unknown = task({
    name: 'bare',
    inputs: pairs(range(vocabulary), range(vocabulary)),
    behaviour: bare,
    threshold: { atMost: 0.02 },
  });
  expect(await why(changed, { on: unknown })).toMatch(/its behaviour has no `identity`/);
  const own = task({
    name: 'own',
    inputs: pairs(range(vocabulary), range(vocabulary)),
    behaviour: { ...klToClean(), score: () => 0 },
    threshold: { atMost: 0.02 },
  });
  expect(await why(changed, { on: own })).toMatch(/nobody can say what its score depends on/);
  expect(await why(changed, { budget: { draws: 5, seconds: 100 } })).toMatch(/budget.seconds/);
  const evidence = await compare(released, changed, options({ on: unknown, cache: folder, budget: { draws: 1 } }));
  expect(evidence.rows.why).toMatch(/its behaviour has no `identity`/);
  expect(await listCache(folder)).toEqual([]);
});

test('a task that makes counterfactuals by a function: draws are kept for what it gives, and the verdict where it takes no random numbers', async () => {
  type Input = [number, number];
  const stepping = (step: number, counterfactual = ([a, b]: Input): Input => [(a + step) % vocabulary, b]) =>
    task({
      name: 'stepping',
      inputs: pairs(range(vocabulary), range(vocabulary)),
      counterfactual,
      behaviour: klToClean(),
      threshold: { atMost: 0.02 },
    });
  const keeping = (on: CompareOptions['on'], common: boolean): CompareOptions =>
    options({
      on,
      cache: folder,
      budget: { draws: 2 },
      set: oneNeuron,
      minAcceptance: 0.1,
      ...(!common && { common }),
    });
  for (const common of [true, false]) {
    const asked = (step: number) => keeping(stepping(step), common);
    const first = await compare(released, changed, asked(1));
    expect(first.rows.computed).toBeGreaterThan(0);
    expect(first.rows.why).toBeUndefined();
    const again = await compare(released, changed, asked(1));
    expect(again.rows.computed).toBe(0);
    expect(written(again)).toBe(written(first));
    // draws as well
    if (!common) expect((await compare(released, changed, { ...asked(1), margin: 0.3 })).rows.computed).toBe(0);
  }
  const stepped = await compare(released, changed, keeping(stepping(2), true));
  expect(stepped.rows.computed).toBeGreaterThan(0);
  const anew = { ...keeping(stepping(2), true), cache: false } as const;
  expect(written(stepped)).toBe(written(await compare(released, changed, anew)));
  const byChance = keeping(
    stepping(0, (([a, b]: Input, random: Random): Input => [(a + 1 + random.below(5)) % vocabulary, b]) as never),
    true,
  );
  const first = await compare(released, changed, byChance);
  expect(first.rows.why).toMatch(/makes counterfactuals by a function of random numbers/);
  const again = await compare(released, changed, byChance);
  expect(again.rows.computed).toBe(0);
  expect(written(again)).toBe(written(first));
});
