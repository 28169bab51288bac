/** Which weights in a manifest are those of which layer, for models of Keras 3: by their paths (models saved as .h5) or by their places in the file (.keras). */
import * as tf from '@tensorflow/tfjs-core';
import type { Weight } from './manifest.js';
import type { Layer, LayersModel, Variable } from '../graph/types.js';

interface Described {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
}

/** A layer with weights of its own. */
interface Leaf {
  readonly layer: Layer;
  /** what Keras calls it */
  readonly name: string;
  /** where its weights lie in a .keras file */
  readonly place: string;
  /** names of the models around it, from the outside in */
  readonly around: readonly string[];
}

const recurrent = new Set(['LSTM', 'GRU', 'SimpleRNN']);

/** As Keras names places: Conv2D is conv2d, LayerNormalization layer_normalization. */
const snake = (name: string): string =>
  name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

function leavesOf(model: LayersModel, config: Described['config'], place: string, around: readonly string[]): Leaf[] {
  const seen = new Map<string, number>();
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  return (config.layers as readonly Described[]).flatMap(({ class_name: className, config: own }): Leaf[] => {
    const kind = snake(className);
    const before = seen.get(kind) ?? 0;
    seen.set(kind, before + 1);
    const here = `${place}layers/${before === 0 ? kind : `${kind}_${before}`}`;
    const layer = layers.get(own.name);
    if (layer === undefined) return [];
    if ('layers' in own) return leavesOf(layer as LayersModel, own, `${here}/`, [...around, own.name]);
    const leaf = (
      of: Layer,
      { class_name: kindOf, config: inside }: Described,
      at: string,
      name = inside.name,
    ): Leaf => ({ layer: of, name, place: `${at}${recurrent.has(kindOf) ? '/cell' : ''}/vars/`, around });
    const { layer: inner, forwardLayer, backwardLayer } = layer as unknown as Record<string, Layer>;
    const wrapped = own.layer as Described | undefined;
    if (className === 'TimeDistributed') return [leaf(inner!, wrapped!, `${here}/layer`)];
    if (className === 'Bidirectional') {
      const back = wrapped!.config.name.replace(/^forward_/, 'backward_');
      return [
        leaf(forwardLayer!, wrapped!, `${here}/forward_layer`),
        leaf(backwardLayer!, wrapped!, `${here}/backward_layer`, back),
      ];
    }
    return [leaf(layer, { class_name: className, config: own }, here)];
  });
}

/** A weight's own name, which tfjs and Keras share but for one. */
const shortName = (name: string): string =>
  name.slice(name.lastIndexOf('/') + 1).replace(/^depthwise_kernel$/, 'kernel');

/** The weights whose path says that they are this layer's: `model/layer/kernel`, or `model/layer/cell/kernel`. */
function byPath({ name, around }: Leaf, own: string, paths: readonly (readonly string[])[]): number[] {
  const found: number[] = [];
  paths.forEach((path, at) => {
    const [weight, ...before] = path.toReversed();
    if (shortName(weight!) === own && (before[0] === name || (before[1] === name && before[0]!.endsWith('_cell'))))
      found.push(at);
  });
  // layers of one name in several models
  const inside = found.filter((at) => around.every((model) => paths[at]!.includes(model)));
  return found.length > 1 && inside.length > 0 ? inside : found;
}

/**
 * Puts the weights of a manifest into a model. To be called where tensors may be made.
 * @param config of the model, in tfjs's form
 * @param fail is told which weights do not fit
 */
export function fill(
  model: LayersModel,
  config: unknown,
  weights: ReadonlyMap<string, Weight>,
  fail: (what: string) => never,
): void {
  const list = [...weights.values()];
  const paths = list.map(({ name }) => name.split('/'));
  const left = new Set(list.keys());
  const pairs: (readonly [Variable, Weight])[] = [];
  for (const leaf of leavesOf(model, config as Described['config'], '', [])) {
    const { axis } = leaf.layer as { axis?: unknown };
    const rank = leaf.layer.inboundNodes[0]?.inputTensors[0]?.shape.length;
    // its kernels take means and variances for those of the last axis, whatever the layer says
    if (
      /^(Batch|Layer)Normalization$/.test(leaf.layer.getClassName()) &&
      ![-1, (rank ?? 0) - 1].includes(Number([axis].flat().join()))
    )
      fail(`the layer ${leaf.name} normalises axis ${JSON.stringify(axis)}, which tfjs does for the last axis only`);
    leaf.layer.weights.forEach((variable, index) => {
      const own = shortName(variable.originalName);
      const place = weights.get(`${leaf.place}${index}`);
      const [at, ...more] = place === undefined ? byPath(leaf, own, paths) : [list.indexOf(place)];
      if (at === undefined) return fail(`the manifest has no weight ${own} of the layer ${leaf.name}`);
      if (more.length > 0 || !left.delete(at))
        return fail(`the manifest has several weights ${own} of layers ${leaf.name}, or one for several layers`);
      const shape = variable.read().shape;
      if (shape.join() !== list[at]!.shape.join())
        return fail(
          `the weight ${list[at]!.name} has shape [${list[at]!.shape.join(', ')}], and the layer ${leaf.name} needs [${shape.join(', ')}]`,
        );
      pairs.push([variable, list[at]!]);
    });
  }
  if (left.size > 0)
    fail(
      `no layer has the weights ${[...left]
        .slice(0, 5)
        .map((at) => list[at]!.name)
        .join(', ')}`,
    );
  for (const [variable, { data, shape, dtype }] of pairs) {
    const tensor = tf.tensor(data, [...shape], dtype);
    try {
      variable.write(tensor);
    } finally {
      tensor.dispose();
    }
  }
}
