/** How large tensors are at the least, as far as constants say: a file of a hundred bytes can ask for more than any memory holds. What cannot be told here, the limits of the first runs catch. */
import { attributeInt } from './graph-analysis.js';
import type { Graph } from './graph.js';
import type { Node } from '../file/messages.js';
import { elementType } from '../file/element-types.js';

/** Integers of more than this are no shape. */
const mostInts = 64;

/** A size below zero stands for one that is not known. */
const product = (sizes: readonly bigint[]): bigint => sizes.reduce((a, b) => a * (b >= 0n ? b : 1n), 1n);
const largest = (...counts: readonly bigint[]): bigint => counts.reduce((a, b) => (a > b ? a : b), 0n);

/** Operators that pass integers on as they are. */
const passing = new Set(['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);
const arithmetic: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
};
/** Operators that make at least as many values as each of their inputs has. */
const keeping = new Set([
  ...passing,
  ...Object.keys(arithmetic),
  'Div',
  'Pow',
  'Max',
  'Min',
  'Where',
  'Concat',
  'Transpose',
  'Neg',
  'Abs',
  'Relu',
  'LeakyRelu',
  'Sigmoid',
  'Tanh',
  'Exp',
  'Sqrt',
  'Erf',
  'Clip',
  'Softmax',
  'LogSoftmax',
  'Dropout',
  'And',
  'Or',
  'Xor',
  'Not',
  'Equal',
  'Less',
  'Greater',
  'CumSum',
  'QuantizeLinear',
  'DequantizeLinear',
]);

class Sizes {
  /** integers that are known before any run */
  private readonly ints = new Map<string, readonly bigint[]>();
  /** the least number of values; 1 where nothing is known */
  private readonly counts = new Map<string, bigint>();

  constructor(graph: Graph) {
    for (const [name, { ints, dims }] of graph.initializers) {
      this.counts.set(name, product(dims.map(BigInt)));
      if (ints) this.ints.set(name, ints);
    }
    for (const { name, dims } of graph.inputs)
      this.counts.set(name, product((dims ?? []).map((size) => (typeof size === 'number' ? BigInt(size) : 1n))));
  }

  /** Learns what a node makes; its inputs are known. Returns the least number of values of its first output. */
  learn(node: Node): bigint {
    const output = node.outputs[0] ?? '';
    if (node.domain !== '') return 1n;
    const ints = this.intsOf(node);
    if (ints && ints.length <= mostInts) this.ints.set(output, ints);
    const count = this.countOf(node);
    this.counts.set(output, count);
    return count;
  }

  private at(node: Node, input: number): readonly bigint[] | undefined {
    return this.ints.get(node.inputs[input] ?? '');
  }

  private count(node: Node, input: number): bigint {
    return this.counts.get(node.inputs[input] ?? '') ?? 1n;
  }

  private intsOf(node: Node): readonly bigint[] | undefined {
    if (node.op === 'Constant') {
      const { value, value_ints: several, value_int: one } = Object.fromEntries(node.attributes);
      return value?.tensor?.ints ?? several?.ints ?? (one?.i === undefined ? undefined : [one.i]);
    }
    const [a, b] = [this.at(node, 0), this.at(node, 1)];
    if (passing.has(node.op)) return a;
    if (node.op === 'Concat') {
      const all = node.inputs.map((_, i) => this.at(node, i));
      return all.every((one) => one !== undefined) ? all.flat() : undefined;
    }
    const combine = arithmetic[node.op];
    if (
      combine === undefined ||
      !a ||
      !b ||
      a.length === 0 ||
      b.length === 0 ||
      (a.length !== b.length && a.length !== 1 && b.length !== 1)
    )
      return undefined;
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => combine(a[i % a.length]!, b[i % b.length]!));
  }

  private countOf(node: Node): bigint {
    const shape = (input: number): bigint => product(this.at(node, input) ?? []);
    switch (node.op) {
      case 'Constant':
        return product((node.attributes.get('value')?.tensor?.dims ?? []).map(BigInt));
      case 'ConstantOfShape':
        return shape(0);
      case 'Expand':
        return largest(shape(1), this.count(node, 0));
      case 'Tile':
        return shape(1) * this.count(node, 0);
      case 'OneHot':
        return shape(1) * this.count(node, 0);
      case 'Resize':
        return shape(3);
      case 'RandomNormal':
      case 'RandomUniform':
        return product(node.attributes.get('shape')?.ints ?? []);
      case 'Pad': {
        const pads = this.at(node, 1) ?? node.attributes.get('pads')?.ints ?? [];
        const rank = pads.length / 2;
        // an axis has one entry at the least
        return product(Array.from({ length: Math.floor(rank) }, (_, axis) => 1n + pads[axis]! + pads[axis + rank]!));
      }
      case 'Range': {
        const [start, limit, delta] = [0, 1, 2].map((input) => this.at(node, input)?.[0]);
        return start === undefined || limit === undefined || delta === undefined || delta === 0n
          ? 1n
          : largest((limit - start) / delta);
      }
      case 'Concat':
        return node.inputs.reduce((sum, _, i) => sum + this.count(node, i), 0n);
      case 'Gather':
        return this.count(node, 1);
      default:
        return keeping.has(node.op) ? largest(...node.inputs.map((_, i) => this.count(node, i))) : 1n;
    }
  }
}

/** Bytes of one value that a node makes, at the least. */
const width = (node: Node): bigint => {
  if (node.op === 'ConstantOfShape')
    return BigInt(Math.max(1, (elementType(node.attributes.get('value')?.tensor?.type ?? 1)?.bits ?? 8) / 8));
  if (node.op === 'Cast') return BigInt(Math.max(1, (elementType(attributeInt(node, 'to', 2))?.bits ?? 8) / 8));
  // counted as numbers of 64 or 32 bits
  return node.op === 'Range' ? 4n : 1n;
};

/** The first node that makes more bytes than this, whatever the input, and how many at the least. */
export function oversized(graph: Graph, maxBytes: number): { readonly node: Node; readonly bytes: bigint } | undefined {
  const sizes = new Sizes(graph);
  for (const node of graph.nodes) {
    const bytes = sizes.learn(node) * width(node);
    if (bytes > BigInt(maxBytes)) return { node, bytes };
  }
  return undefined;
}
