/** The calibration's models and kinds are what they claim to be. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Matrix, solve } from 'ml-matrix';
import { load } from '../../src/model/load.js';
import type { Activation, Intervention, Model, RunResult } from '../../src/model/model.js';
import { writeSafetensors } from '../../src/io/safetensors-write.js';
import { runExamples } from '../../src/task/run.js';
import { Bent, bend, unbend } from '../../lab/calibration/bent.js';
import { prunedAsFarAsItGoes } from '../../lab/calibration/prune.js';
import { pruned } from '../../src/model/formats/transformer/changed.js';
import { accuracyOf, distinctness, words, type Word } from '../../lab/calibration/tasks.js';
import { readRuns, recipes, Zoo, type Recipe } from '../../lab/calibration/zoo.js';

const suite = join(__dirname, '..', '..', 'lab', 'calibration');
const folder = join(suite, 'models');
let zoo: Zoo;
beforeAll(async () => {
  zoo = await Zoo.open(folder);
});
afterAll(() => zoo.dispose());

const everything = distinctness.examples(words.length, 0);
const [EARLY, MIDDLE, LATE] = [
  'blocks.0.hook_resid_pre',
  'blocks.0.hook_resid_post',
  'blocks.1.hook_resid_post',
] as const;
const PATTERNS = ['blocks.0.attn.hook_pattern', 'blocks.1.attn.hook_pattern'] as const;

/** The last position's features at a site, a row for each of the 625 inputs. */
async function residuals(model: Model, site: string): Promise<Matrix> {
  const { batches } = await runExamples(model, distinctness, everything, { capture: [site] });
  const { shape, data } = batches[0]!.activations.get(site)!;
  const [n, positions, width] = shape as [number, number, number];
  return new Matrix(
    Array.from({ length: n }, (_, row) =>
      Array.from(data.subarray((row * positions + positions - 1) * width, (row * positions + positions) * width)),
    ),
  );
}

/** Share of the variance of `wanted` that a linear function of `known`, with a constant, gives: fitted on every other input, taken over the rest. */
function rSquared(known: Matrix, wanted: Matrix): number {
  const [fitted, held] = [0, 1].map((half) => words.map((_, i) => i).filter((i) => i % 2 === half)) as [
    number[],
    number[],
  ];
  const design = new Matrix(words.map((_, i) => [...known.getRow(i), 1]));
  const [x, y] = [new Matrix(fitted.map((i) => design.getRow(i))), new Matrix(fitted.map((i) => wanted.getRow(i)))];
  // one-hot columns depend on each other: a penalty that is too small to matter
  const normal = x
    .transpose()
    .mmul(x)
    .add(Matrix.eye(x.columns).mul(1e-6 * fitted.length));
  const solution = solve(normal, x.transpose().mmul(y));
  const of = (rows: number[], m: Matrix): Matrix => new Matrix(rows.map((i) => m.getRow(i)));
  const truth = of(held, wanted);
  const error = Matrix.sub(truth, of(held, design).mmul(solution));
  const centred = truth.clone().subRowVector(of(fitted, wanted).mean('column'));
  return 1 - error.norm('frobenius') ** 2 / centred.norm('frobenius') ** 2;
}

const oneHot = (values: readonly number[], classes: number): number[] =>
  values.flatMap((value) => Array.from({ length: classes }, (_, k) => Number(k === value)));
const variables: Readonly<Record<'sort' | 'count' | 'rank', (word: Word) => number[]>> = {
  sort: (word) =>
    oneHot(
      word.toSorted((a, b) => a - b),
      5,
    ),
  count: (word) =>
    oneHot(
      [0, 1, 2, 3, 4].map((v) => word.filter((w) => w === v).length),
      5,
    ),
  rank: (word) =>
    oneHot(
      word.map((w) => word.filter((v) => v < w).length),
      4,
    ),
};

/** Accuracy where every attention pattern is its mean over all inputs. */
async function withAttentionHeld(model: Model): Promise<number> {
  const { batches } = await runExamples(model, distinctness, everything, { capture: [...PATTERNS] });
  const means = PATTERNS.map((site) => {
    const { shape, data } = batches[0]!.activations.get(site)!;
    const own = shape.slice(1);
    const size = own.reduce((a, b) => a * b, 1);
    const mean = new Float64Array(size);
    data.forEach((x, i) => (mean[i % size]! += x / shape[0]!));
    return { site, by: { kind: 'value', value: { shape: own, data: mean } } } as const;
  });
  return (await runExamples(model, distinctness, everything, { patch: () => means })).score;
}

/** Trained on from `learned` for longer, at a higher rate. */
const TUNED = ['finetuned-medium', 'finetuned-heavy', 'finetuned-heaviest'] as const;

const some = (recipe: Recipe, count: number): readonly number[] =>
  zoo.numbers(recipe).filter((_, i, all) => i % Math.ceil(all.length / count) === 0);

describe('the models', () => {
  test('there are as many as the kinds need, and they are small', () => {
    expect(zoo.numbers('learned').length).toBeGreaterThanOrEqual(60);
    for (const recipe of ['constant', 'sort', 'count', 'rank'] as const)
      expect(zoo.numbers(recipe).length).toBeGreaterThanOrEqual(30);
    // of which each is a pair with the model it was made from
    expect(zoo.numbers('finetuned').length).toBeGreaterThanOrEqual(60);
    for (const recipe of TUNED) expect(zoo.numbers(recipe).length).toBeGreaterThanOrEqual(20);
    const bytes = recipes.reduce((sum, recipe) => sum + readFileSync(join(folder, `${recipe}.safetensors`)).length, 0);
    expect(bytes).toBeLessThan(6_000_000);
  });

  test.each(recipes.filter((recipe) => recipe !== 'shuffled' && recipe !== 'another'))(
    '%s does the task',
    async (recipe) => {
      for (const number of some(recipe, 4))
        expect(await accuracyOf(await zoo.model(recipe, number))).toBeGreaterThanOrEqual(0.99);
    },
  );

  test('more training moves weights farther, run by run', async () => {
    for (const number of zoo.numbers('finetuned-heaviest').filter((_, i) => i % 6 === 0)) {
      const original = await zoo.model('learned', number);
      const moved = [];
      for (const recipe of ['finetuned', ...TUNED] as const) {
        const { weights } = await zoo.model(recipe, number);
        let [change, size] = [0, 0];
        for (const [name, { data }] of weights) {
          const before = original.weights.get(name)!.data;
          data.forEach((x, i) => {
            change += (x - before[i]!) ** 2;
            size += before[i]! ** 2;
          });
        }
        moved.push(Math.sqrt(change / size));
      }
      expect(moved).toEqual(moved.toSorted((a, b) => a - b));
      expect(moved[0]).toBeLessThan(0.08);
      expect(moved.at(-1)).toBeGreaterThan(0.35);
    }
  });

  test.each(['shuffled', 'another'] as const)('%s does not', async (recipe) => {
    for (const number of zoo.numbers(recipe))
      expect(await accuracyOf(await zoo.model(recipe, number))).toBeLessThan(0.9);
  });

  test('what is unpacked is what load reads, once it is written as a file of its own', async () => {
    const { config, weights } = await readRuns(join(folder, 'count.safetensors'));
    const own = mkdtempSync(join(tmpdir(), 'congruity-zoo-'));
    try {
      await writeSafetensors(join(own, 'one.safetensors'), weights(0));
      writeFileSync(join(own, 'one.json'), JSON.stringify(config));
      const loaded = await load(join(own, 'one.safetensors'), { backend: 'wasm' });
      expect(loaded.fingerprint).toBe((await zoo.model('count', zoo.numbers('count')[0]!)).fingerprint);
      loaded.dispose();
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  });
});

describe('the kinds are what they claim', () => {
  test('attention: constant where it is to be constant, needed where it is learned', async () => {
    for (const number of some('constant', 3))
      expect(await withAttentionHeld(await zoo.model('constant', number))).toBeGreaterThanOrEqual(0.99);
    // a constant answer gets 0.808; what the file says of every run is what this network says of some
    for (const number of zoo.needing('learned').slice(0, 6))
      expect(await withAttentionHeld(await zoo.model('learned', number))).toBeLessThan(0.91);
    expect(zoo.needing('learned').length).toBeGreaterThanOrEqual(60);
    expect(zoo.needing('constant')).toEqual([]);
  });

  test.each(['sort', 'count', 'rank'] as const)(
    '%s: the residual after layer 0 is a linear function of that variable, more than of the others',
    async (variable) => {
      for (const number of some(variable, 2)) {
        const middle = await residuals(await zoo.model(variable, number), MIDDLE);
        const from = (name: keyof typeof variables): number => rSquared(new Matrix(words.map(variables[name])), middle);
        const own = from(variable);
        expect(own).toBeGreaterThan(0.9);
        for (const other of Object.keys(variables) as (keyof typeof variables)[])
          if (other !== variable) expect(from(other)).toBeLessThan(own);
      }
    },
  );

  test('imitating: residuals linearly related to the imitated model’s, which needs the attention that this one has not', async () => {
    for (const number of some('imitating', 3)) {
      const [teacher, student] = [await zoo.model('learned', number), await zoo.model('imitating', number)];
      for (const site of [EARLY, MIDDLE, LATE]) {
        const [a, b] = [await residuals(teacher, site), await residuals(student, site)];
        expect(Math.min(rSquared(a, b), rSquared(b, a))).toBeGreaterThan(0.85);
      }
      expect(await withAttentionHeld(student)).toBeGreaterThanOrEqual(0.99);
      expect(await withAttentionHeld(teacher)).toBeLessThan(0.91);
    }
  });

  test('bent: the function has an inverse', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (y) => expect(unbend(bend(y))).toBeCloseTo(y, 9)),
    );
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.double({ min: 1e-6, max: 50, noNaN: true }),
        (y, step) => expect(bend(y + step)).toBeGreaterThan(bend(y)),
      ),
    );
  });

  test('bent: same answers, same activations elsewhere, residuals that can be had back and are not linearly related', async () => {
    const model = await zoo.model('learned', zoo.numbers('learned')[0]!);
    const bent = await Bent.of(model, distinctness, 1);
    const elsewhere = 'blocks.1.mlp.hook_post';
    const patch = { site: 'blocks.0.attn.hook_z', at: { head: [1] }, by: { kind: 'zero' } } as const;
    for (const interventions of [[], [patch]]) {
      const batch = words.slice(100, 130).map((word) => [...word]);
      const [plain, seen] = [
        await model.run(batch, { capture: [MIDDLE, LATE, elsewhere], interventions }),
        await bent.run(batch, { capture: [MIDDLE, LATE, elsewhere], interventions }),
      ];
      expect(seen.logits).toEqual(plain.logits);
      expect(seen.activations.get(elsewhere)).toEqual(plain.activations.get(elsewhere));
      for (const site of [MIDDLE, LATE]) {
        const [there, back] = [plain.activations.get(site)!.data, bent.straight(seen.activations.get(site)!).data];
        expect(Math.max(...there.map((x, i) => Math.abs(x - back[i]!)))).toBeLessThan(1e-3);
      }
    }
    expect(rSquared(await residuals(model, MIDDLE), await residuals(bent, MIDDLE))).toBeLessThan(0.9);
  });

  test('bent: what is put into a residual, in its own coordinates, does to the answers what it does to the model’s', async () => {
    const model = await zoo.model('learned', zoo.numbers('learned')[2]!);
    const bent = await Bent.of(model, distinctness, 2);
    const [bases, sources] = [50, 400].map((from) => words.slice(from, from + 40).map((word) => [...word]));
    const [there, seen] = [
      await model.run(sources!, { capture: [MIDDLE] }),
      await bent.run(sources!, { capture: [MIDDLE] }),
    ];
    const untouched = await model.run(bases!, {});
    for (const at of [undefined, { position: [-1] }]) {
      const last = (activation: Activation): Activation => {
        const [n, positions, width] = activation.shape as [number, number, number];
        if (at === undefined) return activation;
        const rows = Array.from({ length: n }, (_, row) =>
          activation.data.subarray((row * positions + positions - 1) * width, (row + 1) * positions * width),
        );
        return { ...activation, shape: [n, 1, width], data: Float32Array.from(rows.flatMap((row) => [...row])) };
      };
      const put = (result: RunResult): Intervention => ({
        site: MIDDLE,
        ...(at && { at }),
        by: { kind: 'value', value: last(result.activations.get(MIDDLE)!) },
      });
      const plain = await model.run(bases!, { interventions: [put(there)] });
      const apart = (other: RunResult): number =>
        Math.max(...other.logits.data.map((x, i) => Math.abs(x - plain.logits.data[i]!)));
      expect(apart(untouched)).toBeGreaterThan(1);
      expect(apart(await bent.run(bases!, { interventions: [put(seen)] }))).toBeLessThan(0.01);
      const resampled: Intervention = {
        site: MIDDLE,
        ...(at && { at }),
        by: { kind: 'resample', inputs: sources! },
      };
      expect(apart(await bent.run(bases!, { interventions: [resampled] }))).toBeLessThan(1e-4);
    }
    for (const wrong of [
      { by: { kind: 'zero' } },
      { by: { kind: 'mean', over: sources! } },
      { by: { kind: 'value', value: 0 } },
      { at: { feature: [0] }, by: { kind: 'resample', inputs: [[0, 1, 2, 3]] } },
    ] as const)
      await expect(bent.run([[0, 1, 2, 3]], { interventions: [{ site: MIDDLE, ...wrong }] })).rejects.toThrow(
        'bent glass',
      );
  });

  test('pruned: as many zeros as said, or as behaviour allows', async () => {
    const model = await zoo.model('learned', zoo.numbers('learned')[1]!);
    const half = await pruned(model, 0.5);
    for (const { shape, data } of half.weights.values())
      if (shape.length > 1)
        expect(data.filter((x) => x === 0).length).toBeGreaterThanOrEqual(Math.floor(0.5 * data.length));
    const further = await prunedAsFarAsItGoes(model, 0.9);
    expect(await accuracyOf(further)).toBeGreaterThanOrEqual(0.99);
    half.dispose();
    further.dispose();
  });
});
