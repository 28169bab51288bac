/** Activations of the inputs that counterfactuals are taken from, captured once for all draws: each draw takes its own from them. */
import { exactKey } from '../exact-key.js';
import { activationRows } from '../model/activation-rows.js';
import { isTokens, type ModelInput } from '../model/input.js';
import type { Activation, Model } from '../model/model.js';
import { entriesOf } from '../shape.js';
import type { Encoded } from '../task/encode.js';
import { captureInputs, type Batch } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';

/** Bytes kept of a model's activations. */
const KEPT = 2 ** 28;
/** Inputs that counterfactuals are taken from, for each example: of more, draws ask for too few of them. */
const TIMES = 8;

/** An input among the batches of what is kept. */
interface Place {
  readonly batch: number;
  readonly row: number;
}

interface Kept {
  /** by the input's content */
  readonly places: ReadonlyMap<string, Place>;
  /** by site: what each batch has there */
  readonly bySite: Map<string, readonly Activation[]>;
}

const known = new WeakMap<Model, WeakMap<Encoded, Kept>>();

/** Bytes of one input's activations at these sites; infinite where nobody can say before they are captured. */
function bytesOf(model: Model, input: ModelInput, sites: readonly string[]): number {
  let entries = 0;
  for (const { name, shape } of model.sites) {
    if (!sites.includes(name)) continue;
    if (shape.includes(-1) && !isTokens(input)) return Infinity;
    entries += entriesOf(shape.map((size) => (size === -1 ? (input as readonly number[]).length : size)));
  }
  return 4 * entries;
}

/** What counterfactuals of these examples are taken from: of a task with a list of inputs that list, of another the examples. */
function sourceOf<I>(task: Task<I>, examples: Examples<I>): Examples<I> {
  let all = examples;
  while (all.pool) all = all.pool;
  return task.size === undefined ? examples : task.size > TIMES * all.inputs.length ? all : task.examples(task.size, 0);
}

/**
 * The activations of counterfactuals, batch by batch of the examples, from what is kept of the inputs that they are taken from. Which are computed together does not depend on what was asked for before.
 * @param inputs one for each example
 * @returns undefined where they are not taken from few enough inputs, or these take too much memory
 */
export async function fromSource<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  inputs: readonly ModelInput[],
  sites: readonly string[],
  signal?: AbortSignal,
): Promise<Batch[] | undefined> {
  // a model that may change has none
  if (model.identity === undefined) return undefined;
  const source = sourceOf(task, examples);
  const encoded = task.encode(source, model);
  if (encoded.inputs.length * bytesOf(model, encoded.inputs[0]!, sites) > KEPT) return undefined;
  const perModel = known.get(model) ?? new WeakMap<Encoded, Kept>();
  known.set(model, perModel);
  let kept = perModel.get(encoded);
  if (!kept) perModel.set(encoded, (kept = { places: placesOf(encoded), bySite: new Map() }));
  const { places, bySite } = kept;
  const groups = task.encode(examples, model).groups.map((rows) => ({
    rows,
    places: rows.map((row) => places.get(exactKey(inputs[row]!) ?? '')),
  }));
  // a batch of the examples lies within one of these, as inputs of one size do
  const together = groups.every(({ places: own }) => own.every((place) => place && place.batch === own[0]!.batch));
  if (!together) return undefined;
  const missing = sites.filter((site) => !bySite.has(site));
  if (missing.length > 0) {
    const batches = await captureInputs(model, task, source, encoded.inputs, missing, signal);
    for (const site of missing)
      bySite.set(
        site,
        batches.map(({ activations }) => activations.get(site)!),
      );
  }
  return groups.map(({ rows, places: own }) => ({
    rows,
    lengths: undefined,
    activations: new Map(
      sites.map((site) => [
        site,
        activationRows(
          bySite.get(site)![own[0]!.batch]!,
          own.map((place) => place!.row),
        ),
      ]),
    ),
  }));
}

/** None where a batch holds inputs of several sizes: what is captured is then as long as the longest. */
function placesOf({ inputs, groups }: Encoded): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  groups.forEach((rows, batch) =>
    rows.forEach((at, row) => {
      const key = exactKey(inputs[at]!);
      const first = inputs[rows[0]!]!;
      const alike = !isTokens(first) || rows.every((one) => (inputs[one] as readonly number[]).length === first.length);
      if (key !== undefined && alike) places.set(key, { batch, row });
    }),
  );
  return places;
}
