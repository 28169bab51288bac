/** What gradients find of planted variables, and the gradients themselves beside differences of a loss that is computed by ordinary runs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { symmetries } from '../../generators/symmetries.js';
import type { Model, Site } from '../../src/model/model.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import type { Compilation } from '../../src/program/compilation.js';
import { compile } from '../../src/program/compile.js';
import { Apart } from '../../src/program/interchange/apart.js';
import { InputPool } from '../../src/program/interchange/inputs.js';
import { placesOf } from '../../src/program/interchange/places.js';
import { InterchangeRunner, type Interchange } from '../../src/program/interchange/runner.js';
import type { Value } from '../../src/program/language/value.js';
import type { Program } from '../../src/program/program.js';
import { random } from '../../src/random.js';
import { orthonormal } from '../../src/realisation/find/candidates.js';
import { Differentiable, Exchanges, type Change } from '../../src/realisation/find/exchanges.js';
import { Learner } from '../../src/realisation/find/learner.js';
import { casesOf, type Searched } from '../../src/realisation/find/scoring.js';
import { matMul, mul, sigmoid, type Tensor2D } from '@tensorflow/tfjs-core';
import { allInputs } from '../program/exact';
import { digits, repeats } from '../program/interchange/programs';

const plain = repeats as unknown as Program;
let compiled: Compilation<0 | 1 | 2, boolean>;
let rotated: Transformer;
beforeAll(async () => {
  compiled = await compile(repeats, { backend: 'wasm' });
  const [symmetry] = fc.sample(symmetries(compiled.model, { kinds: ['rotate residual'], maxSteps: 1 }), {
    numRuns: 1,
    seed: 1,
  });
  rotated = (await symmetry!.apply()) as Transformer;
});
afterAll(() => {
  rotated.dispose();
  compiled.dispose();
});

/** One half of the inputs to learn from, and the other. */
function halvesOf(model: Model): readonly [Searched, Searched] {
  const everywhere = plain.variables.map(({ name }) => ({
    name,
    parts: [{ site: model.sites[0]!, at: {} }],
    positions: undefined,
  }));
  const whole = new InputPool<Value>(plain, allInputs(digits, 3), undefined, true);
  const [one, other] = whole.halves(random(2, 'halves')).map((pool): Searched => {
    const runner = new InterchangeRunner<Value, Value>(model, plain, everywhere, undefined);
    return { model, program: plain, pool, runner, apart: new Apart(runner, pool), position: undefined };
  });
  return [one!, other!];
}
const drawn = (searched: Searched, name: string, count: number): Interchange[] => [
  ...casesOf(searched, () => [name], true, count, random(3, `cases of ${name}`)),
  ...casesOf(searched, () => [name], true, count, random(4, `cases of ${name}`), searched.apart),
];
const siteOf = ({ sites }: Model, name: string): Site => sites.find((site) => site.name === name)!;
const directionsFrom = (seed: number, count: number, width: number): number[][] => {
  const stream = random(seed, 'directions');
  return orthonormal(
    Array.from({ length: count }, () => Array.from({ length: width }, () => stream.normal())),
  ) as number[][];
};

const sites = ['blocks.0.hook_resid_post', 'blocks.0.hook_resid_mid', 'blocks.0.hook_mlp_out', 'hook_embed'];
test.each(sites)('gradients at %s are what the loss of ordinary runs changes by', async (name) => {
  const [searched] = halvesOf(rotated);
  const site = siteOf(rotated, name);
  const width = site.shape[1]!;
  // of several lengths, at all positions and at some
  const cases = drawn(searched, name === 'hook_embed' ? 'tokens' : 'repeated', 4);
  expect(new Set(cases.map(({ base }) => base.length)).size).toBeGreaterThan(1);
  const variable = Object.keys(cases[0]!.sources)[0]!;
  const differentiable = Differentiable.of(rotated)!;
  const exchanges = new Exchanges(differentiable, searched, variable, cases);
  /** mean over cases of the mean over positions of cross entropy, where each position has moved by this much */
  const lossOf = async (moved: (change: Float64Array) => Float64Array): Promise<number> => {
    let sum = 0;
    for (const { base, sources, positions } of cases) {
      const [own, other] = await Promise.all(
        [base, sources[variable]!].map(async (input) => {
          const { activations } = await rotated.run([plain.encode(input)], { capture: [name], logits: false });
          return activations.get(name)!;
        }),
      );
      const data = own!.data.slice();
      for (const i of positions?.[variable] ?? base.keys()) {
        const from = (i + 1) * width;
        const change = Float64Array.from({ length: width }, (_, k) => other!.data[from + k]! - data[from + k]!);
        moved(change).forEach((x, k) => (data[from + k]! += x));
      }
      const by = { kind: 'value', value: { ...own!, data } } as const;
      const { logits } = await rotated.run([plain.encode(base)], { interventions: [{ site: name, by }] });
      const classes = logits.shape.at(-1)!;
      searched.runner.runOf({ base, sources, positions }).output.forEach((value, i) => {
        const row = Array.from(logits.data.subarray((i + 1) * classes, (i + 2) * classes));
        const total = Math.log(row.reduce((s, x) => s + Math.exp(x), 0));
        sum += (total - row[plain.outputs.indexOf(value)]!) / base.length / cases.length;
      });
    }
    return sum;
  };
  const directions = directionsFrom(5, 2, width);
  const flat = directions.flat();
  const kinds: { learned: number[]; shape: [number, number]; by: Change; moved: (t: number[]) => typeof identity }[] = [
    {
      learned: flat,
      shape: [2, width],
      by: (rows, q) => matMul(matMul(rows, q, false, true), q) as Tensor2D,
      moved: (q) => (change) => {
        const out = new Float64Array(width);
        for (const r of [0, 1]) {
          const along = change.reduce((s, x, k) => s + x * q[r * width + k]!, 0);
          out.forEach((_, k) => (out[k]! += along * q[r * width + k]!));
        }
        return out;
      },
    },
    {
      learned: Array.from({ length: width }, (_, i) => Math.sin(i)),
      shape: [1, width],
      by: (rows, theta) => mul(rows, sigmoid(theta)),
      moved: (theta) => (change) => change.map((x, k) => x / (1 + Math.exp(-theta[k]!))),
    },
  ];
  for (const { learned, shape, by, moved } of kinds) {
    const gradient = await exchanges.gradient(site, [...cases.keys()], by, Float32Array.from(learned), shape);
    const largest = gradient.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
    expect(largest).toBeGreaterThan(1e-3);
    for (const i of [0, 3, width - 1]) {
      // with 0.005 it crosses bends of relu: weights of a compilation are large
      const step = 0.001;
      const [more, less] = [step, -step].map((by2) => learned.map((x, k) => (k === i ? x + by2 : x)));
      const slope = ((await lossOf(moved(more!))) - (await lossOf(moved(less!)))) / (2 * step);
      expect(Math.abs(slope - gradient[i]!)).toBeLessThan(0.01 * largest + 1e-3);
    }
  }
  differentiable.dispose();
});
const identity = (change: Float64Array): Float64Array => change;

/** Interchange accuracy among inputs that nothing was learned from. */
async function heldOut(searched: Searched, name: string, part: object): Promise<number> {
  const { model, runner } = searched;
  const cases = drawn(searched, name, 64);
  expect(cases.length).toBeGreaterThan(100);
  const there = runner.elsewhere(placesOf(model, plain, { [name]: [part as never] }));
  return (await there.run(cases)).filter(({ agrees }) => agrees).length / cases.length;
}

test.each([1, 2, 3])(
  'a planted subspace is found from directions at random, for inputs that were not learned from (seed %i)',
  async (seed) => {
    const [searched, other] = halvesOf(rotated);
    const site = siteOf(rotated, 'blocks.0.hook_resid_post');
    const differentiable = Differentiable.of(rotated)!;
    const cases = drawn(searched, 'repeated', 128);
    const learner = new Learner(new Exchanges(differentiable, searched, 'repeated', cases), undefined);
    const from = directionsFrom(seed, 1, site.shape[1]!);
    const found = await learner.subspace(site, from, orthonormal, 200, random(seed, 'batches'));
    const accuracyOf = (directions: readonly (readonly number[])[]): Promise<number> =>
      heldOut(other, 'repeated', { site: site.name, directions });
    expect(await accuracyOf(from)).toBeLessThan(0.7);
    expect(await accuracyOf(found)).toBe(1);
    expect(found.map((one) => Math.hypot(...one))).toEqual([expect.closeTo(1, 6)]);
    differentiable.dispose();
  },
);

test('a mask has the features where the compiler put the variable, and few others', async () => {
  const { model, alignment } = compiled;
  const [searched, other] = halvesOf(model);
  const site = siteOf(model, 'blocks.0.hook_resid_post');
  const differentiable = Differentiable.of(model)!;
  const learner = new Learner(
    new Exchanges(differentiable, searched, 'repeated', drawn(searched, 'repeated', 128)),
    undefined,
  );
  const width = site.shape[1]!;
  const nothing = Array.from({ length: width }, () => 0);
  const mask = await learner.mask(site, undefined, nothing, 200, random(1, 'batches'));
  const within = [...mask.keys()].filter((i) => mask[i]! > 0);
  const [planted] = alignment['repeated']!;
  expect(within.some((i) => (planted!.at!['feature'] as readonly number[]).includes(i))).toBe(true);
  expect(within.length).toBeLessThan(width);
  expect(await heldOut(other, 'repeated', { site: site.name, at: { feature: within } })).toBe(1);
  differentiable.dispose();
});
