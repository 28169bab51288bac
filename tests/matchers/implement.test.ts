/** toImplement along a chain: compiled models hold every axiom, a damaged one fails where it is damaged. Without one: which program's implementations a model is nearest to. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError, ProgramError } from '../../src/errors.js';
import { fromArbitrary, variations } from '../../generators/index.js';
import { toHtml } from '../../reports/html.js';
import { makeReport } from '../../reports/report.js';
import type { ChainEvidence } from '../../src/claims/claim.js';
import type { Model } from '../../src/model/model.js';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import { chainOf } from '../../src/program/chain/chain-of.js';
import type { ChainStep } from '../../src/program/chain/chain.js';
import type { Compilation } from '../../src/program/compilation.js';
import { compile } from '../../src/program/compile.js';
import type { Variation } from '../../src/program/compiler/layout.js';
import type { Program } from '../../src/program/program.js';
import { programTask } from '../../src/program/task.js';
import { permutationAlgorithms, permutationPrograms } from '../../suites/n-permutation/programs.js';
import { errorOf } from '../helpers/error-of';
import { countingSort, digits, sort } from '../program/interchange/programs';
import { folders, messageOf } from './claims.js';

const { recorded } = folders();
const free: { dispose(): void }[] = [];
const kept = <T extends { dispose(): void }>(one: T): T => {
  free.push(one);
  return one;
};
afterEach(() => {
  for (const one of free.splice(0)) one.dispose();
});
const chainEvidence = (): ChainEvidence => recorded().at(-1)!.claim!.chain!;

const compiledSort = async (variation: Variation = {}) => kept(await compile(sort, { backend: 'wasm', variation }));

/** The model with what the components of a variable write changed: each value takes the place of the next, and a number that of its negative. */
async function damaged({ model, variables }: Pick<Compilation, 'model' | 'variables'>, name: string) {
  const { components, places } = variables.get(name)!;
  const weights = new Map(
    [...model.weights].map(([key, { shape, data }]) => [key, { shape, data: Float32Array.from(data) }]),
  );
  const width = model.config.d_model;
  for (const component of components) {
    const [, block, kind, index] = /^(blocks\.\d+)\.(attn\.head|mlp\.neuron)\.(\d+)$/.exec(component)!;
    const { data } = weights.get(`${block!}.${kind === 'attn.head' ? 'attn.W_O' : 'mlp.W_out'}`)!;
    const rows = kind === 'attn.head' ? model.config.d_head : 1;
    for (let row = Number(index) * rows; row < (Number(index) + 1) * rows; row++) {
      const own = data.slice(row * width, (row + 1) * width);
      for (const { features, encoding } of places.filter(({ derived }) => !derived))
        features.forEach((feature, i) => {
          data[row * width + feature] = encoding === 'number' ? -own[feature]! : own[features.at(i - 1)!]!;
        });
    }
  }
  return kept(await transformer(model.config, weights, { name: 'damaged', backend: 'wasm' }));
}
const compiledSteps = (compiled: Compilation<0 | 1 | 2, 0 | 1 | 2 | null>): number => chainOf(compiled).length;
const erase = <T extends string | number | boolean | null, O extends string | number | boolean | null>(
  one: Compilation<T, O>,
): Compilation => one as unknown as Compilation;

describe('compiled models hold every axiom on every input', () => {
  test.each(permutationAlgorithms)('%s', async (name) => {
    const algorithm = permutationPrograms(3)[name];
    const compiled = kept(await compile(algorithm, { backend: 'wasm' }));
    const chain = chainOf(compiled);
    await expect(compiled.model).toImplement(algorithm, { chain });
    const { exact, inputs, rows } = chainEvidence();
    expect([exact, inputs]).toEqual([true, 39]);
    expect(rows).toHaveLength(4 * chain.length + 2);
    for (const { violated, rate } of rows) expect([violated, rate]).toEqual([0, { estimate: 1, low: 1, high: 1 }]);
  });

  test.each<[string, Variation]>([
    ['computed twice', { copies: { place: 'mean', sorted: 'either' } }],
    ['held as numbers', { encodings: { sorted: 'number', place: 'one-hot' }, units: 3, order: 4 }],
    ['with noise', { noise: { seed: 2, sizes: { sorted: 2 ** -6 } } }],
    ['later', { delays: { place: 2 }, atLeast: { n_heads: 3 } }],
  ])('%s', async (_, variation) => {
    const compiled = await compiledSort(variation);
    await expect(compiled.model).toImplement(sort, { chain: chainOf(compiled) });
  });
});

describe('a damaged model fails where it is damaged', () => {
  test.each(permutationAlgorithms)('%s', async (name) => {
    const algorithm = permutationPrograms(3)[name];
    const compiled = kept(await compile(algorithm, { backend: 'wasm' }));
    const chain = chainOf(compiled);
    for (const { name: variable } of chain) {
      const model = await damaged(erase(compiled), variable);
      await expect(model).not.toImplement(algorithm, { chain });
      const [finding] = recorded().at(-1)!.claim!.findings;
      expect(finding).toMatchObject({ code: 'chain-broken', step: variable, axiom: 'component equivalence' });
      const { rows } = chainEvidence();
      const names = chain.map((step) => step.name);
      // nothing before it; and nothing after it by itself, where what it holds now is a value that it could have
      for (const { step, axiom, violated } of rows.filter((row) => row.step !== variable)) {
        const before = names.indexOf(step) < names.indexOf(variable) && step !== 'the output';
        const value = compiled.variables.get(variable)!.places[0]!.encoding === 'one-hot';
        if (axiom === 'prefix equivalence' ? before : axiom === 'component equivalence' && (before || value))
          expect([step, axiom, violated]).toEqual([step, axiom, 0]);
      }
      expect(rows.find((row) => row.step === variable && row.axiom === 'prefix equivalence')!.violated).toBeGreaterThan(
        0,
      );
      model.dispose();
    }
  });

  test('with the first step and the first input that show it', async () => {
    const compiled = await compiledSort();
    const model = await damaged(erase(compiled), 'sorted');
    const message = await messageOf(expect(model).toImplement(sort, { chain: chainOf(compiled) }));
    expect(message.replace(/\b\d[\d.]* (ms|s)\b/g, 'TIME')).toMatchSnapshot();
  });

  test('written right in its place, the answer is another: that is not replaceable', async () => {
    const compiled = await compiledSort();
    const model = await damaged(erase(compiled), 'place');
    await expect(model).not.toImplement(sort, { chain: chainOf(compiled) });
    const of = (axiom: string) => chainEvidence().rows.find((row) => row.step === 'place' && row.axiom === axiom)!;
    expect(of('component replaceability').violated).toBeGreaterThan(0);
    expect(of('prefix replaceability').violated).toBeGreaterThan(0);
  });
});

test('logits that are not numbers are no answer, and no other one is as they are', async () => {
  const compiled = await compiledSort();
  // a transformer refuses weights that are none; what another kind of model computes is its own affair
  const { name, kind, fingerprint, backend, sites, parts, representationSites } = compiled.model;
  const model: Model = {
    name,
    kind,
    fingerprint,
    backend,
    sites,
    parts,
    representationSites,
    dispose: () => undefined,
    async run(batch, options) {
      const found = await compiled.model.run(batch, options);
      return { ...found, logits: { ...found.logits, data: found.logits.data.map(() => NaN) } };
    },
  };
  const message = await messageOf(expect(model).toImplement(sort, { chain: chainOf(compiled) }));
  expect(message).toContain('the model answers nothing');
  const { rows, inputs } = chainEvidence();
  const ofAnswer = rows.filter(({ step, axiom }) => step === 'the output' || axiom.endsWith('replaceability'));
  expect(ofAnswer).toHaveLength(2 * compiledSteps(compiled) + 2);
  for (const { violated } of ofAnswer) expect(violated).toBe(inputs);
});

describe('of drawn inputs', () => {
  const drawn = () =>
    programTask(sort, {
      inputs: fromArbitrary(fc.array(fc.constantFrom(...digits), { minLength: 1, maxLength: 3 })),
    });
  test('holds with limits, as soon as they are beyond what is asked for', async () => {
    const compiled = await compiledSort();
    const chain = chainOf(compiled);
    await expect(compiled.model).toImplement(sort, { chain, on: drawn(), atLeast: 0.9 });
    const { exact, inputs, rows } = chainEvidence();
    expect(exact).toBe(false);
    expect(inputs).toBeLessThan(200);
    for (const { rate } of rows) {
      expect(rate.low).toBeGreaterThan(0.9);
      expect(rate.high).toBe(1);
    }
  });

  test('that all of them do cannot be shown', async () => {
    const compiled = await compiledSort();
    const message = await messageOf(
      expect(compiled.model).toImplement(sort, { chain: chainOf(compiled), on: drawn(), runs: 100 }),
    );
    expect(message).toContain('Undecided: prefix equivalence at place');
    expect(message).toContain('a smaller `atLeast`');
  });

  test('a violation shrinks to the smallest input', async () => {
    const compiled = await compiledSort();
    const model = await damaged(erase(compiled), 'sorted');
    for (const seed of [1, 2, 3]) {
      await expect(model).not.toImplement(sort, { chain: chainOf(compiled), on: drawn(), seed, atLeast: 0.9 });
      expect(recorded().at(-1)!.claim!.counterexample).toMatchObject({ input: '[0]' });
    }
  });
});

test('a step that is only read is not replaced, and the message says so', async () => {
  const compiled = await compiledSort();
  const chain = chainOf(compiled).map(({ concretization, ...step }): ChainStep =>
    step.name === 'place' ? step : { ...step, concretization: concretization! },
  );
  await expect(compiled.model).toImplement(sort, { chain });
  expect(chainEvidence().rows).toHaveLength(8);
  expect(recorded().at(-1)!.claim!.reasons.join()).toContain('replaceability is not tested there');
});

test('what cannot be', async () => {
  const compiled = await compiledSort();
  const chain = chainOf(compiled);
  const [place, sorted] = chain as [ChainStep, ChainStep];
  const trying = (steps: readonly unknown[]) =>
    expect(compiled.model).toImplement(sort, { chain: steps as readonly ChainStep[] });
  await expect(trying([])).rejects.toThrow(OptionError);
  await expect(trying([place, { ...sorted, name: 'place' }])).rejects.toThrow(
    errorOf(OptionError, 'two steps are called'),
  );
  await expect(trying([place, { ...sorted, variables: ['place'] }])).rejects.toThrow(
    errorOf(OptionError, 'two steps compute'),
  );
  await expect(trying([{ ...place, variables: ['plaice'] }])).rejects.toThrow(
    errorOf(ProgramError, 'did you mean "place"'),
  );
  await expect(trying([{ ...place, site: 'blocks.9.hook_resid_post' }])).rejects.toThrow(
    errorOf(OptionError, 'has no site'),
  );
  await expect(trying([{ ...place, abstraction: () => ({ place: [7, 7, 7] }) }])).rejects.toThrow(
    errorOf(OptionError, 'values of place for'),
  );
  await expect(
    trying([{ ...place, abstraction: (_: unknown, input: readonly unknown[]) => ({ place: input.map(() => 7) }) }]),
  ).rejects.toThrow(errorOf(OptionError, '7 is no value of place'));
  await expect(expect(compiled.model).toImplement({} as typeof sort, { chain })).rejects.toThrow(
    errorOf(OptionError, 'no program'),
  );
});

describe('without a chain', () => {
  // both sort
  const [places, counts] = [sort, countingSort] as unknown as [Program, Program];
  const few = { draws: 24 };
  let one: Compilation;
  beforeAll(async () => {
    const [variation] = fc.sample(variations(counts), { numRuns: 1, seed: 5 });
    one = await compile(counts, { backend: 'wasm', variation: variation! });
  });
  afterAll(() => one.dispose());

  test('holds of the program rather than its rival, and fails the other way round', async () => {
    await expect(one.model).toImplement(counts, { ratherThan: [places], ...few });
    const message = await messageOf(expect(one.model).toImplement(places, { ratherThan: [counts], ...few }));
    expect(message).toMatch(
      /^Fails: nearer to implementations of counting sort; to those of sort in at most \d+.* % of pairs\./,
    );
    expect(message).toContain('That does not show that it does not implement sort');
    const [passed, failed] = recorded().map(({ claim }) => claim!);
    expect(passed).toMatchObject({
      outcome: 'holds',
      findings: [{ code: 'nearer-than-rivals', rivals: ['sort'] }, { code: 'others-not-compared' }],
      nearest: { outcome: 'nearer', inputs: 39, rivals: [{ is: 'nearer' }] },
    });
    expect(passed!.reasons.join(' ')).toContain('it may implement one that is not named');
    expect(failed!.nearest!.rivals[0]!.share.high).toBeLessThan(0.5);
    const report = makeReport(recorded(), { version: '0', started: new Date(0), seconds: 1 });
    expect(toHtml(report)).toContain('Nearest program');
  });

  test('without rivals, whether it lies among implementations of the program, and that this is not all', async () => {
    await expect(one.model).toImplement(counts, few);
    const { claim } = recorded().at(-1)!;
    expect(claim!.findings.map(({ code }) => code)).toEqual(['among-implementations', 'no-rivals']);
    const { among } = claim!.nearest!;
    expect(among.share.low).toBeGreaterThan(among.atLeast);
    expect(claim!.reasons.join(' ')).toContain('Without rivals');
  });

  test('what is not certain after all draws fails both ways, and says what would settle it', async () => {
    // two implementations cannot be certain at this level
    const least = { ratherThan: [places], draws: 2, alpha: 1e-6 };
    for (const work of [
      () => expect(one.model).toImplement(counts, least),
      () => expect(one.model).not.toImplement(counts, least),
    ])
      expect(await messageOf(work())).toMatch(/^Undecided: [^]*More `draws`[^]*all 2 implementations were drawn/);
    const short = { ...least, draws: 64, maxPasses: 1 };
    expect(await messageOf(expect(one.model).toImplement(counts, short))).toContain(
      'the limit of 1 forward pass was reached',
    );
  });

  test('a chain and rivals at once are refused', async () => {
    const both = { chain: chainOf(one), ratherThan: [places] };
    await expect(expect(one.model).toImplement(counts, both)).rejects.toThrow(errorOf(OptionError, 'both a chain'));
  });
});
