/** The trained models of lab/n-permutation/models: what PyTorch counted when they were trained, the library counts too. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Model } from '../../../src/model/model.js';
import type { Part } from '../../../src/program/alignment.js';
import { interchangeAccuracy } from '../../../src/program/interchange/accuracy.js';
import { isPermutation, permutationAlgorithms, permutationPrograms } from '../../../suites/n-permutation/programs.js';
import { Zoo, type Run } from '../../../suites/n-permutation/zoo.js';
import { allInputs } from '../../program/exact';

const N = 4;
const folder = join(__dirname, '../../../lab/n-permutation/models');
const programs = permutationPrograms(N);
const inputs = allInputs([0, 1, 2, 3], N).filter(({ length }) => length === N);
const [yes, no] = [inputs.filter(isPermutation), inputs.filter((input) => !isPermutation(input))];
/** Eight permutations and eight others, as fit.py lists them. */
const listed = [yes, no].flatMap((rows) =>
  Array.from({ length: 8 }, (_, i) => rows[Math.floor((i * rows.length) / 8)]!),
);
const pairs = listed.flatMap((base) => listed.map((source) => ({ base, source })));
const encode = (input: readonly number[]): number[] => [N, ...input];

/** The model's answers, one for each token. */
async function answers(model: Model, ...args: Parameters<Model['run']>): Promise<boolean[][]> {
  const { data, shape } = (await model.run(...args)).logits;
  expect(shape).toEqual([args[0].length, N + 1, 2]);
  return args[0].map((_, row) =>
    Array.from({ length: N }, (_, i) => {
      const at = 2 * (row * (N + 1) + i + 1);
      return data[at + 1]! > data[at]!;
    }),
  );
}

const share = (rows: readonly boolean[]): number => rows.filter(Boolean).length / rows.length;

async function accuracyOf(model: Model): Promise<number> {
  const right = (await answers(model, inputs.map(encode))).map((own, i) =>
    own.every((one) => one === isPermutation(inputs[i]!)),
  );
  return (
    (share(right.filter((_, i) => isPermutation(inputs[i]!))) +
      share(right.filter((_, i) => !isPermutation(inputs[i]!)))) /
    2
  );
}

/** Exchanges of either variable that the model answers as the program, in the order of the alignment. */
async function interchanged(model: Model, { algorithm, alignment }: Run, position?: number[]): Promise<number[]> {
  const parts = (own: readonly Part[]): Part[] =>
    own.map(({ site, at }) => ({ site, at: { ...at, ...(position && { position }) } }));
  const { sets } = await interchangeAccuracy(model, programs[algorithm], {
    alignment: Object.fromEntries(Object.entries(alignment).map(([name, own]) => [name, parts(own)])),
    inputs: listed,
    limit: pairs.length,
  });
  return Object.keys(alignment).map((name) => {
    const { all, exhaustive } = sets.find(({ variables }) => variables.join() === name)!;
    expect([exhaustive, all.tried]).toEqual([true, pairs.length]);
    return all.agree;
  });
}

/** Exchanges of all that holds no variable, at the site of either, that change no answer for a wrong one. */
async function strict(model: Model, { alignment, size }: Run, position?: number[]): Promise<number[]> {
  const found: number[] = [];
  for (const own of Object.values(alignment)) {
    const { site } = own[0]!;
    const held = Object.values(alignment)
      .flat()
      .filter((part) => part.site === site)
      .flatMap(({ at }) => at.feature);
    const feature = Array.from({ length: size.d_model }, (_, i) => i).filter((i) => !held.includes(i));
    const given = await answers(
      model,
      pairs.map(({ base }) => encode(base)),
      {
        interventions: [
          {
            site,
            at: { feature, ...(position && { position }) },
            by: { kind: 'resample', inputs: pairs.map(({ source }) => encode(source)) },
          },
        ],
      },
    );
    found.push(given.filter((own, i) => own.every((one) => one === isPermutation(pairs[i]!.base))).length);
  }
  return found;
}

test('the folder is there', () => expect(existsSync(folder)).toBe(true));

describe.each(['weights', 'alignment', 'architecture', 'both'])('trained: %s', (name) => {
  let zoo: Zoo;
  let runs: readonly Run[];
  beforeAll(async () => {
    zoo = await Zoo.open(folder, N);
    runs = zoo.settings.find((setting) => setting.name === `trained: ${name}`)!.runs;
  });

  test('all keep the thresholds, and no two are of one seed', () => {
    for (const { accuracy, first, second, strict } of runs) {
      expect(accuracy).toBeGreaterThanOrEqual(0.96);
      for (const share of [first, second, strict]) expect(share).toBeGreaterThanOrEqual(0.9);
    }
    expect(new Set(runs.map(({ seed }) => seed)).size).toBe(runs.length);
  });

  test.each(permutationAlgorithms)('%s: accuracy, interchange and strict accuracy', async (algorithm) => {
    const own = runs.filter((run) => run.algorithm === algorithm);
    expect(own.length).toBeGreaterThanOrEqual(4);
    // all 359 were counted once, when they were committed; two of each stand for them
    for (const run of own.slice(0, 2)) {
      const model = await zoo.model(run);
      try {
        expect(await accuracyOf(model)).toBeCloseTo(run.accuracy, 4);
        for (const [which, position] of [
          ['all', undefined],
          ['two', [1, 2]],
        ] as const) {
          const at = position && [...position];
          expect({
            seed: run.seed,
            which,
            counted: [...(await interchanged(model, run, at)), ...(await strict(model, run, at))],
          }).toEqual({ seed: run.seed, which, counted: run.counted[which] });
        }
      } finally {
        model.dispose();
      }
    }
  });
});
