/** A bank through the whole of a comparison, with networks of the calibration. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { distinctness } from '../../lab/calibration/tasks.js';
import { Zoo } from '../../lab/calibration/zoo.js';
import { ImplementationError, ModelError, OptionError } from '../../src/errors.js';
import { fingerprint } from '../../src/fingerprint/make.js';
import { recorded } from '../../src/fingerprint/recorded.js';
import { trainedRuns } from '../../src/implementations/index.js';
import { model as functionModel } from '../../src/model/function.js';
import { noisy, pruned } from '../../src/model/formats/transformer/changed.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import type { Model } from '../../src/model/model.js';
import { evidenceSchema } from '../../src/verdict/evidence.js';
import { compare } from '../../src/verdict/compare.js';
import type { CompareOptions } from '../../src/verdict/compare-options.js';

let zoo: Zoo;
beforeAll(async () => {
  zoo = await Zoo.open(join(__dirname, '..', '..', 'lab', 'calibration', 'models'));
});
afterAll(() => zoo.dispose());

const sort = (count: number, from = 0): Promise<Model[]> =>
  Promise.all(
    zoo
      .numbers('sort')
      .slice(from, from + count)
      .map((number) => zoo.model('sort', number)),
  );

const quick = (bank: CompareOptions['bank'], more: Partial<CompareOptions> = {}): CompareOptions => ({
  on: distinctness,
  bank,
  measure: 'cka',
  alsoReport: [],
  inputs: 100,
  budget: { draws: 1 },
  set: { outside: ['blocks.1.mlp.neuron.*'], fraction: 0.05 },
  bootstrap: 100,
  permutations: 19,
  shrink: false,
  ...more,
});

describe('a bank of runs', () => {
  test('another mechanism is different, and the evidence is what the schema says', async () => {
    const [released, ...runs] = await sort(8);
    const other = await zoo.model('rank', zoo.numbers('rank')[0]!);
    const evidence = await compare(released!, other, quick(runs));
    expect(evidenceSchema.parse(JSON.parse(JSON.stringify(evidence)))).toBeTruthy();
    expect(evidence).toMatchObject({
      outcome: 'different',
      judgement: { outcome: 'different', failed: 'necessity violated' },
      bank: { of: 'runs', measure: 'cka', accepted: { p: 1 / 9, level: 1 / 9 }, set: [] },
    });
    expect(evidence.bank!.accepted.members.map(({ name }) => name).sort()).toEqual(
      [released!, ...runs].map(({ name }) => name).sort(),
    );
    expect(evidence.judgement.reasons[0]).toBe(evidence.bank!.reasons[0]);
  });

  test('the order of the runs changes nothing, and neither does naming the baseline among them', async () => {
    const [released, ...runs] = await sort(8);
    const [candidate] = await sort(1, 8);
    const [a, b] = [
      await compare(released!, candidate!, quick(runs)),
      await compare(released!, candidate!, quick([...runs].reverse().concat(released!))),
    ];
    const scores = ({ bank }: typeof a) =>
      bank!.accepted.members.map(({ name, score }) => `${name} ${score.toFixed(9)}`).sort();
    expect(scores(b)).toEqual(scores(a));
    expect(b.bank!.accepted.p).toBe(a.bank!.accepted.p);
    expect(b.outcome).toBe(a.outcome);
  });

  test('no verdict where the bank cannot give one', async () => {
    const [released, ...runs] = await sort(8);
    const candidate = await zoo.model('rank', zoo.numbers('rank')[0]!);
    const refused = (
      bank: CompareOptions['bank'],
      base: Parameters<typeof compare>[0] = released!,
      to: Parameters<typeof compare>[1] = candidate,
    ) => expect(compare(base, to, quick(bank))).rejects;
    await refused(runs.slice(1)).toThrow(ImplementationError);
    await refused({ accept: runs, level: 0.05 }).toThrow(/smallest p is 1\/9/);
    await refused({ accept: runs, stop: [candidate] }).toThrow(/too few changes to be stopped/);
    await refused([...runs, runs[0]!]).toThrow(/one model/);
    await refused([]).toThrow(ImplementationError);
    await refused('runs' as never).toThrow(OptionError);
    await refused({ accept: runs, level: 0.7 }).toThrow(OptionError);
    await refused(runs, released!, trainedRuns([candidate, runs[0]!])).toThrow(/judges one/);
    await refused('copies', trainedRuns([released!, ...runs])).toThrow(/copies are made of one/);
    const broken = await noisy(released!, 5, 1);
    try {
      await refused([...runs, broken]).toThrow(/not do "four distinct tokens"/);
    } finally {
      broken.dispose();
    }
  });
});

describe('a bank of fingerprints', () => {
  const making = { on: distinctness, inputs: 100, measure: 'cka', draws: 2, set: quick([]).set } as const;
  const recordedAll = async (models: readonly Model[]) =>
    Promise.all(models.map(async (one) => recorded(await fingerprint(one, making))));

  test('says what the models say, the baseline at hand or not', async () => {
    const [released, ...runs] = await sort(8);
    const other = await zoo.model('rank', zoo.numbers('rank')[0]!);
    const [file, ...files] = await recordedAll([released!, ...runs]);
    const [live, mixed, whole] = [
      await compare(released!, other, quick(runs)),
      await compare(released!, other, quick([files[0]!, ...runs.slice(1)])),
      await compare(file!, other, quick(files, { inputs: undefined, budget: { draws: 2 } })),
    ];
    for (const one of [mixed, whole]) {
      expect(one.outcome).toBe(live.outcome);
      expect(one.bank!.accepted.p).toBe(live.bank!.accepted.p);
      const known = new Map(live.bank!.accepted.members.map(({ name, score }) => [name, score]));
      expect(one.bank!.accepted.members).toHaveLength(known.size);
      for (const { name, score } of one.bank!.accepted.members)
        expect(Math.abs(score - known.get(name.replace(' (fingerprint)', ''))!)).toBeLessThan(1e-4);
    }
    expect(evidenceSchema.parse(JSON.parse(JSON.stringify(whole)))).toBeTruthy();
    expect(whole.bank!.accepted.members.every(({ name }) => name.endsWith('(fingerprint)'))).toBe(true);
  });

  test('one of other inputs, another representation, or twice is refused; copies have no weights to change', async () => {
    const [released, ...runs] = await sort(8);
    const [file, ...files] = await recordedAll([released!, ...runs]);
    const instead = async (more: object) => [
      recorded(await fingerprint(runs[0]!, { ...making, ...more })),
      ...files.slice(1),
    ];
    const refused = (bank: CompareOptions['bank'], base: Parameters<typeof compare>[0] = released!) =>
      expect(compare(base, runs[0]!, quick(bank, base === released ? {} : { inputs: undefined }))).rejects;
    await refused(await instead({ inputs: 60 })).toThrow(/over other inputs/);
    await refused(await instead({ pool: 'mean' })).toThrow(/made with pool mean, and the comparison has last/);
    await refused(await instead({ sites: ['blocks.0.hook_resid_post'] })).toThrow(/made with sites blocks.0/);
    await refused([...files, files[0]!]).toThrow(/one model/);
    await refused('copies', file!).toThrow(/makes copies of the weights of the baseline/);
    await refused([trainedRuns(runs), ...files.slice(1)] as never).toThrow(/list of models or recorded fingerprints/);
  });
});

describe('a bank of copies', () => {
  test('a copy in 8 bits is one of them, another network is not', async () => {
    const released = await zoo.model('learned', 0);
    const copy = await quantise(released, 8);
    try {
      const evidence = await compare(released, copy, quick('copies'));
      expect(evidence.bank).toMatchObject({ of: 'copies', outcome: 'equivalent', accepted: { level: 0.05 } });
      expect(evidence.bank!.accepted.members).toHaveLength(19);
      const other = await compare(released, await zoo.model('learned', 1), quick('copies'));
      expect(other.bank).toMatchObject({ outcome: 'different', accepted: { p: 0.05 } });
    } finally {
      copy.dispose();
    }
  });

  test('of what is no transformer there are none', async () => {
    const other = functionModel({
      name: 'f',
      fingerprint: 'f',
      sites: [{ name: 'x', axes: ['feature'], shape: [2] }],
      run: () => {
        throw new Error('it is not run');
      },
    });
    await expect(compare(other, other, quick('copies'))).rejects.toThrow(ModelError);
  });
});

describe('copies with changed weights', () => {
  test('pruning takes the smallest share of each matrix and leaves vectors', async () => {
    const model = await zoo.model('learned', 0);
    const thin = await pruned(model, 0.25);
    for (const [key, { shape, data }] of thin.weights) {
      const before = model.weights.get(key)!.data;
      const taken = before.filter((x, i) => x !== 0 && data[i] === 0).map(Math.abs);
      const left = data.filter((x) => x !== 0).map(Math.abs);
      if (shape.length < 2) expect(data).toEqual(before);
      else {
        expect(data.filter((x) => x === 0).length).toBeGreaterThanOrEqual(Math.floor(0.25 * data.length));
        expect(Math.max(0, ...taken)).toBeLessThanOrEqual(Math.min(Infinity, ...left));
      }
    }
    thin.dispose();
    await expect(pruned(model, 1)).rejects.toThrow(OptionError);
  });

  test('noise has the size that was asked for, and follows from the seed', async () => {
    const model = await zoo.model('learned', 0);
    const [a, b, c] = await Promise.all([noisy(model, 0.1, 1), noisy(model, 0.1, 1), noisy(model, 0.1, 2)]);
    expect(a.fingerprint).toBe(b.fingerprint);
    expect(a.fingerprint).not.toBe(c.fingerprint);
    let [difference, size] = [0, 0];
    for (const [key, { data }] of a.weights)
      data.forEach((x, i) => {
        difference += (x - model.weights.get(key)!.data[i]!) ** 2;
        size += model.weights.get(key)!.data[i]! ** 2;
      });
    // some 9000 weights: 0.1 within a few per cent; 20 % off would be ten standard errors of its square
    expect(Math.sqrt(difference / size)).toBeGreaterThan(0.08);
    expect(Math.sqrt(difference / size)).toBeLessThan(0.12);
    for (const one of [a, b, c]) one.dispose();
    await expect(noisy(model, -1, 0)).rejects.toThrow(OptionError);
  });
});
