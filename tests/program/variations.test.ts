/** Many implementations of one program: all of them are it. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CompilationError, OptionError, ProgramError } from '../../src/errors.js';
import { symmetries } from '../../generators/symmetries.js';
import { variations } from '../../generators/variations.js';
import { compile } from '../../src/program/compile.js';
import type { Variation } from '../../src/program/compiler/layout.js';
import { program, type Program } from '../../src/program/program.js';
import { programTask } from '../../src/program/task.js';
import { runExamples } from '../../src/task/index.js';
import { errorOf } from '../helpers/error-of';
import { allInputs, differences } from './exact';

const digits = [0, 1, 2] as const;
const sort = program({ name: 'sort', vocabulary: digits, maxLength: 3 }, (rasp) => {
  const { tokens, indices, select, and, or, width, aggregate } = rasp;
  const before = and(select(tokens, tokens, '=='), select(indices, indices, '<'));
  const place = width(or(select(tokens, tokens, '<'), before)).named('place');
  return aggregate(select(place, indices, '=='), tokens).named('sorted');
});
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
  expect(() => variations(sort, { maxDelay: -1 })).toThrow(errorOf(OptionError, 'maxDelay is -1'));
  expect(() => variations({} as Program)).toThrow(errorOf(OptionError, 'no program'));
});
