/** tfjs models from files. Nothing is fetched, nothing in a file is run. */
import { basename, dirname, extname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { FileError, isCongruityError, ModelError } from '../../../../errors.js';
import { checkOptions } from '../../../../options.js';
import { backend as openBackend, type Backend } from '../../../../tensor/backend.js';
import { readJsonObject, type JsonObject } from '../../../../io/json.js';
import type { Model } from '../../../model.js';
import { assemble } from '../run/model.js';
import { graphEngine } from '../run/graph-engine.js';
import { graphPlan } from '../graph/graph-plan.js';
import { fingerprintOf } from './hash.js';
import { fromKeras3, keras3, refuser } from './keras3.js';
import { fill } from './keras3-weights.js';
import { layersEngine } from '../run/layers-engine.js';
import { readWeights, type Weight } from './manifest.js';
import { loadTfjsShape, type LoadTfjsOptions } from './options.js';
import { openConverter, openLayers, type LayersPackage } from '../run/optional-imports.js';
import { graphStructure, layersStructure } from './structure.js';
import { checkTopology } from './topology.js';
import { isLayersModel, type GraphDef, type GraphModel, type LayersModel, type Signature } from '../graph/types.js';

const schema = z.strictObject(loadTfjsShape);

const maxJson = 50_000_000;

const tensorOf = ({ data, shape, dtype }: Weight): tf.Tensor => tf.tensor(data, [...shape], dtype);

/**
 * Builds layers without their initialisers: every weight starts as zeros, and all together may not be more than the file has
 * values for, or a config could ask for any amount of memory. Synchronous.
 */
function withinBudget<T>({ layers }: LayersPackage, budget: number, where: string, work: () => T): T {
  const { prototype } = layers.Layer;
  const { addWeight } = prototype;
  const zeros = { apply: (shape: number[], dtype: tf.DataType) => tf.zeros(shape, dtype as 'float32') };
  let left = budget;
  prototype.addWeight = function limited(this: unknown, ...parameters: unknown[]) {
    const [name, shape, dtype, , , trainable] = parameters as [
      string,
      (number | null)[],
      unknown,
      unknown,
      unknown,
      unknown,
    ];
    const count = shape.reduce<number>((a, b) => a * Number(b), 1);
    left -= count;
    if (!(count >= 0) || !(left >= 0))
      throw new ModelError({
        what: `the topology has larger weights than the manifest, the first too many being ${String(name)} of shape [${shape.join(', ')}]`,
        where,
        hint: 'the two do not belong together: save or convert the model anew',
      });
    return addWeight.call(this, name, shape, dtype, zeros, null, trainable, null);
  };
  try {
    return work();
  } finally {
    prototype.addWeight = addWeight;
  }
}

async function buildLayers(
  json: Record<string, unknown>,
  weights: ReadonlyMap<string, Weight>,
  where: string,
  on: Backend,
): Promise<LayersModel> {
  const pkg = await openLayers();
  const given = json.modelTopology as JsonObject;
  const version = keras3(given);
  const topology = checkTopology(version === undefined ? given : fromKeras3(given, version, where), where);
  const budget = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const variables = new Set(Object.values(tf.engine().registeredVariables));
  try {
    // modelFromJSON is an async function that does all its work before it first waits
    let built: Promise<unknown> | undefined;
    on.within(() =>
      tf.tidy(() => void (built = withinBudget(pkg, budget, where, () => pkg.models.modelFromJSON(topology)))),
    );
    const made = await built;
    if (!isLayersModel(made)) throw new Error('the topology is no model');
    on.within(() => {
      if (version !== undefined) return fill(made, topology.config, weights, refuser(version, where));
      tf.tidy(() =>
        made.loadWeights(
          Object.fromEntries([...weights.values()].map((weight) => [weight.name, tensorOf(weight)])),
          true,
        ),
      );
    });
    return made;
  } catch (cause) {
    // whatever was built of it
    for (const variable of Object.values(tf.engine().registeredVariables))
      if (!variables.has(variable)) variable.dispose();
    if (isCongruityError(cause)) throw cause;
    if (version !== undefined)
      refuser(version, where)(
        `tfjs cannot build the model: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause,
      );
    throw new ModelError({
      what: `tfjs cannot build the model: ${cause instanceof Error ? cause.message : String(cause)}`,
      where,
      hint: 'the topology is damaged, needs something tfjs does not have, or does not belong to the weights: save or convert the model anew',
      cause,
    });
  }
}

async function buildGraph(
  json: Record<string, unknown>,
  weights: ReadonlyMap<string, Weight>,
  where: string,
  on: Backend,
): Promise<GraphModel> {
  const converter = await openConverter();
  const { signature, userDefinedMetadata } = json as {
    signature?: Signature;
    userDefinedMetadata?: { signature?: Signature };
  };
  if (json.modelInitializer !== undefined && json.modelInitializer !== null)
    throw new ModelError({
      what: 'the model fills tables before it runs',
      where,
      hint: 'such graphs are not supported: convert the part that computes the answer, without it',
    });
  const own = userDefinedMetadata?.signature ?? signature;
  const topology = json.modelTopology as GraphDef;
  // before tfjs sees it: operations are looked at once more when tfjs has said which ones it knows
  graphPlan(topology, own, () => true, where);
  let model: GraphModel;
  try {
    const { versions = { producer: 0, minConsumer: 0 } } = topology;
    model = converter.loadGraphModelSync({
      load: () => ({
        modelTopology: { node: topology.node, versions },
        signature: own,
        weightSpecs: [],
        weightData: [],
      }),
    });
  } catch (cause) {
    throw new ModelError({
      what: `tfjs cannot read the graph: ${cause instanceof Error ? cause.message : String(cause)}`,
      where,
      hint: 'the file is damaged or was made by another version of the converter: convert the model anew',
      cause,
    });
  }
  const tensors: tf.Tensor[] = [];
  try {
    on.within(() => {
      for (const weight of weights.values()) tensors.push(tensorOf(weight));
      model.executor.weightMap = Object.fromEntries([...weights.keys()].map((name, at) => [name, [tensors[at]!]]));
    });
  } catch (cause) {
    on.within(() => tf.dispose(tensors));
    throw new ModelError({
      what: `the weights of the graph, ${weights.size} tensors, cannot be held: ${cause instanceof Error ? cause.message : String(cause)}`,
      where,
      hint: 'free memory, or use a smaller model',
      cause,
    });
  }
  return model;
}

/** What is wrong with a model that was built: an error of our own, or of tfjs's. */
function unusable(cause: unknown, where: string): never {
  if (isCongruityError(cause)) throw cause;
  throw new ModelError({
    what: `tfjs cannot use the model: ${cause instanceof Error ? cause.message : String(cause)}`,
    where,
    hint: 'there may not be enough memory for it; if there is, this is worth a report',
    cause,
  });
}

/** tfjs leaves the weights of a layer that is called twice. */
function disposeLayers(model: LayersModel): void {
  const weights = model.weights.map((weight) => weight.read());
  model.dispose();
  for (const weight of weights) if (!weight.isDisposed) weight.dispose();
}

/**
 * Loads a tfjs model from its model.json and weight shards, in the formats `layers-model` (of tfjs-layers or Keras) and `graph-model` (of
 * the tfjs converter). Sites are the outputs of layers by the layer's name, or of the graph's nodes by the node's. See `TfjsOptions`.
 *
 * Shards are read from the model's own folder only. Nothing is fetched and nothing in a file is run: a layer class or an operation that
 * tfjs does not know is refused, as are control flow, random numbers, and layers that keep a state.
 *
 * Logits are the output of the model; where it is a softmax or a sigmoid of one unit, their logarithms, so that softmax gives the
 * probabilities back. Name the site before it as the option output to have the model's own logits.
 *
 * @throws FileError where a file is missing, damaged or hostile
 * @throws ModelError where the model is not supported or contradicts itself
 * @throws OptionError, BackendError
 */
export async function loadTfjs(path: string, options: LoadTfjsOptions = {}): Promise<Model> {
  const where = 'options of loadTfjs';
  const given = checkOptions(schema, options, where);
  const base = basename(path, extname(path));
  const name = given.name ?? (base === 'model' ? basename(dirname(path)) || base : base);
  const json = await readJsonObject(path, 'the file', maxJson);
  const { format } = json;
  const graph =
    format === 'graph-model' ||
    (format === undefined && Array.isArray((json.modelTopology as { node?: unknown } | undefined)?.node));
  if (format !== undefined && format !== 'graph-model' && format !== 'layers-model')
    throw new FileError({
      what: `the format is ${JSON.stringify(format)?.slice(0, 80)}`,
      where: path,
      hint: 'layers-model and graph-model are read',
    });
  const weights = await readWeights(path, json.weightsManifest, given.maxBytes ?? 2 ** 31 - 1);
  const on = typeof given.backend === 'object' ? given.backend : await openBackend({ backend: given.backend });
  const { within } = on;
  const named = (tensors: Iterable<readonly [string, tf.Tensor]>, structure: unknown): string =>
    within(() => fingerprintOf(structure, tensors));
  if (graph) {
    const model = await buildGraph(json, weights, path, on);
    try {
      const fingerprint = named(
        Object.entries(model.weights).map(([weight, [tensor]]) => [weight, tensor!]),
        graphStructure(model),
      );
      return assemble(
        {
          name,
          kind: 'tfjs-graph',
          fingerprint,
          backend: on,
          changing: false,
          fromFile: true,
          dispose: () => model.dispose(),
        },
        graphEngine(model, name, given, within),
        given,
        where,
      );
    } catch (error) {
      model.dispose();
      return unusable(error, path);
    }
  }
  const model = await buildLayers(json, weights, path, on);
  try {
    const fingerprint = named(
      model.weights.map((weight) => [weight.originalName, weight.read()]),
      layersStructure(model),
    );
    return assemble(
      {
        name,
        kind: 'tfjs-layers',
        fingerprint,
        backend: on,
        changing: false,
        fromFile: true,
        dispose: () => disposeLayers(model),
      },
      layersEngine(model, name, given, within),
      given,
      where,
    );
  } catch (error) {
    disposeLayers(model);
    return unusable(error, path);
  }
}
