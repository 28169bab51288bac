/** Function vectors: what the heads of a model put out on average in one task, moved into the other. */
import { components, sitesOf } from '../../src/circuit/component.js';
import type { Activation, Intervention, Model } from '../../src/model/model.js';
import { totalVariation } from '../../src/response/answers.js';
import { mean } from '../../src/statistics/mean.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import type { Reading } from './readings.js';
import { probabilities } from './task.js';

/** How far a model's answers move, as total variation, with the output of all its heads at the last position held at a mean over the slice. */
export interface Moved {
  /** at its own mean */
  readonly own: number;
  /** at the mean of the same heads in the other task */
  readonly moved: number;
}

/** The last position of each row of one batch, added to a sum. */
function add(sum: Float64Array, { shape, data }: Activation, lengths: readonly number[] | undefined): void {
  const [rows = 0, positions = 0] = shape;
  const size = sum.length;
  for (let row = 0; row < rows; row++) {
    const from = (row * positions + (lengths?.[row] ?? positions) - 1) * size;
    for (let i = 0; i < size; i++) sum[i]! += data[from + i]!;
  }
}

type Means = ReadonlyMap<string, Activation>;

async function meansOf(
  model: Model,
  task: Task<Reading>,
  examples: Examples<Reading>,
  signal: AbortSignal | undefined,
): Promise<{ readonly means: Means; readonly clean: readonly Float32Array[] }> {
  const sites = sitesOf(components(model, 'heads'));
  const { batches, logits } = await runExamples(model, task, examples, { capture: sites, signal });
  const means = new Map<string, Activation>();
  for (const site of sites) {
    const shape = batches[0]!.activations.get(site)!.shape.slice(2);
    const sum = new Float64Array(shape.reduce((a, b) => a * b, 1));
    for (const { activations, lengths } of batches) add(sum, activations.get(site)!, lengths);
    means.set(site, { site, shape, data: Float32Array.from(sum, (one) => one / examples.inputs.length) });
  }
  return { means, clean: logits };
}

const held = (means: Means): Intervention[] =>
  [...means].map(([site, { shape, data }]) => ({
    site,
    at: { position: [-1] },
    by: { kind: 'value', value: { shape, data } },
  }));

const fits = (a: Means, b: Means): boolean =>
  a.size === b.size && [...a].every(([site, { shape }]) => b.get(site)?.shape.join() === shape.join());

/** Function vectors of two models on a slice, moved either way; undefined where their heads are not of one shape. */
export async function movedVectors(
  models: readonly [Model, Model],
  task: Task<Reading>,
  examples: Examples<Reading>,
  signal: AbortSignal | undefined,
): Promise<readonly [Moved, Moved] | undefined> {
  if (models.some(({ parts }) => parts.every(({ kind }) => kind !== 'head'))) return undefined;
  const [a, b] = [await meansOf(models[0], task, examples, signal), await meansOf(models[1], task, examples, signal)];
  if (!fits(a.means, b.means)) return undefined;
  const effect = async (model: Model, clean: readonly Float32Array[], means: Means): Promise<number> => {
    const { logits } = await runExamples(model, task, examples, { patch: () => held(means), clean, signal });
    return mean(logits.map((row, i) => totalVariation(probabilities(clean[i]!), probabilities(row))));
  };
  return [
    { own: await effect(models[0], a.clean, a.means), moved: await effect(models[0], a.clean, b.means) },
    { own: await effect(models[1], b.clean, b.means), moved: await effect(models[1], b.clean, a.means) },
  ];
}

/** Rows that it takes, for estimates. */
export const vectorRows = (inputs: number): number => 6 * inputs;
