/**
 * Looks into a GraphModel while it runs. Tensors that somebody reads or replaces pass through nodes of our own; tfjs computes everything else as ever.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { SitePatch } from '../../../replacement.js';
import type { GraphPlan } from '../graph/graph-plan.js';
import type { GraphDef, GraphDefNode, GraphModel } from '../file/types.js';
import { patched } from './run-plan.js';

const op = 'CongruityTap';
const prefix = 'congruity/tap/';

/** The tap of the k-th value of the plan. */
const tapName = (value: number): string => `${prefix}${value}`;

/** The pass under way. tfjs has one table of operations per process, and this package may be loaded as two modules. */
const passKey = Symbol.for('congruity.tfjs.pass');
type At = (value: number, tensor: tf.Tensor) => tf.Tensor;
const state = globalThis as { [passKey]?: At | undefined };

interface NodeValue {
  readonly inputs: readonly tf.Tensor[];
  readonly attrs: { readonly tap: number };
}
export interface Converter {
  registerOp(name: string, run: (node: NodeValue) => tf.Tensor): void;
  loadGraphModelSync(source: { load: () => unknown }): GraphModel;
}

/** The graph with a tap behind each of these values of the plan. */
function tappedGraph(graph: GraphDef, { values, depends, nodes }: GraphPlan, touched: ReadonlySet<number>): GraphDef {
  const tapOf = new Map([...touched].map((value) => [values[value]!.name, tapName(value)]));
  const reroute = (input: string): string => tapOf.get(input.endsWith(':0') ? input.slice(0, -2) : input) ?? input;
  const rewired = [...nodes.values()].map((node): GraphDefNode =>
    depends.has(node.name) && node.input ? { ...node, input: node.input.map(reroute) } : node,
  );
  const taps = [...touched].map((value): GraphDefNode => ({
    name: tapName(value),
    op,
    input: [values[value]!.name],
    attr: { tap: { i: value } },
  }));
  return { node: [...rewired, ...taps], versions: graph.versions ?? {} };
}

/** A second model over the same weights, which it does not own, with a tap behind each of these values of the plan. */
export function tap(
  model: GraphModel,
  plan: GraphPlan,
  touched: ReadonlySet<number>,
  converter: Converter,
): GraphModel {
  converter.registerOp(op, ({ inputs, attrs }) =>
    (state[passKey] ?? ((_, tensor) => tf.clone(tensor)))(attrs.tap, inputs[0]!),
  );
  const modelTopology = tappedGraph(model.artifacts.modelTopology, plan, touched);
  const copy = converter.loadGraphModelSync({ load: () => ({ modelTopology, weightSpecs: [], weightData: [] }) });
  copy.executor.weightMap = model.weights;
  return copy;
}

/**
 * One forward pass.
 * @param wanted indices of values
 * @returns tensors by index of value, kept: the caller's to dispose of
 */
export function runTapped(
  model: GraphModel,
  inputs: Record<string, tf.Tensor>,
  wanted: readonly number[],
  patches: ReadonlyMap<number, SitePatch>,
): Map<number, tf.Tensor> {
  const before = state[passKey];
  state[passKey] = (value, tensor) => {
    const patch = patches.get(value);
    if (patch === undefined) return tf.clone(tensor);
    return tf.tidy(() => patched(tensor, { ...patch, shape: tensor.shape }, tensor.dtype));
  };
  try {
    const kept = new Map<number, tf.Tensor>();
    tf.tidy(() => {
      const found = model.execute(inputs, wanted.map(tapName));
      (Array.isArray(found) ? found : [found]).forEach((tensor, i) => kept.set(wanted[i]!, tf.keep(tensor)));
    });
    return kept;
  } finally {
    state[passKey] = before;
  }
}
