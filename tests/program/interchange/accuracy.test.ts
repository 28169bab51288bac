/** Interchange accuracy against brute force, of compiled models. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { InputError, InterventionError, OptionError, ProgramError } from '../../../src/errors.js';
import { transformer } from '../../../src/model/formats/transformer/run/model.js';
import type { Compilation } from '../../../src/program/compilation.js';
import { compile } from '../../../src/program/compile.js';
import { interchangeAccuracy } from '../../../src/program/interchange/accuracy.js';
import type { Program } from '../../../src/program/program.js';
import { errorOf } from '../../helpers/error-of';
import { allInputs } from '../exact';
import { digits, repeats, sort, sortFromBehind } from './programs';

type Digit = 0 | 1 | 2;
const made: { dispose(): void }[] = [];
const keep = <T extends { dispose(): void }>(one: T): T => {
  made.push(one);
  return one;
};
let sorting: Compilation<Digit>;
beforeAll(async () => {
  sorting = keep(await compile(sort, { backend: 'wasm' })) as unknown as Compilation<Digit>;
});
afterAll(() => {
  for (const one of made) one.dispose();
});

/** Of one variable, one interchange at a time, by `run` with values read from a run of its own: no code in common. */
async function bruteForce(
  model: Compilation<Digit>,
  program: Program<Digit>,
  name: string,
): Promise<{ tried: number; agree: number; matters: number; agreeWhereMatters: number }> {
  const found = { tried: 0, agree: 0, matters: 0, agreeWhereMatters: 0 };
  const inputs = allInputs(digits, 2);
  const { site, at } = model.alignment[name]![0]!;
  const features = at!['feature']!;
  for (const base of inputs)
    for (const source of inputs.filter(({ length }) => length === base.length)) {
      const { activations } = await model.model.run([program.encode(source)], { capture: [site] });
      const { data, shape } = activations.get(site)!;
      const width = shape[2]!;
      const value = {
        shape: [base.length + 1, features.length],
        data: Array.from({ length: base.length + 1 }, (_, p) => features.map((f) => data[p * width + f]!)).flat(),
      };
      const whole = new Float32Array((base.length + 1) * width);
      value.data.forEach((x, i) => {
        whole[Math.floor(i / features.length) * width + features[i % features.length]!] = x;
      });
      const { logits } = await model.model.run([program.encode(base)], {
        interventions: [
          {
            site,
            at: { feature: features },
            by: { kind: 'value', value: { shape: [base.length + 1, width], data: whole } },
          },
        ],
      });
      const classes = logits.shape[2]!;
      const answers = base.map((_, i) => {
        const row = [...logits.data.subarray((i + 1) * classes, (i + 2) * classes)];
        return program.outputs[row.indexOf(Math.max(...row))]!;
      });
      const set = { [name]: program.run(source).variables[name]! };
      const expected = program.run(base, { set }).output;
      const agrees = expected.join() === answers.join();
      const matters = expected.join() !== program.run(base).output.join();
      found.tried++;
      if (agrees) found.agree++;
      if (matters) found.matters++;
      if (agrees && matters) found.agreeWhereMatters++;
    }
  return found;
}

/** With one weight of the named tensor moved. */
async function damaged({ model }: Compilation<Digit>, name: string, by: (data: Float32Array) => void) {
  const weights = new Map(
    [...model.weights].map(([key, { shape, data }]) => {
      const own = Float32Array.from(data);
      if (key === name) by(own);
      return [key, { shape, data: own }] as const;
    }),
  );
  return keep(await transformer(model.config, weights, { backend: 'wasm', name: 'damaged' }));
}

test.each([
  ['sort', sort],
  ['sort from behind', sortFromBehind],
  ['repeats', repeats],
] as [string, Program<Digit>][])('%s, compiled, realises its program exactly', async (_, program) => {
  const compiled = keep(await compile(program, { backend: 'wasm' }));
  const { alignment, model } = compiled;
  const { untouched, sets, several } = await interchangeAccuracy(model, program, { alignment, limit: 1000 });
  expect(untouched).toEqual({ tried: 39, agree: 39, accuracy: 1 });
  expect(sets.map(({ variables }) => variables)).toEqual(program.variables.map(({ name }) => [name]));
  for (const { all, matters, exhaustive } of sets) {
    expect(all).toEqual({ tried: 9 + 81 + 729, agree: 819, accuracy: 1 });
    expect(matters.agree).toBe(matters.tried);
    expect(exhaustive).toBe(true);
  }
  expect(several!.all).toEqual({ tried: 1000, agree: 1000, accuracy: 1 });
  expect(several!.matters.tried).toBeGreaterThan(200);
});

test('counts what brute force counts, of a model that is right nearly everywhere', async () => {
  // it never answers one class
  const model = await damaged(sorting, 'unembed.b_U', (b) => (b[2]! -= 1e6));
  const { place, sorted } = sorting.alignment;
  const inputs = allInputs(digits, 2);
  const { sets } = await interchangeAccuracy(model, sort, { alignment: { place: place!, sorted: sorted! }, inputs });
  for (const { variables, all, matters } of sets) {
    const reference = await bruteForce(
      { ...sorting, model } as Compilation<Digit>,
      sort as unknown as Program<Digit>,
      variables[0]!,
    );
    expect(all.agree).toBeLessThan(all.tried);
    expect({ tried: all.tried, agree: all.agree, matters: matters.tried, agreeWhereMatters: matters.agree }).toEqual(
      reference,
    );
  }
});

test('a model that ignores the variable is right only where it does not matter', async () => {
  // the place of the token itself, which nothing reads any more
  const { alignment } = sorting;
  const last = sorting.sizes.n_layers - 1;
  const alignment2 = { place: [{ site: `blocks.${last}.hook_resid_post`, at: alignment['place']![0]!.at }] };
  const { sets } = await interchangeAccuracy(sorting.model, sort, { alignment: alignment2 });
  const [{ all, matters }] = sets as [(typeof sets)[0]];
  expect(matters.agree).toBe(0);
  expect(all.agree).toBe(all.tried - matters.tried);
  expect(matters.tried).toBeGreaterThan(100);
});

test('components by name, positions, and directions', async () => {
  const { variables, alignment, model } = sorting;
  const accuracies = async (aligned: Parameters<typeof interchangeAccuracy>[2]['alignment'], options = {}) =>
    (await interchangeAccuracy(model, sort, { alignment: aligned, ...options })).sets.map(({ all }) => all.accuracy);
  // what computes the variable carries it
  expect(await accuracies({ place: variables.get('place')!.components })).toEqual([1]);
  // at one position only, as in the program
  const [part] = alignment['place']!;
  for (const position of [[1], [-1], [2, 3]])
    expect(await accuracies({ place: [{ ...part!, at: { ...part!.at, position } }] })).toEqual([1]);
  // as a subspace of the whole stream, turned inside
  const width = sorting.sizes.d_model;
  const [output] = alignment['sorted']!;
  const [a, b, ...rest] = output!.at!['feature']!;
  const along = (...terms: [number, number][]) =>
    Array.from({ length: width }, (_, i) => terms.find(([at]) => at === i)?.[1] ?? 0);
  const directions = [
    along([a!, Math.SQRT1_2], [b!, Math.SQRT1_2]),
    along([a!, Math.SQRT1_2], [b!, -Math.SQRT1_2]),
    ...rest.map((at) => along([at, 1])),
  ];
  expect(await accuracies({ sorted: [{ site: output!.site, directions }] })).toEqual([1]);
  expect(await accuracies({ sorted: [{ site: output!.site, directions: directions.slice(2) }] })).not.toEqual([1]);
  expect(await accuracies({ place: [part!] }, { position: 0 })).toEqual([1]);
  expect(await accuracies({ place: [part!] }, { sets: [['place'], ['place']] })).toEqual([1, 1]);
});

test('a subspace beside other variables, all at once', async () => {
  const { alignment, model } = sorting;
  const width = sorting.sizes.d_model;
  const turned = Object.fromEntries(
    Object.entries(alignment).map(([name, [part]]) => [
      name,
      [
        {
          site: part!.site,
          directions: part!.at!['feature']!.map((at) => Array.from({ length: width }, (_, i) => Number(i === at))),
        },
      ],
    ]),
  );
  const { several } = await interchangeAccuracy(model, sort, { alignment: turned, limit: 300 });
  expect(several!.all.accuracy).toBe(1);
});

test('what cannot be', async () => {
  const { model, alignment } = sorting;
  const of = (aligned: unknown, options = {}) =>
    interchangeAccuracy(model, sort, { alignment: aligned as typeof alignment, ...options });
  const site = 'blocks.0.hook_resid_post';
  await expect(of({})).rejects.toThrow(errorOf(OptionError, 'names no variable'));
  await expect(of({ place: [] })).rejects.toThrow(errorOf(OptionError, 'names no part that holds place'));
  await expect(of({ plaice: [{ site }] })).rejects.toThrow(errorOf(ProgramError, 'did you mean "place"'));
  await expect(of({ place: [{ site: 'blocks.9.hook_resid_post' }] })).rejects.toThrow(
    errorOf(InterventionError, /no site "blocks.9.hook_resid_post"[^]*alignment.place\[0\][^]*did you mean/),
  );
  await expect(of({ place: ['blocks.0.attn.head.99'] })).rejects.toThrow(
    errorOf(InterventionError, 'names no component'),
  );
  await expect(of({ place: [{ site, at: { head: [0] } }] })).rejects.toThrow(
    errorOf(InterventionError, 'no axis "head"'),
  );
  await expect(of({ place: [{ site, at: { feature: [9999] } }] })).rejects.toThrow(
    errorOf(InterventionError, 'holds 9999'),
  );
  await expect(of({ place: [{ site, at: { position: [0] } }] })).rejects.toThrow(errorOf(OptionError, 'the beginning'));
  await expect(of({ place: [{ site, at: { position: [1] } }, { site }] })).rejects.toThrow(
    errorOf(OptionError, 'at different positions'),
  );
  await expect(of({ place: [{ site, directions: [[1, 0]] }] })).rejects.toThrow(
    errorOf(InterventionError, 'are not vectors of'),
  );
  const long = Array.from({ length: sorting.sizes.d_model }, () => 1);
  await expect(of({ place: [{ site, directions: [long] }] })).rejects.toThrow(
    errorOf(InterventionError, 'not unit vectors'),
  );
  await expect(of(alignment, { inputs: [[0, 7]] })).rejects.toThrow(errorOf(InputError, 'not in the vocabulary'));
  await expect(of(alignment, { inputs: [] })).rejects.toThrow(errorOf(InputError, 'there are no inputs'));
  await expect(of(alignment, { inputs: [[0]], position: 1 })).rejects.toThrow(errorOf(OptionError, 'position 1'));
  await expect(of({ place: alignment['place'] }, { sets: [['sorted']] })).rejects.toThrow(
    errorOf(ProgramError, 'does not say where "sorted" is'),
  );
  await expect(interchangeAccuracy(model, {} as Program, { alignment })).rejects.toThrow(
    errorOf(OptionError, 'no program'),
  );
});
