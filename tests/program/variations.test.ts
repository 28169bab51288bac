/** Many implementations of one program: all of them are it. */
import { afterEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CompilationError, OptionError, ProgramError } from '../../src/errors.js';
import { symmetries } from '../../generators/symmetries.js';
import { variations } from '../../generators/variations.js';
import type { Activation } from '../../src/model/model.js';
import type { Compilation, Place } from '../../src/program/compilation.js';
import { compile, type CompileOptions } from '../../src/program/compile.js';
import type { Variation } from '../../src/program/compiler/layout.js';
import { program, type Program } from '../../src/program/program.js';
import { programTask } from '../../src/program/task.js';
import { runExamples } from '../../src/task/index.js';
import { errorOf } from '../helpers/error-of';
import { digits, sort } from './interchange/programs';
import { allInputs, differences } from './exact';

const share = program(
  { name: 'share', vocabulary: digits, maxLength: 3, causal: true },
  ({ tokens, all, map, mean, linear }) =>
    linear(
      [
        mean(
          all,
          map(tokens, (x) => x > 0),
        ).named('positive'),
        1,
      ],
      [mean(all, tokens).named('level'), -0.5],
    ),
);
const inputs = allInputs(digits, 3);

describe.each([
  ['sort', sort as unknown as Program<0 | 1 | 2>],
  ['share, causal', share as unknown as Program<0 | 1 | 2>],
])('%s', (_, one) => {
  test('every variation holds the output and every variable', () =>
    fc.assert(
      fc.asyncProperty(variations(one), async (variation) => {
        const compiled = await compile(one, { backend: 'wasm', variation });
        try {
          expect(await differences(compiled, inputs)).toEqual([]);
          for (const [size, least] of Object.entries(variation.atLeast ?? {}))
            expect(compiled.sizes[size as 'd_mlp']).toBeGreaterThanOrEqual(least!);
        } finally {
          compiled.dispose();
        }
      }),
      { numRuns: 12, endOnFailure: true },
    ));

  test('what is set goes on as in the program', () =>
    fc.assert(
      fc.asyncProperty(variations(one), fc.nat(), async (variation, draw) => {
        const compiled = await compile(one, { backend: 'wasm', variation });
        const names = one.variables.map(({ name }) => name).filter((name) => name !== 'indices');
        const name = names[draw % names.length]!;
        const { values } = one.variables.find((variable) => variable.name === name)!;
        const set = { [name]: values[draw % values.length]! };
        expect(await compiled.run(inputs, { set })).toEqual(inputs.map((input) => one.run(input, { set })));
        compiled.dispose();
      }),
      { numRuns: 6, endOnFailure: true },
    ));
});

test('they differ: in size, in weights, in where a variable stands', async () => {
  const fingerprints = new Set<string>();
  const sites = new Set<string>();
  for (const variation of fc.sample(variations(sort), { numRuns: 20, seed: 1 })) {
    const compiled = await compile(sort, { backend: 'wasm', variation });
    fingerprints.add(compiled.model.fingerprint);
    sites.add(compiled.variables.get('place')!.places[0]!.site);
    compiled.dispose();
  }
  expect(fingerprints.size).toBeGreaterThan(15);
  expect(sites.size).toBeGreaterThan(2);
});

/** Compiled, and freed after the test. */
const made: Compilation<0 | 1 | 2, 0 | 1 | 2 | null>[] = [];
const varied = async (variation: Variation, options: CompileOptions = {}) => {
  const one = await compile(sort, { backend: 'wasm', variation, ...options });
  made.push(one);
  return one;
};
afterEach(() => {
  for (const one of made.splice(0)) one.dispose();
});

describe('each way by itself', () => {
  const activation = async ({ model }: Compilation<0 | 1 | 2>, { site }: Place): Promise<Activation> =>
    (await model.run([sort.encode([2, 0, 1])], { capture: [site], logits: false })).activations.get(site)!;
  const heldAt = ({ shape, data }: Activation, position: number, { features, units }: Place): number[] =>
    features.map((feature, i) => data[position * shape[2]! + feature]! / units[i]!);

  test.each(['mean', 'either'] as const)('a variable twice, read from %s', async (how) => {
    const plain = (await varied({})).variables.get('place')!;
    const twice = await varied({ copies: { place: how } });
    const { places, components } = twice.variables.get('place')!;
    const [first, second] = places;
    expect(places.filter(({ derived }) => !derived)).toHaveLength(2);
    expect(first!.features).not.toEqual(second!.features);
    expect(twice.alignment['place']).toHaveLength(2);
    expect(components.filter((name) => name.includes('head')).length).toBeGreaterThan(
      plain.components.filter((name) => name.includes('head')).length,
    );
    // one copy alone does not say what is read from the mean of both; both together do
    const { d_model } = twice.sizes;
    const half = await twice.model.run([sort.encode([2, 0, 1])], {
      capture: ['blocks.1.hook_resid_post'],
      interventions: [
        {
          site: first!.site,
          at: { feature: first!.features },
          by: { kind: 'value', value: { shape: [d_model], data: new Float32Array(d_model) } },
        },
      ],
    });
    expect(half.logits.data).not.toEqual((await twice.model.run([sort.encode([2, 0, 1])])).logits.data);
    expect((await twice.run([[2, 0, 1]], { set: { place: [0, 1, 2] } }))[0]!.output).toEqual([2, 0, 1]);
  });

  test('as a number, and texts by their place', async () => {
    const one = await varied({ encodings: { tokens: 'number', sorted: 'number' } });
    const [tokens, hot] = one.variables.get('tokens')!.places;
    expect([tokens!.encoding, tokens!.derived, tokens!.features.length]).toEqual(['number', false, 1]);
    expect([hot!.encoding, hot!.derived]).toEqual(['one-hot', true]);
    const there = await activation(one, tokens!);
    expect([1, 2, 3].map((position) => heldAt(there, position, tokens!)[0])).toEqual([2, 0, 1]);
    // a value that is nothing has a code, too
    expect(one.variables.get('sorted')!.places[0]!.codes).toEqual([1, 2, 3, 4]);
  });

  test('one-hot instead of a number, which is taken away', async () => {
    const one = await varied({ encodings: { place: 'one-hot' } });
    const { places } = one.variables.get('place')!;
    expect(places.map(({ encoding }) => encoding)).toEqual(['one-hot']);
    const there = await activation(one, places[0]!);
    expect(heldAt(there, 1, places[0]!).map(Math.round)).toEqual([0, 0, 1, 0]);
    // after that block nothing holds the number that the head wrote: all is 0 or 1
    expect([...there.data].every((x) => Math.abs(x - Math.round(x)) < 1e-4)).toBe(true);
    const plain = await varied({});
    const still = await activation(plain, plain.variables.get('place')!.places[1]!);
    expect([...still.data].every((x) => Math.abs(x - Math.round(x)) < 1e-4)).toBe(false);
  });

  test('noise moves what is held, by as much as it may, and is refused where that is too much', async () => {
    const size = 2 ** -6;
    const one = await varied({ noise: { seed: 3, sizes: { sorted: size } } });
    const [place] = one.variables.get('sorted')!.places;
    const off = heldAt(await activation(one, place!), 1, place!).map((x) => Math.abs(x - Math.round(x)));
    expect(Math.max(...off)).toBeGreaterThan(size / 100);
    expect(Math.max(...off)).toBeLessThanOrEqual(place!.error);
    expect(place!.error).toBeLessThan(1.1 * size);
    await expect(varied({ noise: { seed: 3, sizes: { place: size } } })).rejects.toThrow(CompilationError);
  });

  test('of exactly given sizes', async () => {
    const architecture = { n_layers: 5, n_heads: 3, d_head: 20, d_model: 70, d_mlp: 40 };
    const one = await varied({ atLeast: { n_heads: 2 } }, { architecture });
    expect(one.sizes).toMatchObject(architecture);
    expect(await differences(one, inputs)).toEqual([]);
  });
});

test('all of these are drawn, together', () => {
  const drawn = fc.sample(variations(sort), { numRuns: 100, seed: 1 });
  for (const what of ['copies', 'encodings', 'noise', 'delays', 'distractors'] as const)
    expect(drawn.filter((one) => one[what] !== undefined).length).toBeGreaterThan(10);
});

test('shrinks to the plain compilation, and to the one difference that matters', () => {
  const shrunk = (fails: (variation: Variation) => boolean): Variation =>
    fc.check(
      fc.property(variations(sort), (variation) => !fails(variation)),
      { seed: 1, numRuns: 1000 },
    ).counterexample![0];
  expect({ ...shrunk(() => true) }).toEqual({});
  expect({ ...shrunk(({ delays }) => (delays?.['place'] ?? 0) > 0) }).toEqual({ delays: { place: 1 } });
  expect({
    ...shrunk(({ distractors }) => distractors?.some(({ name }) => name === 'histogram') ?? false),
  }).toMatchObject({
    distractors: [{ name: 'histogram' }],
  });
});

test('symmetries of a compiled model do its task as well', async () => {
  const compiled = await compile(sort, { backend: 'wasm' });
  const task = programTask(sort, { position: 0 });
  const examples = task.examples(39, 0);
  expect(task.size).toBe(39);
  for (const symmetry of fc.sample(symmetries(compiled.model), { numRuns: 5, seed: 2 })) {
    const model = await symmetry.apply();
    const { scores } = await runExamples(model, task, examples);
    expect([...scores]).toEqual(Array(39).fill(1));
    model.dispose();
  }
  compiled.dispose();
});

test('what cannot be', async () => {
  const with1 = (variation: unknown) => compile(sort, { variation: variation as Variation });
  await expect(with1({ delays: { plaice: 1 } })).rejects.toThrow(errorOf(ProgramError, 'did you mean "place"'));
  await expect(with1({ delays: { place: -1 } })).rejects.toThrow(OptionError);
  await expect(with1({ atleast: {} })).rejects.toThrow(errorOf(OptionError, 'atLeast'));
  await expect(with1({ distractors: [share] })).rejects.toThrow(errorOf(OptionError, 'is not over the inputs of sort'));
  await expect(compile(sort, { variation: { delays: { place: 3 } }, limits: { n_layers: 4 } })).rejects.toThrow(
    CompilationError,
  );
  await expect(with1({ copies: { plaice: 'mean' } })).rejects.toThrow(errorOf(ProgramError, 'did you mean "place"'));
  await expect(with1({ copies: { place: 'median' } })).rejects.toThrow(OptionError);
  await expect(with1({ encodings: { place: 'two-hot' } })).rejects.toThrow(OptionError);
  await expect(with1({ noise: { seed: 1, sizes: { place: -1 } } })).rejects.toThrow(OptionError);
  await expect(compile(sort, { architecture: { n_layers: 2 } })).rejects.toThrow(
    errorOf(CompilationError, 'n_layers beyond its limit of 2'),
  );
  expect(() => variations(sort, { maxNoise: 2 })).toThrow(errorOf(OptionError, 'maxNoise is 2'));
  expect(() => variations(sort, { maxDelay: -1 })).toThrow(errorOf(OptionError, 'maxDelay is -1'));
  expect(() => variations({} as Program)).toThrow(errorOf(OptionError, 'no program'));
});
