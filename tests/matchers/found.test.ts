/** What findCircuit finds, and circuits that name everything, given to the matchers. */
import { describe, expect, test } from '@jest/globals';
import { BehaviourError, ImplementationError } from '../../src/errors.js';
import { findCircuit } from '../../src/circuit/index.js';
import type { TensorValue } from '../../src/model/input.js';
import { model } from '../../src/model/function.js';
import type { Model } from '../../src/model/model.js';
import { applyPatch } from '../../src/model/replacement.js';
import { random } from '../../src/random.js';
import { accuracy } from '../../src/task/index.js';
import { task } from '../../generators/task.js';
import { implementations } from '../../generators/implementations.js';
import { trials } from '../../generators/trials.js';
import { both, tiny } from '../helpers/tiny.js';
import { folders, messageOf } from './claims.js';
import { errorOf } from '../helpers/error-of.js';

const { recorded } = folders();

const [INPUTS, UNITS, CLASSES] = [4, 16, 3];
/** A network of one hidden layer with random weights, and a task that its own answers are right for: few of its units matter much. */
function network(seed: number): { mlp: Model; on: ReturnType<typeof task<TensorValue>> } {
  const stream = random(seed, 'mlp');
  const w = Array.from({ length: UNITS }, (_, unit) =>
    Array.from({ length: INPUTS }, () => stream.normal() * (unit < 6 ? 1 : 0.4)),
  );
  const v = Array.from({ length: CLASSES }, () => Array.from({ length: UNITS }, () => stream.normal()));
  const times = (weights: readonly number[][], x: ArrayLike<number>, from: number, out: (sum: number) => void) => {
    for (const row of weights) {
      let sum = 0;
      for (let i = 0; i < row.length; i++) sum += row[i]! * x[from + i]!;
      out(sum);
    }
  };
  /** Appends to `h` what the units make of one input, and to `out` the logits that follow from the units at `from`. */
  const hidden = (x: ArrayLike<number>, h: number[]) => times(w, x, 0, (sum) => void h.push(Math.max(0, sum)));
  const logits = (h: ArrayLike<number>, from: number, out: number[]) => times(v, h, from, (sum) => void out.push(sum));
  const inputs = Array.from({ length: 60 }, (): TensorValue => ({
    shape: [INPUTS],
    data: Float32Array.from({ length: INPUTS }, () => stream.normal()),
  }));
  const answer = ({ data }: TensorValue) => {
    const [h, out]: [number[], number[]] = [[], []];
    hidden(data as Float32Array, h);
    logits(h, 0, out);
    return out.indexOf(Math.max(...out));
  };
  const mlp = model({
    name: 'mlp',
    fingerprint: `mlp ${seed}`,
    sites: [{ name: 'hidden', axes: ['feature'], shape: [UNITS], parts: ['feature'] }],
    run({ inputs: rows, patches }) {
      const units: number[] = [];
      for (const row of rows) hidden((row as TensorValue).data as Float32Array, units);
      const h = Float32Array.from(units);
      for (const patch of patches) applyPatch(patch, h);
      const data: number[] = [];
      for (let at = 0; at < rows.length; at++) logits(h, at * UNITS, data);
      return {
        logits: { shape: [rows.length, CLASSES], data },
        activations: { hidden: { shape: [rows.length, UNITS], data: h } },
      };
    },
  });
  return {
    mlp,
    on: task({ name: 'its own answers', inputs, behaviour: accuracy(answer), threshold: { atLeast: 0.8 } }),
  };
}

describe('a circuit from findCircuit suffices on average, by the standard that it was found by', () => {
  test.each([
    [1, 'resample'],
    [2, 'resample'],
    [3, 'mean'],
  ] as const)('network %d, by %s', async (seed, by) => {
    const { mlp, on } = network(seed);
    const found = await findCircuit(mlp, on, on.examples(60, 0), { by });
    expect(found.by).toBe(by);
    expect(found.free.length).toBeGreaterThan(0);
    expect(found.circuit.length + found.free.length).toBe(UNITS);
    expect(found.confirmed).toBeGreaterThanOrEqual(200);
    for (const other of [0, 1]) await expect(mlp).toHaveSufficientCircuit(found, { on, judge: 'mean', seed: other });
    // and the claim is not empty: one unit alone does not suffice
    const [first, ...others] = found.circuit;
    await expect(mlp).not.toHaveSufficientCircuit(
      { ...found, circuit: [first!], free: [...found.free, ...others] },
      { on, judge: 'mean' },
    );
  });

  test('a budget that leaves too little to confirm with says so', async () => {
    const { mlp, on } = network(1);
    expect((await findCircuit(mlp, on, on.examples(60, 0), { by: 'resample', budget: 66 })).confirmed).toBeLessThan(
      200,
    );
  });
});

test('on average every example has a counterfactual of its own, the same whatever the others are', () => {
  const { mlp, on } = network(1);
  const space = trials(mlp, { on, outside: ['hidden.unit.*'], by: 'resample', whole: true });
  const one = space.of(space.free, 'resample', 5);
  const pool = on.examples(60, 0).inputs.map((input) => ({ input, encoded: input }));
  const sources = pool.map((example) => one.source(example)!);
  sources.forEach((source, at) => expect(source.encoded).not.toEqual(pool[at]!.encoded));
  expect(new Set(sources.map(({ input }) => input)).size).toBeGreaterThan(30);
  expect(
    pool
      .toReversed()
      .map((example) => one.source(example)!)
      .toReversed(),
  ).toEqual(sources);
  expect(one.description).toMatch(/^mlp with 16 of 16 units taken from other inputs, seed \d+$/);
  expect(space.parse(JSON.parse(JSON.stringify(one))).source(pool[0]!)).toEqual(sources[0]);
});

describe('a circuit that names every component', () => {
  const everything = ['blocks.0.*.*.*'];
  test('suffices, because nothing lies outside it, and says so', async () => {
    const made = await tiny();
    await expect(made).toHaveSufficientCircuit(everything, { on: both() });
    await expect(made).toHaveSufficientCircuit(everything, { on: both(), judge: 'mean' });
    expect(recorded()[0]!.claim).toMatchObject({ outcome: 'holds', circuit: { outside: 0 }, task: { inputs: 4 } });
    expect(recorded()[0]!.claim!.search).toBeUndefined();
    const message = await messageOf(expect(made).not.toHaveSufficientCircuit(everything, { on: both() }));
    expect(message).toContain('Holds: it names every component, so that nothing lies outside it.\n');
    expect(message).toContain('There is nothing to intervene on, so no intervention was tried.');
    made.dispose();
  });
  test('is minimal only if every part is needed', async () => {
    const made = await tiny();
    const message = await messageOf(expect(made).toHaveMinimalCircuit(everything, { on: both(), by: 'resample' }));
    expect(message).toContain(
      'Fails: not minimal, because blocks.0.attn.head.1, blocks.0.mlp.neuron.1, blocks.0.mlp.neuron.2 could be left out.\n',
    );
    await expect(made).toHaveMinimalCircuit(['blocks.0.attn', 'blocks.0.mlp'], {
      on: both(),
      by: 'resample',
      over: 'layers',
    });
    made.dispose();
  });
  test('of a model that does not do the task is not judged; and nothing can be drawn outside it', async () => {
    const made = await tiny();
    const or = task({
      name: 'or',
      inputs: both().examples(4, 0).inputs,
      behaviour: accuracy(([a = 0, b = 0]: readonly number[]) => a | b),
      threshold: { atLeast: 1 },
    });
    await expect(expect(made).toHaveSufficientCircuit(everything, { on: or })).rejects.toThrow(BehaviourError);
    expect(() => implementations(made, { on: both(), circuit: everything })).toThrow(
      errorOf(ImplementationError, /nothing lies outside the circuit: it names every component of /),
    );
    made.dispose();
  });
});
