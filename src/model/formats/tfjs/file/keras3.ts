/**
 * The topology of a model that Keras 3 saved, in the form of Keras 2, which tfjs reads. tfjs 4 cannot read what its own converter writes of such models: shapes of inputs, types and links between layers are
 * written in another way. What tfjs would not compute as Keras does is refused.
 */
import { ModelError } from '../../../../errors.js';
import { isObject, type JsonObject } from '../../../../io/json.js';
import { layerConfig } from './keras3-layers.js';

type Config = Readonly<Record<string, unknown>>;

const hint =
  'in Python, save the model with Keras 2 (pip install tf_keras, and TF_USE_LEGACY_KERAS=1) and convert it anew; or convert what model.export writes with --output_format=tfjs_graph_model, or export it as ONNX: load takes both';

/** What every refusal says: which version wrote the file, and what to do. */
export const refuser =
  (version: string, where: string) =>
  (what: string, cause?: unknown): never => {
    throw new ModelError({
      what: `the model was saved by Keras ${version.slice(0, 20)}, and cannot be read as it is: ${what}`,
      where,
      hint,
      cause,
    });
  };
type Refuse = ReturnType<typeof refuser>;

const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 100);

/** The version of Keras that wrote a topology, where it is 3 or later. */
export function keras3(topology: unknown): string | undefined {
  const version = isObject(topology) ? topology.keras_version : undefined;
  return typeof version === 'string' && Number(/^(\d+)\.\d/.exec(version)?.[1] ?? 0) >= 3 ? version : undefined;
}

const isModel = (className: unknown): boolean =>
  className === 'Functional' || className === 'Model' || className === 'Sequential';

/** The numbers that a layer computes with. */
function dtypeOf(dtype: unknown, layer: string, input: boolean, refuse: Refuse): unknown {
  const name =
    isObject(dtype) && dtype.class_name === 'DTypePolicy' && isObject(dtype.config) ? dtype.config.name : dtype;
  if (name === undefined || name === 'float32') return name;
  // indices into a table, most likely: every one that there is fits
  if (input && (name === 'int32' || name === 'int64')) return 'int32';
  if (input && name === 'bool') return name;
  return refuse(`the layer ${layer} is of type ${show(name)}, and only float32 is computed with`);
}

/** A reference to what a layer reads. A model has a call of its own in tfjs, over its own inputs, before it is called as a layer. */
function reference(value: unknown, layer: string, models: ReadonlySet<string>, refuse: Refuse): unknown[] {
  const history =
    isObject(value) && value.class_name === '__keras_tensor__' && isObject(value.config)
      ? value.config.keras_history
      : undefined;
  if (!Array.isArray(history) || history.length !== 3)
    return refuse(`the layer ${layer} is called with ${show(value)}, which is no output of a layer`);
  const [from, node, tensor] = history as unknown[];
  return [from, typeof node === 'number' && models.has(String(from)) ? node + 1 : node, tensor, {}];
}

/** One call of a layer, as the list of what it reads. */
function call(node: unknown, layer: string, models: ReadonlySet<string>, refuse: Refuse): unknown {
  if (!isObject(node)) return node;
  const { args, kwargs } = node;
  for (const [key, value] of Object.entries(isObject(kwargs) ? kwargs : {})) {
    const off = (entry: unknown): boolean =>
      entry === null || entry === false || (Array.isArray(entry) && entry.every(off));
    if (!off(value)) refuse(`the layer ${layer} is called with ${key} = ${show(value)}`);
  }
  if (!Array.isArray(args) || args.length !== 1)
    return refuse(
      `the layer ${layer} is called with ${Array.isArray(args) ? args.length : 'no'} arguments, and not with one or one list`,
    );
  const own: unknown = args[0];
  return (Array.isArray(own) ? (own as unknown[]) : [own]).map((value) => reference(value, layer, models, refuse));
}

/** Inputs or outputs of a model: one, a list, or by name. */
function ends(value: unknown, shift: (name: string, node: number) => number, refuse: Refuse): unknown {
  const list: unknown[] = Array.isArray(value)
    ? typeof value[0] === 'string'
      ? [value]
      : value
    : isObject(value)
      ? Object.values(value)
      : refuse(`its inputs or outputs are ${show(value)}`);
  return list.map((end) => {
    if (!Array.isArray(end) || end.length !== 3) return refuse(`an input or output of the model is ${show(end)}`);
    const [name, node, tensor] = end as unknown[];
    return [name, typeof node === 'number' ? shift(String(name), node) : node, tensor];
  });
}

/** What a layer computes, whatever it is called and trained by; and whether it runs backwards. */
function core(layer: Record<string, unknown>): readonly [content: string, backwards: unknown] {
  const { name: _, trainable: __, go_backwards: backwards, ...rest } = layer.config as Record<string, unknown>;
  return [JSON.stringify([layer.class_name, Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1))]), backwards];
}

/** The layer that Bidirectional runs backwards is, in tfjs, always a copy of the other. */
function sameBackwards(
  forward: Record<string, unknown>,
  backward: Record<string, unknown>,
  name: string,
  refuse: Refuse,
): void {
  const [forth, back] = [core(forward), core(backward)];
  if (forth[0] !== back[0] || forth[1] !== false || back[1] !== true)
    refuse(`the two layers of ${name} (Bidirectional) are not alike, as they are in tfjs`);
}

function translated(value: unknown, refuse: Refuse): Record<string, unknown> {
  if (!isObject(value) || typeof value.class_name !== 'string' || !isObject(value.config))
    return refuse(`a layer is described by ${show(value)}`);
  const { class_name: className, config, module, registered_name: registered } = value;
  const name = typeof config.name === 'string' ? config.name.slice(0, 80) : show(config.name);
  if (
    (typeof module === 'string' && !/^(keras|builtins)(\.|$)/.test(module)) ||
    (typeof registered === 'string' && registered.includes('>'))
  )
    refuse(
      `the layer ${name} is of a class of its own, ${show(registered ?? className)}, and code in a model file is not run`,
    );
  if (isModel(className)) return model(value, refuse);
  const { backward_layer: backward, ...rest } = config;
  const own = layerConfig(className, className === 'Bidirectional' ? rest : config, (what) =>
    refuse(`the layer ${name} ${what}`),
  );
  if ('dtype' in own) own.dtype = dtypeOf(own.dtype, name, className === 'InputLayer', refuse);
  if ('layer' in own) {
    const inner = translated(own.layer, refuse);
    if (className === 'Bidirectional' && backward !== undefined && backward !== null)
      sameBackwards(inner, translated(backward, refuse), name, refuse);
    own.layer = inner;
  }
  return { class_name: className, config: own };
}

function model(value: JsonObject, refuse: Refuse): Record<string, unknown> {
  const className = value.class_name;
  const config = value.config as JsonObject;
  const { name, trainable, layers, build_input_shape: built } = config;
  if (!Array.isArray(layers)) return refuse('there is a model without layers');
  const list = layers as readonly unknown[];
  const own = list.map((layer) => translated(layer, refuse));
  if (className === 'Sequential') {
    const first = own[0]?.config as Record<string, unknown> | undefined;
    if (
      first !== undefined &&
      first.batch_input_shape === undefined &&
      own[0]!.class_name !== 'Sequential' &&
      Array.isArray(built)
    )
      first.batch_input_shape = built;
    return { class_name: className, config: { name, trainable, layers: own } };
  }
  const called = (kinds: readonly string[]): Set<string> =>
    new Set(
      own
        .filter((layer) => kinds.includes(layer.class_name as string))
        .map((layer) => String((layer.config as Config).name)),
    );
  const models = called(['Functional', 'Model', 'Sequential']);
  const sequences = called(['Sequential']);
  own.forEach((layer, at) => {
    const { name: outer, inbound_nodes: nodes } = list[at] as JsonObject;
    layer.name = outer;
    layer.inbound_nodes = Array.isArray(nodes)
      ? nodes.map((node) => call(node, String(outer).slice(0, 80), models, refuse))
      : nodes;
  });
  // here Keras counts the first call of a functional model by 1 itself
  const shift = (from: string, node: number): number => (sequences.has(from) ? node + 1 : node);
  return {
    class_name: className,
    config: {
      name,
      trainable,
      layers: own,
      input_layers: ends(config.input_layers, shift, refuse),
      output_layers: ends(config.output_layers, shift, refuse),
    },
  };
}

/**
 * @param topology as the converter writes it: `{ keras_version, model_config }`
 * @param version that wrote it
 * @throws ModelError for what tfjs has not, or would compute in another way, naming the layer
 */
export function fromKeras3(topology: JsonObject, version: string, where: string): Record<string, unknown> {
  const refuse = refuser(version, where);
  const config = topology.model_config ?? topology;
  if (!isObject(config) || !isModel(config.class_name) || !isObject(config.config))
    return refuse(
      `its topology is of class ${show(isObject(config) ? config.class_name : config)}, not a Sequential or functional model`,
    );
  return model(config, refuse);
}
