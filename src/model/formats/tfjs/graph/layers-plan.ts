/** A LayersModel as a list of calls of layers, in an order in which they can be computed, nested models laid open. */
import { ModelError } from '../../../../errors.js';
import { isLayersModel, type Layer, type LayersModel, type Symbolic } from './types.js';

/** What a call reads: an output of an earlier step or an input of the model. */
export interface Ref {
  /** index into the plan's values */
  readonly value: number;
  /** false where a mask does not come along: tfjs's models, used as layers, pass none on */
  readonly masked: boolean;
}

/** One call of one layer. */
export interface Step {
  readonly layer: Layer;
  readonly inputs: readonly Ref[];
  /** indices into the plan's values */
  readonly outputs: readonly number[];
  /**
   * Where the mask comes from that the layer is called with, if any. tfjs hands a layer without a masked input the mask
   * of the last layer before it that had one; so does this, since that is what the model computes.
   */
  readonly mask: Ref | undefined;
}

/** A tensor of the model. */
export interface Value {
  /** the site's name: the layer's, with `:k` for the k-th of several calls, `#j` for its j-th output, `outer/` for layers of a nested model */
  readonly name: string;
  readonly symbolic: Symbolic;
  /** undefined for an input of the model */
  readonly step: number | undefined;
}

export interface Plan {
  readonly values: readonly Value[];
  readonly steps: readonly Step[];
  /** values that carry a mask */
  readonly masked: ReadonlySet<number>;
  /** indices of values */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Layers that draw random numbers even when they are not trained. */
const random = new Set(['RandomWidth', 'RandomHeight']);

interface State {
  readonly values: Value[];
  readonly steps: Step[];
  /** values that carry a mask */
  readonly masked: Set<number>;
  readonly model: string;
}

/** Whether a call leaves a mask on its output. */
function masksOutput(layer: Layer, ownMask: boolean): boolean {
  const { maskZero, returnSequences } = layer as { maskZero?: unknown; returnSequences?: unknown };
  switch (layer.getClassName()) {
    case 'Embedding':
      return maskZero === true;
    case 'Masking':
      return true;
    default:
      return ownMask && layer.supportsMasking && returnSequences !== false;
  }
}

function check(layer: Layer, model: string): void {
  if (isLayersModel(layer)) return;
  if (layer.stateful)
    throw new ModelError({
      what: `the layer ${layer.name} keeps a state from one batch to the next`,
      where: `model ${model}`,
      hint: 'what such a model says depends on what it was asked before: build it with stateful: false',
    });
  if (random.has(layer.getClassName()))
    throw new ModelError({
      what: `the layer ${layer.name} (${layer.getClassName()}) is random`,
      where: `model ${model}`,
      hint: 'leave it out of the model that is tested',
    });
}

/** The tensors that lead to the outputs, each after what it is computed from, in tfjs's order (which decides about masks). */
function order(outputs: readonly Symbolic[]): Symbolic[] {
  const sorted: Symbolic[] = [];
  const done = new Set<number>();
  for (const output of outputs) {
    const stack: { readonly tensor: Symbolic; opened: boolean }[] = [{ tensor: output, opened: false }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (done.has(top.tensor.id) || top.opened) {
        stack.pop();
        if (done.has(top.tensor.id)) continue;
        done.add(top.tensor.id);
        sorted.push(top.tensor);
        continue;
      }
      top.opened = true;
      for (const input of top.tensor.inputs) if (!done.has(input.id)) stack.push({ tensor: input, opened: false });
    }
  }
  return sorted;
}

/** Lays a model open. Returns where its outputs are. */
function open(
  model: LayersModel,
  prefix: string,
  inputs: ReadonlyMap<number, Ref>,
  outerMask: Ref | undefined,
  state: State,
): Ref[] {
  const { values, steps, masked } = state;
  const known = new Map(inputs);
  const sorted = order(model.outputs);
  // calls of one layer are told apart by number where there are several in this model
  const calls = new Map<Layer, number[]>();
  for (const { sourceLayer, nodeIndex } of sorted) {
    const there = calls.get(sourceLayer) ?? [];
    if (!there.includes(nodeIndex)) calls.set(sourceLayer, [...there, nodeIndex]);
  }
  for (const list of calls.values()) list.sort((a, b) => a - b);
  let mask = outerMask;
  for (const symbolic of sorted) {
    if (known.has(symbolic.id)) continue;
    const { sourceLayer: layer, nodeIndex } = symbolic;
    check(layer, state.model);
    const node = layer.inboundNodes[nodeIndex]!;
    const list = calls.get(layer)!;
    const name = `${prefix}${layer.name}${list.length > 1 ? `:${list.indexOf(nodeIndex)}` : ''}`;
    const refs = symbolic.inputs.map(({ id, name: from }) => {
      const ref = known.get(id);
      if (ref === undefined)
        throw new ModelError({
          what: `the input ${from} of the layer ${name} comes from nowhere`,
          where: `model ${state.model}`,
          hint: 'the model is damaged: save it anew',
        });
      return ref;
    });
    const own = refs.some((ref) => ref.masked && masked.has(ref.value));
    if (own) mask = refs[0]!;
    if (isLayersModel(layer)) {
      const inner = new Map(layer.inputs.map(({ id }, i) => [id, { value: refs[i]!.value, masked: false }]));
      const found = open(layer, `${name}/`, inner, mask, state);
      node.outputTensors.forEach(({ id }, i) => known.set(id, { value: found[i]!.value, masked: false }));
      continue;
    }
    const outputs = node.outputTensors.map((tensor, i) => {
      values.push({ name: i === 0 ? name : `${name}#${i}`, symbolic: tensor, step: steps.length });
      const value = values.length - 1;
      known.set(tensor.id, { value, masked: true });
      if (masksOutput(layer, own)) masked.add(value);
      return value;
    });
    steps.push({ layer, inputs: refs, outputs, mask: mask !== undefined && masked.has(mask.value) ? mask : undefined });
  }
  return model.outputs.map(({ id }) => known.get(id)!);
}

/** @throws ModelError for a model that is stateful, random or damaged */
export function planOf(model: LayersModel, name: string): Plan {
  const state: State = { values: [], steps: [], masked: new Set(), model: name };
  const inputs = model.inputs.map((symbolic) => {
    state.values.push({ name: symbolic.sourceLayer.name, symbolic, step: undefined });
    return state.values.length - 1;
  });
  const known = new Map(model.inputs.map(({ id }, i) => [id, { value: inputs[i]!, masked: false }]));
  const outputs = open(model, '', known, undefined, state).map(({ value }) => value);
  return { values: state.values, steps: state.steps, masked: state.masked, inputs, outputs };
}
