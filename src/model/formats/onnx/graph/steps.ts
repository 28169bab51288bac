/** Tensors whose sizes follow the input in another way than one to one, so that two inputs of nearly the same size do not show it. */
import type { Graph } from './graph.js';
import type { Node } from '../file/messages.js';

/** What makes axes shorter or longer by steps: strides, windows, factors. */
const stepping = new Set([
  'Conv',
  'ConvTranspose',
  'QLinearConv',
  'ConvInteger',
  'FusedConv',
  'NhwcConv',
  'MaxPool',
  'AveragePool',
  'LpPool',
  'QLinearAveragePool',
  'MaxUnpool',
  'Slice',
  'Split',
  'STFT',
  'DFT',
  'Resize',
  'Upsample',
  'Pad',
  'Col2Im',
  'SpaceToDepth',
  'DepthToSpace',
]);
/** What makes as many entries as the values say. */
const counting = new Set(['NonZero', 'Compress', 'Unique', 'NonMaxSuppression']);
/** Inputs that say how large the output is. */
const sized: Readonly<Record<string, readonly number[]>> = {
  ConstantOfShape: [0],
  Reshape: [1],
  Expand: [1],
  Tile: [1],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Pad: [1],
  Resize: [1, 2, 3],
  Upsample: [1],
  OneHot: [1],
  TopK: [1],
  Range: [0, 1, 2],
  CenterCropPad: [1],
};

const standard = (node: Node): boolean => node.domain === '' || node.domain === 'com.microsoft';

/** All that is computed from what some nodes make. */
function below(graph: Graph, from: (node: Node) => boolean): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of graph.nodes)
    if (from(node) || node.inputs.some((input) => found.has(input)))
      for (const output of node.outputs) if (output !== '') found.add(output);
  return found;
}

/** Tensors whose sizes may stay the same for inputs of nearly the same size, and differ for others. */
export const inSteps = (graph: Graph, dependent: ReadonlySet<string>): ReadonlySet<string> =>
  below(
    graph,
    (node) =>
      standard(node) &&
      (stepping.has(node.op) || valued(node, dependent)) &&
      node.inputs.some((input) => dependent.has(input)),
  );

/** Tensors whose sizes may depend on the values of the input, and not on its shape alone. */
export const byValues = (graph: Graph, dependent: ReadonlySet<string>): ReadonlySet<string> =>
  below(graph, (node) => standard(node) && valued(node, dependent));

const valued = (node: Node, dependent: ReadonlySet<string>): boolean =>
  (counting.has(node.op) && dependent.has(node.inputs[0] ?? '')) ||
  (sized[node.op] ?? []).some((input) => dependent.has(node.inputs[input] ?? ''));
