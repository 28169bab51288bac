/** Verdicts count every input once: rows that repeat, lists that repeat, texts and labels that a model takes alike; inputs without a counterfactual are left out and counted. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { task } from '../../generators/task.js';
import { searchDifferences } from '../../search/differences.js';
import { searchSufficiency } from '../../search/sufficiency.js';
import { findCircuit } from '../../src/circuit/index.js';
import { OptionError, RepresentationError, TaskError } from '../../src/errors.js';
import { kernelRidge, measures, ridgeColumns, ridgePairs } from '../../src/measure/index.js';
import { model, type FunctionRequest } from '../../src/model/function.js';
import { applyPatch } from '../../src/model/replacement.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { gramOf } from '../../src/representation/gram.js';
import { repeatedInputs } from '../../src/representation/repeats.js';
import { accuracy, range } from '../../src/task/index.js';
import { boundClaim } from '../../src/claims/bound-claim.js';
import { compare } from '../../src/verdict/compare.js';
import type { CompareOptions } from '../../src/verdict/compare-options.js';
import { compareRepresentations } from '../../src/verdict/representations.js';
import { errorOf } from '../helpers/error-of.js';

type Matrix = number[][];
const normals = (seed: number, label: string, n: number, p: number): Matrix => {
  const r = random(seed, label);
  return Array.from({ length: n }, () => Array.from({ length: p }, () => r.normal()));
};
const plus = (a: Matrix, b: Matrix, by: number): Matrix => a.map((row, i) => row.map((x, j) => x + by * b[i]![j]!));
const repeat = (x: Matrix, rows: readonly number[]): Matrix => rows.map((row) => x[row]!);
/** implementations around one representation, over n inputs */
const set = (seed: number, n: number, p: number, size = 6): Matrix[] => {
  const centre = normals(seed, 'centre', n, p);
  return range(size).map((i) => plus(centre, normals(seed, `own ${i}`, n, p), 0.2));
};
const quick = { bootstrap: 100, permutations: 99, alsoReport: [] } as const;

describe('rows that repeat', () => {
  const n = 24;
  const [first, second] = [set(1, n, 5), set(2, n, 5)];
  /** every row once, in order, and repeats of earlier ones anywhere between */
  const rows = fc.array(fc.tuple(fc.nat(n - 1), fc.nat(1000)), { maxLength: 60 }).map((more) => {
    const all = range(n);
    for (const [row, at] of more) all.splice(all.indexOf(row) + 1 + (at % (all.length - all.indexOf(row))), 0, row);
    return all;
  });

  test('count once: the verdict, its distances and its splits are those without them', async () => {
    const clean = await compareRepresentations(first, second, quick);
    expect(clean.notes).toBeUndefined();
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), async (order, grams) => {
        const given = (x: Matrix) =>
          grams
            ? gramOf({ data: Float64Array.from(repeat(x, order).flat()), shape: [order.length, 5] })
            : repeat(x, order);
        const found = await compareRepresentations(first.map(given), second.map(given), quick);
        expect(found).toMatchObject({ inputs: n, outcome: clean.outcome });
        expect(found.notes ?? []).toHaveLength(order.length > n ? 1 : 0);
        found.distances.across.flat().forEach((d, i) => expect(d).toBeCloseTo(clean.distances.across.flat()[i]!, 9));
        found.bySplit.flat().forEach((d, i) => expect(d).toBeCloseTo(clean.bySplit.flat()[i]!, 7));
      }),
      { numRuns: 6 },
    );
  });
  test('do not make unrelated sets equivalent, in many dimensions', async () => {
    const eight = range(240).map((i) => i % 30);
    const wide = (seed: number) => set(seed, 30, 64, 8).map((x) => repeat(x, eight));
    const found = await compareRepresentations(wide(1), wide(2), { ...quick, measure: ['ridge', 'kernel-ridge'] });
    expect(found.outcome).not.toBe('equivalent');
    expect(found).toMatchObject({ inputs: 30, notes: ['210 inputs of the 240 given repeat others and count once'] });
  });
  test('too few distinct ones are refused, and the message counts them', async () => {
    const few = (x: Matrix) =>
      repeat(
        x,
        range(200).map((i) => i % 12),
      );
    await expect(compareRepresentations(first.map(few), second.map(few))).rejects.toThrow(RepresentationError);
    await expect(compareRepresentations(first.map(few), second.map(few))).rejects.toThrow(
      errorOf(
        RepresentationError,
        /12 distinct inputs \(188 inputs of the 200 given repeat others and count once\) are too few/,
      ),
    );
  });
  test('of one side only are not repeats', async () => {
    const once = first.map((x) => repeat(x, range(n)));
    const twice = second.map((x) =>
      repeat(
        x,
        range(n).map((i) => i >> 1),
      ),
    );
    expect((await compareRepresentations(once, twice, quick)).inputs).toBe(n);
  });
  test('with noise are one input where the caller says so', async () => {
    const order = range(96).map((i) => i % n);
    const noisy = (list: Matrix[], seed: number) =>
      list.map((x, i) => plus(repeat(x, order), normals(seed, `noise ${i}`, 96, 5), 0.01));
    const [one, other] = [noisy(first, 3), noisy(second, 4)];
    expect((await compareRepresentations(one, other, quick)).inputs).toBe(96);
    const ids = order.map((row) => `input ${row}`);
    const found = await compareRepresentations(one, other, { ...quick, inputs: ids });
    expect(found).toMatchObject({ inputs: n, notes: [expect.stringMatching(/^72 inputs of the 96/)] });
    const alone = await compareRepresentations(
      one.map((x) => x.slice(0, n)),
      other.map((x) => x.slice(0, n)),
      quick,
    );
    found.distances.across.flat().forEach((d, i) => expect(d).toBeCloseTo(alone.distances.across.flat()[i]!, 9));
    await expect(compareRepresentations(one, other, { inputs: ids.slice(1) })).rejects.toThrow(OptionError);
  });
  test('and what the caller says join up', () => {
    const gram = gramOf({ data: Float64Array.of(1, 2, 2, 3, 4), shape: [5, 1] });
    // rows 1 and 2 are the same, 0 and 2 are said to be, 3 and 4 as well
    expect(repeatedInputs([gram], ['a', 'b', 'a', 'c', 'c'])).toEqual({
      first: Uint32Array.of(0, 3),
      group: Uint32Array.of(0, 0, 0, 1, 1),
    });
    expect(repeatedInputs([gram])?.first).toEqual(Uint32Array.of(0, 1, 3, 4));
    expect(repeatedInputs([gramOf({ data: Float64Array.of(1, 2, 2.001, 3, 4), shape: [5, 1] })])).toBeUndefined();
  });
  test('the ridge measures alone hold no input out that they learn from', async () => {
    const [x, y] = [normals(5, 'x', 30, 64), normals(6, 'y', 30, 64)];
    const gram = (m: Matrix) => gramOf({ data: Float64Array.from(m.flat()), shape: [m.length, 64] });
    const order = range(180).map((i) => i % 30);
    const [once, often] = [
      [gram(x), gram(y)],
      [gram(repeat(x, order)), gram(repeat(y, order))],
    ];
    for (const measure of [measures.ridge, kernelRidge]) {
      const [plain, repeated, byRows] = [
        await measure.distances(once, { seed: 1 }),
        await measure.distances(often, { seed: 1 }),
        await measure.distances(often, { seed: 1, distinct: true }),
      ];
      expect(repeated.data[1]).toBeCloseTo(plain.data[1]!, 6);
      expect(plain.data[1]).toBeGreaterThan(0.9);
      // what a split by rows makes of unrelated noise
      expect(byRows.data[1]).toBeLessThan(0.4);
    }
    expect((await ridgePairs(often, { seed: 1 }))[0]!.split.test).toHaveLength(3);
    const rows = (m: Matrix) => ({ data: Float64Array.from(m.flat()), shape: [m.length, 64] as const });
    const [plain, repeated] = [
      await ridgeColumns(rows(x), rows(y)),
      await ridgeColumns(rows(repeat(x, order)), rows(repeat(y, order))),
    ];
    expect(repeated.r2).toBeCloseTo(plain.r2, 6);
  });
});

/** Answers an input's first token; `heavy` mixes the tokens into what is patched in a way of its own. */
const reader = (name: string, heavy: number): Model =>
  model({
    name,
    fingerprint: name,
    sites: [
      { name: 'h', axes: ['feature'], shape: [8] },
      { name: 'g', axes: ['feature'], shape: [6] },
    ],
    representation: ['h', 'g'],
    run({ inputs: batch, capture, patches }: FunctionRequest) {
      const rows = batch as readonly (readonly number[])[];
      const h = Float32Array.from(
        rows.flatMap((x) =>
          range(8).map((v) => Number(x[0] === v) + heavy * Math.sin(v + x.reduce((sum, t, i) => sum + (i + 1) * t, 0))),
        ),
      );
      const g = Float32Array.from(
        rows.flatMap((x) => range(6).map((v) => Math.cos(v + x.reduce((sum, t, i) => sum + (i + heavy) * t, 0)))),
      );
      for (const patch of patches) applyPatch(patch, patch.site === 'h' ? h : g);
      const all = new Map([
        ['h', { shape: [rows.length, 8], data: h }],
        ['g', { shape: [rows.length, 6], data: g }],
      ]);
      return {
        logits: { shape: [rows.length, 8], data: h.slice() },
        activations: new Map([...all].filter(([site]) => capture.includes(site))),
      };
    },
  });

const [one, other] = [reader('one', 0.05), reader('other', 0.1)];
const behaviour = accuracy((x: readonly number[]) => x[0]!);
const options = { budget: { draws: 5 }, shrink: false, ...quick } as const;
const verdict = async (given: Partial<CompareOptions> & Pick<CompareOptions, 'on'>) => {
  const { seconds: _, task: judged, ...rest } = await compare(one, other, { ...options, ...given });
  return { judged, rest };
};
/** 40 inputs, 20 of each of two lengths, all distinct */
const inputs = range(40).map((i) => [i % 8, Math.floor(i / 8), ...(i % 2 === 0 ? [i] : [])]);

describe('compare', () => {
  test('a list with repeats has the verdict of the list without, to the bit, with a note', async () => {
    const of = (list: readonly number[][]) =>
      verdict({ on: task({ name: 't', inputs: list, behaviour, threshold: { atLeast: 0.5 } }), inputs: 30 });
    const clean = await of(inputs);
    expect(clean.judged).toEqual({ name: 't', inputs: 30, behaviour: 'accuracy', threshold: 'at least 0.5' });
    const repeated = await of([...inputs, ...inputs.map((one) => [...one]), inputs[3]!]);
    expect(repeated.rest).toEqual(clean.rest);
    expect(repeated.judged).toEqual({
      ...clean.judged,
      notes: ['41 inputs of the 81 listed repeat others and count once'],
    });
  });
  test('inputs that differ for the behaviour only count for it only', async () => {
    const labelled = inputs.flatMap((tokens) => [
      { tokens, label: 0 },
      { tokens: [...tokens], label: 1 },
    ]);
    const on = task({
      name: 't',
      inputs: labelled,
      encode: ({ tokens }) => tokens,
      behaviour: accuracy(({ tokens, label }: { tokens: number[]; label: number }) => (tokens[0]! + label) % 8),
      threshold: { atLeast: 0.4 },
    });
    const { judged, rest } = await verdict({ on });
    expect(judged).toMatchObject({
      inputs: 40,
      notes: ['40 inputs are for a model the same as another and count for behaviour only'],
    });
    // right on one label of each input
    expect(rest.baseline.behaviour).toBe(0.5);
  });
  test('too few distinct inputs are refused, of a list and of an arbitrary, and the message counts them', async () => {
    const list = task({
      name: 't',
      inputs: range(400).map((i) => inputs[i % 15]!),
      behaviour,
      threshold: { atLeast: 0.5 },
    });
    await expect(verdict({ on: list })).rejects.toThrow(
      errorOf(
        TaskError,
        /15 distinct inputs \(385 inputs of the 400 listed repeat others and count once\); representations need at least 20/,
      ),
    );
    const drawn = task({
      name: 't',
      inputs: fc.constantFrom(...inputs.slice(0, 9)).map((one) => [...one]),
      behaviour,
      threshold: { atLeast: 0.5 },
    });
    await expect(verdict({ on: drawn })).rejects.toThrow(
      errorOf(TaskError, /9 distinct inputs \(\d+ inputs were drawn, and 9 of them are distinct\)/),
    );
    await expect(boundClaim('necessity', one, other, { on: list, tolerance: 1 })).rejects.toThrow(
      errorOf(TaskError, /15 distinct inputs/),
    );
  });
  test('an input alone in its length is left out and counted, whatever the seed', async () => {
    const on = task({ name: 't', inputs: [...inputs, [1, 2, 3, 4, 5]], behaviour, threshold: { atLeast: 0.5 } });
    const note = '1 input has no counterfactual (no other input of its size differs from it): left out';
    const counted = new Set<number>();
    for (const seed of range(3)) {
      const { judged } = await verdict({ on, seed, inputs: 30 });
      const alone = on.examples(30, seed).inputs.some((x) => x.length === 5);
      expect(judged.notes ?? []).toEqual(alone ? [note] : []);
      counted.add(judged.inputs);
    }
    expect([...counted].toSorted()).toEqual([29, 30]);
    // nothing is taken from another input: it stays
    expect((await verdict({ on, set: { by: 'zero' } })).judged).toMatchObject({ inputs: 41 });
    // where all are alone nothing can be compared
    const lonely = task({
      name: 't',
      inputs: range(30).map((i) => Array<number>(i + 1).fill(1)),
      behaviour,
      threshold: { atLeast: 0.5 },
    });
    await expect(verdict({ on: lonely })).rejects.toThrow(
      errorOf(TaskError, /no input of task "t" has a counterfactual/),
    );
  });
  test('so it is in the search for a circuit, and in a claim about all the examples', async () => {
    const on = task({ name: 't', inputs: [...inputs, [1, 2, 3, 4, 5]], behaviour, threshold: { atLeast: 0.5 } });
    const found = await findCircuit(one, on, on.examples(41, 0), { rankOn: 10 });
    expect(found.notes).toEqual([expect.stringMatching(/^1 input has no counterfactual/)]);
    for (const whole of [false, true]) {
      const claim = await searchSufficiency(one, {
        on,
        outside: ['g'],
        by: ['resample'],
        whole,
        check: { numRuns: 5 },
      });
      expect(claim.broken).toBeUndefined();
      expect(claim).toMatchObject(
        whole
          ? { inputs: 40, notes: [expect.stringMatching(/^1 input has nothing to be replaced with/)] }
          : { inputs: 41, notes: [expect.stringMatching(/^1 input has no counterfactual/)] },
      );
    }
  });
});

test('a search over an arbitrary says how many distinct inputs it ran', async () => {
  const on = task({
    name: 't',
    inputs: fc.constantFrom(...inputs.slice(0, 6)).map((x) => [...x]),
    behaviour,
    threshold: { atLeast: 0.5 },
  });
  const {
    search,
    inputs: ran,
    different,
  } = await searchDifferences([one, one], { on, what: 'answer', tolerance: 0, runs: 50, seed: 1 });
  expect([different, search.details.numRuns, ran]).toEqual([undefined, 50, 6]);
});
