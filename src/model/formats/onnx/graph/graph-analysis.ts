/** What a graph tells without running it: which tensors hold activations, where a softmax ends it, where a layer's activation function is. */
import type { Graph } from './graph.js';
import { elementType } from '../file/element-types.js';
import type { Node } from '../file/messages.js';

/** They tell about the shape of a tensor, and nothing about what is in it. */
const shapeOnly = new Set(['Shape', 'Size']);

export const attributeInt = (node: Node, name: string, missing: number): number =>
  Number(node.attributes.get(name)?.i ?? missing);

/** Tensors whose values depend on the values of the inputs: all else is a constant, or arithmetic on shapes. */
export function dependents(graph: Graph): ReadonlySet<string> {
  const found = new Set(graph.inputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    if (node.domain === '' && shapeOnly.has(node.op)) continue;
    if (node.inputs.some((input) => found.has(input)))
      for (const output of node.outputs) if (output !== '') found.add(output);
  }
  return found;
}

/**
 * Tensors that may become sites, in the order of computation. Of a node's further outputs only those that something reads: onnxruntime does not make
 * every optional one, and ends the process when one that it did not make is fetched (1.30).
 */
export function candidates(graph: Graph, dependent: ReadonlySet<string>): string[] {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return graph.nodes.flatMap((node) =>
    node.outputs.filter(
      (output, i) => dependent.has(output) && (i === 0 || graph.consumers.has(output) || outputs.has(output)),
    ),
  );
}

const standard = (node: Node | undefined, ...ops: readonly string[]): node is Node =>
  node !== undefined && node.domain === '' && ops.includes(node.op);

/** Follows a tensor up through operators that change its form only. */
function above(graph: Graph, name: string, ...ops: readonly string[]): { name: string; node: Node | undefined } {
  let at = name;
  for (;;) {
    const node = graph.producer.get(at);
    if (!standard(node, ...ops)) return { name: at, node };
    at = node.inputs[0]!;
  }
}

/** Softmax as jax and TensorFlow write it out: Exp(x), divided by its own sum. What the Exp is taken of has the same softmax as the logits. */
function writtenOut(graph: Graph, division: Node): string | undefined {
  const exponential = graph.producer.get(division.inputs[0] ?? '');
  const sum = above(graph, division.inputs[1] ?? '', 'Reshape', 'Expand', 'Unsqueeze', 'Identity', 'Cast').node;
  return standard(exponential, 'Exp') && standard(sum, 'ReduceSum') && sum.inputs[0] === exponential.outputs[0]
    ? exponential.inputs[0]
    : undefined;
}

/**
 * What softmax makes this tensor of, where it is a softmax over its last axis; else the tensor itself.
 * @param rank of the tensor
 */
export function beforeSoftmax(graph: Graph, name: string, rank: number): string {
  const { node } = above(graph, name, 'Identity', 'Cast');
  if (standard(node, 'Softmax', 'LogSoftmax')) {
    const axis = attributeInt(node, 'axis', (graph.file.opsets.get('') ?? 13) < 13 ? 1 : -1);
    return axis === -1 || axis === rank - 1 ? node.inputs[0]! : name;
  }
  return (standard(node, 'Div') ? writtenOut(graph, node) : undefined) ?? name;
}

/** Names of tensors that could be the model's answer, the declared outputs in order; scikit-learn's list of maps stands for the tensor it is made of. */
export const answers = (graph: Graph): string[] =>
  graph.outputs.map(({ name }) => {
    const node = graph.producer.get(name);
    return node?.op === 'ZipMap' ? node.inputs[0]! : name;
  });

/** Entry by entry, with one output. */
const linear = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Neg',
  'Cast',
  'Identity',
  'BatchNormalization',
  'QuantizeLinear',
  'DequantizeLinear',
  'Dropout',
];
const nonlinear = [
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Elu',
  'Selu',
  'Celu',
  'ThresholdedRelu',
  'Sigmoid',
  'HardSigmoid',
  'HardSwish',
  'Swish',
  'Mish',
  'Gelu',
  'Tanh',
  'Softplus',
  'Softsign',
  'Erf',
  'Exp',
  'Clip',
  'Pow',
  'Max',
  'Min',
  'Sin',
  'Cos',
  'Abs',
  'Sqrt',
  'FastGelu',
  'QuickGelu',
  'BiasGelu',
  'QLinearSigmoid',
  'QLinearLeakyRelu',
  'QLinearMul',
  'QLinearAdd',
];
const known = new Set([...linear, ...nonlinear]);
const bends = new Set(nonlinear);
const scales = new Set(['Mul', 'Div', 'Cast', 'Identity', 'Dropout', 'QuantizeLinear', 'DequantizeLinear']);

export interface Activated {
  /** the layer's output after its bias, and after its activation function where one follows */
  readonly tensor: string;
  readonly bent: boolean;
}

/**
 * The output of a layer after all that follows entry by entry from it and constants alone: bias, batch normalisation, quantisation, the activation function,
 * also one that is written out (x * sigmoid(x), GELU by Erf or Tanh). The walk ends at the activation function, and at anything that brings in
 * another tensor, such as a residual stream.
 */
export function activated(graph: Graph, dependent: ReadonlySet<string>, output: string): Activated {
  const region = new Set([output]);
  /** tensors of the region that something still reads, with the number of readers to come */
  const open = new Map([[output, (graph.consumers.get(output) ?? []).length]]);
  const outputs = new Set(answers(graph));
  const queue = [...(graph.consumers.get(output) ?? [])];
  let found: Activated = { tensor: output, bent: false };
  let bent = false;
  const done = new Set<Node>();
  for (let steps = 0; steps < 40 && queue.length > 0; steps++) {
    // the first whose inputs are all there
    const at = queue.findIndex((node) =>
      node.inputs.every((input) => input === '' || !dependent.has(input) || region.has(input)),
    );
    if (at < 0) return found;
    const [node] = queue.splice(at, 1) as [Node];
    if (done.has(node)) continue;
    done.add(node);
    const one = open.size === 1 && open.has(found.tensor);
    // after the activation function only a constant factor still belongs to it
    if (
      !known.has(node.op) ||
      (one && bent && !(scales.has(node.op) && node.inputs.filter((input) => dependent.has(input)).length === 1))
    )
      return found;
    const made = node.outputs[0]!;
    bent ||= bends.has(node.op);
    for (const input of new Set(node.inputs)) {
      if (!open.has(input)) continue;
      const left = open.get(input)! - 1;
      if (left === 0) open.delete(input);
      else open.set(input, left);
    }
    region.add(made);
    const readers = graph.consumers.get(made) ?? [];
    open.set(made, readers.length);
    queue.push(...readers);
    if (open.size === 1 && region.size > 1) found = { tensor: made, bent };
    if (outputs.has(made)) return found;
  }
  return found;
}

/** The dependent tensors but for the scales and zero points of dynamic quantisation, which stand for constants. */
export function varying(graph: Graph, dependent: ReadonlySet<string>): ReadonlySet<string> {
  const rest = new Set(dependent);
  for (const node of graph.nodes) {
    if (node.op === 'DynamicQuantizeLinear') for (const output of node.outputs.slice(1)) rest.delete(output);
    else if (standard(node, 'Mul') && node.inputs.every((input) => !rest.has(input))) rest.delete(node.outputs[0]!);
  }
  return rest;
}

const convolutions = new Set(['Conv', 'ConvTranspose', 'QLinearConv', 'ConvInteger', 'FusedConv', 'NhwcConv']);
/** They keep channels where they are. */
const keepsChannels = new Set([
  ...known,
  'MaxPool',
  'AveragePool',
  'LpPool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'GlobalLpPool',
  'InstanceNormalization',
  'GroupNormalization',
  'LRN',
  'Resize',
  'Upsample',
  'Pad',
  'QLinearGlobalAveragePool',
  'QLinearAveragePool',
  'Softmax',
  'SpaceToDepth',
  'DepthToSpace',
]);
const makesChannels = new Set([
  'MaxPool',
  'AveragePool',
  'LpPool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'BatchNormalization',
  'InstanceNormalization',
  'LRN',
]);

export const isConvolution = (node: Node): boolean => convolutions.has(node.op);

/** Tensors that have channels on the first axis after the batch, as the operators that made or read them say. */
export function withChannels(graph: Graph): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of graph.nodes.toReversed())
    if (
      convolutions.has(node.op) ||
      makesChannels.has(node.op) ||
      (linear.includes(node.op) && found.has(node.outputs[0] ?? ''))
    )
      found.add(node.inputs[0] ?? '');
  for (const node of graph.nodes) {
    if (convolutions.has(node.op) || makesChannels.has(node.op)) found.add(node.outputs[0] ?? '');
    else if (keepsChannels.has(node.op) && node.inputs.some((input) => found.has(input)))
      found.add(node.outputs[0] ?? '');
  }
  return found;
}

const products = new Set([
  'MatMul',
  'Gemm',
  'MatMulInteger',
  'QLinearMatMul',
  'QGemm',
  'FusedMatMul',
  'FusedGemm',
  'MatMulNBits',
  'DynamicQuantizeMatMul',
  'MatMulIntegerToFloat',
  'Einsum',
]);

/** A product of an activation with weights: some input with two axes or more does not depend on the model's inputs. */
export const isDense = (graph: Graph, dependent: ReadonlySet<string>, node: Node): boolean =>
  products.has(node.op) &&
  node.inputs.some((input) => input !== '' && !dependent.has(input) && weightsRank(graph, input) >= 2);

/** The number of axes of a constant, followed through what only changes its form; 2 where it cannot be told. */
function weightsRank(graph: Graph, name: string): number {
  const { name: at, node } = above(graph, name, 'Identity', 'Cast', 'DequantizeLinear', 'Transpose');
  const tensor =
    graph.initializers.get(at) ?? (standard(node, 'Constant') ? node.attributes.get('value')?.tensor : undefined);
  return tensor ? tensor.dims.length : node ? 2 : 0;
}

/** Operators that draw random numbers, or scale by what is in the whole batch: rows must be computed one by one, or never come out the same. */
const random = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
]);

export const drawsRandom = (graph: Graph): Node | undefined =>
  graph.nodes.find((node) => node.domain === '' && random.has(node.op));

/** Bytes of all weights, as declared. */
export const weightBytes = (graph: Graph): number =>
  [...graph.file.initializers, ...graph.file.sparse].reduce((sum, { bytes }) => sum + bytes, 0) +
  graph.nodes.reduce(
    (sum, node) =>
      sum +
      [...node.attributes.values()].reduce(
        (inner, { tensor }) => inner + (tensor && elementType(tensor.type) ? tensor.bytes : 0),
        0,
      ),
    0,
  );
