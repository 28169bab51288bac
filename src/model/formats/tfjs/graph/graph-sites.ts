/** What a GraphModel offers: sites with the shapes that a first run showed, parts and the default representation. */
import type { Axis, ComponentFamily, Site } from '../../../model.js';
import { featuresLast, imageAxes, unknownAxes, usualAxes } from './axes.js';
import type { GraphPlan } from './graph-plan.js';
import type { OutputKind } from '../run/logits.js';
import type { GraphDefNode } from './types.js';

const convolutions = new Set([
  'Conv2D',
  '_FusedConv2D',
  'FusedConv2D',
  'DepthwiseConv2dNative',
  'FusedDepthwiseConv2dNative',
  'Conv2DBackpropInput',
  'Conv1D',
  'Conv3D',
]);
const pools = new Set(['MaxPool', 'AvgPool', 'MaxPool3D', 'AvgPool3D', 'ResizeBilinear', 'ResizeNearestNeighbor']);
const products = new Set(['MatMul', '_FusedMatMul', 'BatchMatMul', 'BatchMatMulV2']);
const lookups = new Set(['GatherV2', 'Gather', 'ResourceGather']);
const rearranging = new Set([
  'Reshape',
  'Transpose',
  'ExpandDims',
  'Squeeze',
  'Pack',
  'Unpack',
  'StridedSlice',
  'Einsum',
  'Tile',
  'SpaceToBatchND',
  'BatchToSpaceND',
  'DepthToSpace',
  'Mean',
  'Sum',
  'Max',
  'Min',
]);
/** What a weighted node is read after, where nothing else reads it. */
const finishing = new Set([
  'BiasAdd',
  'Add',
  'AddV2',
  'Sub',
  'Mul',
  'FusedBatchNorm',
  'FusedBatchNormV2',
  'FusedBatchNormV3',
  'Relu',
  'Relu6',
  'Elu',
  'Selu',
  'LeakyRelu',
  'Prelu',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Softmax',
  'LogSoftmax',
  'Identity',
  'Reshape',
]);

const dataFormat = ({ attr }: GraphDefNode): string => {
  const coded = (attr?.data_format as { s?: unknown } | undefined)?.s;
  return Array.isArray(coded)
    ? String.fromCharCode(...(coded as number[]))
    : typeof coded === 'string'
      ? Buffer.from(coded, 'base64').toString('latin1')
      : '';
};

/** Looks a node up that only copies or converts, down to what it copies. */
function sourceOf(plan: GraphPlan, name: string): GraphDefNode {
  let node = plan.nodes.get(name)!;
  while (node.op === 'Identity' || node.op === 'Cast') node = plan.nodes.get(plan.inputsOf(node)[0]!.node)!;
  return node;
}

/**
 * Placeholders whose values are looked up in a table of weights, with the number of its rows.
 * @param rowsOf rows of a constant
 */
export function vocabularies(plan: GraphPlan, rowsOf: (constant: string) => number | undefined): Map<string, number> {
  const found = new Map<string, number>();
  for (const node of plan.order) {
    if (!lookups.has(node.op)) continue;
    const [table, indices] = plan.inputsOf(node);
    if (table === undefined || indices === undefined || plan.depends.has(table.node)) continue;
    const input = sourceOf(plan, indices.node);
    const rows = rowsOf(sourceOf(plan, table.node).name);
    if (input.op === 'Placeholder' && rows !== undefined)
      found.set(input.name, Math.min(rows, found.get(input.name) ?? Infinity));
  }
  return found;
}

/** Axes of a value, given those of the values its node reads. */
function axesOf(
  plan: GraphPlan,
  node: GraphDefNode,
  rank: number,
  axes: ReadonlyMap<string, readonly Axis[]>,
  tokens: boolean,
): readonly Axis[] {
  if (node.op === 'Placeholder') return tokens && rank === 1 ? ['position'] : usualAxes(rank);
  const refs = plan.inputsOf(node).filter(({ node: from }) => plan.depends.has(from));
  const from = refs
    .map((ref) => axes.get(ref.index === 0 ? ref.node : `${ref.node}:${ref.index}`))
    .filter((list) => list !== undefined);
  if (convolutions.has(node.op) || pools.has(node.op))
    return rank >= 2 ? imageAxes(rank - 1, dataFormat(node).startsWith('NC')) : unknownAxes(rank);
  if (rearranging.has(node.op)) return unknownAxes(rank);
  if (lookups.has(node.op))
    return refs.length === 1 && from[0]?.length === rank - 1 ? [...from[0], 'feature'] : unknownAxes(rank);
  if (products.has(node.op))
    return refs.length === 1 && from[0]?.length === rank ? featuresLast(from[0]) : unknownAxes(rank);
  return from.find((list) => list.length === rank) ?? unknownAxes(rank);
}

/** Sites for the values whose shape is known, without the batch axis. */
export function graphSites(
  plan: GraphPlan,
  shapes: ReadonlyMap<string, readonly number[]>,
  tokens: ReadonlySet<string>,
): Site[] {
  const axes = new Map<string, readonly Axis[]>();
  return plan.values.flatMap(({ name, node }): Site[] => {
    const shape = shapes.get(name);
    if (shape === undefined) return [];
    const own = axesOf(plan, plan.nodes.get(node)!, shape.length, axes, tokens.has(node));
    axes.set(name, own);
    return [{ name, axes: own, shape, layer: undefined }];
  });
}

export function graphOutputKind(plan: GraphPlan, output: string, shape: readonly number[]): OutputKind {
  const node = plan.nodes.get(output.split(':')[0]!)!;
  const { op } = sourceOf(plan, node.name);
  if (op === 'Softmax') return 'softmax';
  return op === 'Sigmoid' && shape.at(-1) === 1 ? 'sigmoid' : 'logits';
}

interface Weighted {
  readonly name: string;
  readonly node: GraphDefNode;
  readonly end: string;
}

/** Nodes that take a product with weights or look them up, and where their bias and activation end; not those that lead straight to the output. */
function weighted(plan: GraphPlan, sites: ReadonlyMap<string, Site>, output: string): Weighted[] {
  const readers = new Map<string, string[]>();
  for (const node of plan.order)
    for (const { node: from } of plan.inputsOf(node)) readers.set(from, [...(readers.get(from) ?? []), node.name]);
  const endOf = (start: string): string => {
    let at = start;
    for (;;) {
      const next = readers.get(at) ?? [];
      if (next.length !== 1 || plan.outputs.includes(at)) return at;
      const node = plan.nodes.get(next[0]!)!;
      const alone = plan.inputsOf(node).filter(({ node: from }) => plan.depends.has(from)).length === 1;
      const there = sites.get(node.name);
      const kept = node.op !== 'Reshape' || there?.shape.at(-1) === sites.get(at)?.shape.at(-1);
      if (!finishing.has(node.op) || !alone || !kept || there === undefined) return at;
      at = node.name;
    }
  };
  const found = plan.order.flatMap((node): Weighted[] => {
    const computes = convolutions.has(node.op) || products.has(node.op) || lookups.has(node.op);
    const constant = plan
      .inputsOf(node)
      .slice(0, 2)
      .some(({ node: from }) => !plan.depends.has(from));
    return computes && constant && sites.has(node.name) ? [{ name: node.name, node, end: endOf(node.name) }] : [];
  });
  const inside = found.filter(({ end }) => end !== output);
  return inside.length > 0 ? inside : found;
}

/** A convolution's channels, a product's units, a table as a whole. */
export function graphParts(plan: GraphPlan, sites: readonly Site[], output: string): ComponentFamily[] {
  const byName = new Map(sites.map((site) => [site.name, site]));
  return weighted(plan, byName, output).flatMap(({ name, node, end }): ComponentFamily[] => {
    const site = byName.get(end)!;
    const whole: ComponentFamily = { kind: 'layer', name, site: end, count: 1 };
    const kind = convolutions.has(node.op) ? 'channel' : products.has(node.op) ? 'unit' : undefined;
    const axis =
      kind === 'channel' ? (site.axes.find((own) => own === 'channel') ?? site.axes.at(-1)) : site.axes.at(-1);
    const count = axis === undefined ? -1 : site.shape[site.axes.indexOf(axis)]!;
    return kind === undefined || count < 1
      ? [whole]
      : [{ kind, name: `${name}.${kind}`, site: end, axis: axis!, count }, whole];
  });
}

export const graphRepresentation = (plan: GraphPlan, sites: readonly Site[], output: string): string[] => [
  ...new Set(weighted(plan, new Map(sites.map((site) => [site.name, site])), output).map(({ end }) => end)),
];
