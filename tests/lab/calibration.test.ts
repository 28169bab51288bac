/** The calibration's models and kinds are what they claim to be, and a comparison runs from end to end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Matrix, solve } from 'ml-matrix';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { writeSafetensors } from '../../src/io/safetensors-write.js';
import { runExamples } from '../../src/task/run.js';
import { Bent, bend, unbend } from '../../lab/calibration/bent.js';
import { kinds, runComparison, seedOf, type Result } from '../../lab/calibration/comparison.js';
import { prunedAsFarAsItGoes } from '../../lab/calibration/prune.js';
import { pruned } from '../../src/model/formats/transformer/changed.js';
import { bestCutoff, document, resultsOf, share, table } from '../../lab/calibration/report.js';
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

const some = (recipe: Recipe, count: number): readonly number[] =>
  zoo.numbers(recipe).filter((_, i, all) => i % Math.ceil(all.length / count) === 0);

describe('the models', () => {
  test('there are as many as the kinds need, and they are small', () => {
    expect(zoo.numbers('learned').length).toBeGreaterThanOrEqual(60);
    for (const recipe of ['constant', 'sort', 'count', 'rank'] as const)
      expect(zoo.numbers(recipe).length).toBeGreaterThanOrEqual(30);
    const bytes = recipes.reduce((sum, recipe) => sum + readFileSync(join(folder, `${recipe}.safetensors`)).length, 0);
    expect(bytes).toBeLessThan(3_000_000);
  });

  test.each(['learned', 'constant', 'sort', 'count', 'rank', 'finetuned', 'distilled', 'imitating'] as const)(
    '%s does the task',
    async (recipe) => {
      for (const number of some(recipe, 4))
        expect(await accuracyOf(await zoo.model(recipe, number))).toBeGreaterThanOrEqual(0.99);
    },
  );

  test.each(['shuffled', 'another'] as const)('%s does not', async (recipe) => {
    for (const number of zoo.numbers(recipe))
      expect(await accuracyOf(await zoo.model(recipe, number))).toBeLessThan(0.9);
  });

  test('what is unpacked is what load reads, once it is written as a file of its own', async () => {
    const { config, weights } = await readRuns(join(folder, 'count.safetensors'));
    const own = mkdtempSync(join(tmpdir(), 'congruity-zoo-'));
    try {
      await writeSafetensors(join(own, 'one.safetensors'), weights[0]!);
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
    await expect(bent.run([[0, 1, 2, 3]], { interventions: [{ site: MIDDLE, by: { kind: 'zero' } }] })).rejects.toThrow(
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

describe('the comparisons', () => {
  test('every one has a seed of its own', () => {
    const seeds = kinds.flatMap(({ id, count }) => Array.from({ length: count }, (_, index) => seedOf(id, index)));
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  test('there are enough of every kind', () => {
    for (const { truth, count } of kinds) expect(count).toBeGreaterThanOrEqual(truth === 'same' ? 200 : 100);
  });

  test('the same seed draws the same sides, another one others', async () => {
    for (const kind of kinds) {
      const drawn = [];
      for (const seed of [1, 1, 2, 3, 4]) {
        const { words: said, own } = await kind.draw(zoo, seed);
        for (const model of own) model.dispose();
        drawn.push(said);
      }
      expect(drawn[1]).toBe(drawn[0]);
      expect(new Set(drawn).size).toBeGreaterThan(1);
    }
  });

  test('sets of runs share none', async () => {
    const kind = kinds.find(({ id }) => id === 'recipe runs')!;
    for (let index = 0; index < 5; index++) {
      const { baseline, candidate } = await kind.draw(zoo, seedOf(kind.id, index));
      const names = await Promise.all(
        [baseline, candidate].map(async (side) => {
          if (!('open' in side)) throw new Error('not a set');
          const open = await side.open({ task: distinctness, examples: everything, seed: 1, searchSeed: 1 });
          const found: string[] = [];
          for (let i = 0; ; i++) {
            const drawn = await open.draw(i);
            if (drawn === undefined) return found;
            found.push(drawn.model.name);
          }
        }),
      );
      expect(names[0]!.length).toBeGreaterThanOrEqual(15);
      expect(new Set(names.flat()).size).toBe(names[0]!.length + names[1]!.length);
    }
  });

  test('models that do not do the task are refused', async () => {
    for (const id of ['untrained', 'shuffled', 'another task']) {
      const { outcome, code, congruity } = await runComparison(zoo, id, 0, 40);
      expect({ id, outcome, code, congruity }).toEqual({
        id,
        outcome: 'refused',
        code: 'BELOW_THRESHOLD',
        congruity: null,
      });
    }
  });

  test('from end to end, twice the same', async () => {
    const [once, again] = [
      await runComparison(zoo, 'attention runs', 0, 40),
      await runComparison(zoo, 'attention runs', 0, 40),
    ];
    expect({ ...again, seconds: once.seconds }).toEqual(once);
    expect(['equivalent', 'different', 'undecided']).toContain(once.outcome);
    expect(once.congruity).toBeGreaterThanOrEqual(0);
    expect(once.cka).toBeLessThanOrEqual(1 + 1e-9);
  });
});

describe('the table', () => {
  const row = (
    kind: string,
    index: number,
    outcome: Result['outcome'],
    congruity: number | null,
    cka: number,
  ): Result => ({
    kind,
    index,
    seed: index,
    words: 'a | b',
    outcome,
    code: null,
    implementations: 20,
    congruity,
    cka,
    seconds: 1,
  });
  const twoKinds = [
    { id: 'one', truth: 'same', words: 'the same', count: 4 },
    { id: 'two', truth: 'different', words: 'not the same', count: 2 },
  ];
  const rows = [
    row('one', 0, 'equivalent', 0.9, 0.99),
    row('one', 1, 'undecided', 0.4, 0.97),
    row('one', 2, 'equivalent', 0.8, 0.8),
    row('one', 3, 'refused', null, 0.3),
    row('two', 0, 'different', 0.1, 0.95),
    row('two', 1, 'different', 0.3, 0.2),
  ];
  const results = resultsOf(rows, twoKinds, {
    code: 'c',
    models: 'm',
    date: 'd',
    environment: 'e',
    workers: 1,
    inputs: 200,
  });

  test('counts outcomes, and scores by both cut-offs', () => {
    const lines = table(results).split('\n');
    const same = lines
      .find((line) => line.includes('| the same |'))!
      .split('|')
      .map((cell) => cell.trim());
    // kind, n, equivalent, different, undecided, refused, score, score in hindsight, CKA, CKA in hindsight
    expect(same.slice(1, 7)).toEqual(['the same', '4', share(2, 4), share(0, 4), share(1, 4), share(1, 4)]);
    expect(same.slice(7, 11)).toEqual([share(2, 3), share(3, 3), share(2, 4), share(4, 4)]);
    expect(lines[0]).toContain('score >= 0.400');
  });

  test('Wilson’s interval', () => {
    // scipy.stats.binomtest(5, 100).proportion_ci(method='wilson'): 0.02154, 0.11175
    expect(share(5, 100)).toBe('5 (2.2-11)');
    expect(share(0, 0)).toBe('-');
  });

  test('the best cut-off is the best there is', () => {
    const score = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(score, score, fc.double({ min: -0.1, max: 1.1, noNaN: true }), (same, different, cutoff) => {
        const accuracy =
          (same.filter((x) => x >= cutoff).length / same.length +
            different.filter((x) => x < cutoff).length / different.length) /
          2;
        expect(bestCutoff(same, different).accuracy).toBeGreaterThanOrEqual(accuracy - 1e-12);
      }),
    );
  });

  test('the document has every part that the template asks for', () => {
    const text = document(readFileSync(join(suite, 'calibration.template.md'), 'utf8'), results);
    expect(text).not.toContain('{{');
    expect(text).toContain(table(results));
    expect(text).not.toContain('A part of the comparisons only');
  });
});
