/** What a LayersModel offers: sites, parts and the default representation, from its plan. */
import type { Axis, ComponentFamily, Site } from '../../../model.js';
import { featuresLast, imageAxes, unknownAxes, usualAxes } from './axes.js';
import type { InputSpec } from './inputs.js';
import type { Plan } from './layers-plan.js';
import type { OutputKind } from '../run/logits.js';
import type { Layer } from './types.js';

const classOf = (layer: Layer): string => layer.getClassName();
const isConvolution = (name: string): boolean => /Conv(\dD|LSTM2D)/.test(name);
const recurrent = new Set(['SimpleRNN', 'GRU', 'LSTM', 'RNN', 'Bidirectional']);
/** Layers after which nobody knows what the axes are. */
const rearranging = new Set(['Reshape', 'Permute', 'Dot', 'RepeatVector']);
/** What a layer is read after: its activation and normalisation belong to it. */
const finishing = new Set([
  'Activation',
  'ReLU',
  'LeakyReLU',
  'PReLU',
  'ELU',
  'ThresholdedReLU',
  'Softmax',
  'BatchNormalization',
  'LayerNormalization',
  'Dropout',
  'SpatialDropout1D',
]);

const channelsFirst = (layer: Layer): boolean => (layer as { dataFormat?: unknown }).dataFormat === 'channelsFirst';

/** The axes of a layer's output, given those of its first input. */
function axesOf(layer: Layer, rank: number, from: readonly Axis[]): readonly Axis[] {
  const name = classOf(layer);
  if (name === 'ConvLSTM2D')
    return rank === 4 ? ['position', ...imageAxes(2, channelsFirst(layer))] : imageAxes(2, channelsFirst(layer));
  if (isConvolution(name)) return imageAxes(rank - 1, channelsFirst(layer));
  if (recurrent.has(name)) return rank <= 2 ? usualAxes(rank) : unknownAxes(rank);
  if (name === 'Embedding') return rank === from.length + 1 ? [...from, 'feature'] : unknownAxes(rank);
  if (rearranging.has(name)) return unknownAxes(rank);
  if (/^Global.*Pooling/.test(name)) return rank === 1 ? ['channel'] : unknownAxes(rank);
  if (rank !== from.length) return rank === 1 ? usualAxes(1) : unknownAxes(rank);
  return name === 'Dense' ? featuresLast(from) : from;
}

/** The axes of an input: token ids where it is looked up in a table. */
const inputAxes = (rank: number, tokens: boolean): readonly Axis[] =>
  tokens && rank === 1 ? ['position'] : usualAxes(rank);

/** Layers that read a value, and the values that come out. */
function readersOf({ values, steps }: Plan): number[][] {
  const readers = values.map((): number[] => []);
  steps.forEach(({ inputs }, step) => {
    for (const { value } of inputs) readers[value]!.push(step);
  });
  return readers;
}

/** The values described, one site each. */
export function sitesOf(plan: Plan): readonly Site[] {
  const readers = readersOf(plan);
  const axes: (readonly Axis[])[] = [];
  return plan.values.map(({ name, symbolic, step }, value): Site => {
    const shape = symbolic.shape.slice(1).map((size) => size ?? -1);
    const own =
      step === undefined
        ? inputAxes(
            shape.length,
            readers[value]!.some((reader) => classOf(plan.steps[reader]!.layer) === 'Embedding'),
          )
        : axesOf(
            plan.steps[step]!.layer,
            shape.length,
            axes[plan.steps[step]!.inputs[0]?.value ?? -1] ?? usualAxes(shape.length),
          );
    axes.push(own);
    return { name, axes: own, shape, layer: undefined };
  });
}

/**
 * Values that may be read and replaced: all but indices into a table, since a replacement could point outside of it. In the order of
 * computation.
 */
export function offeredSites(plan: Plan, sites: readonly Site[]): readonly Site[] {
  const readers = readersOf(plan);
  return sites.filter(
    (_, value) =>
      plan.values[value]!.symbolic.dtype !== 'int32' &&
      !readers[value]!.some((reader) => classOf(plan.steps[reader]!.layer) === 'Embedding'),
  );
}

/** What the model's inputs must look like. */
export function inputsOf(plan: Plan): InputSpec[] {
  const readers = readersOf(plan);
  return plan.inputs.map((value) => {
    const { name, symbolic } = plan.values[value]!;
    const tables = readers[value]!.map((reader) => plan.steps[reader]!.layer)
      .filter((layer) => classOf(layer) === 'Embedding')
      .map((layer) => (layer as unknown as { inputDim: number }).inputDim);
    return {
      name,
      shape: symbolic.shape.slice(1).map((size) => size ?? -1),
      dtype: symbolic.dtype === 'int32' || symbolic.dtype === 'bool' ? symbolic.dtype : 'float32',
      ...(tables.length > 0 ? { vocabulary: Math.min(...tables) } : {}),
    };
  });
}

const activationOf = (layer: Layer): string | undefined => {
  const { activation } = layer as { activation?: { getClassName?: () => string } };
  return activation?.getClassName?.();
};

/** What a value is, as far as the layer that computes it says. */
export function outputKindOf(plan: Plan, value: number): OutputKind {
  const { step, symbolic } = plan.values[value]!;
  if (step === undefined) return 'logits';
  const { layer } = plan.steps[step]!;
  const activation = classOf(layer) === 'Softmax' ? 'softmax' : activationOf(layer);
  if (activation === 'softmax') return 'softmax';
  return activation === 'sigmoid' && symbolic.shape.at(-1) === 1 ? 'sigmoid' : 'logits';
}

/** Hidden values that a layer with weights computes: not the one that only activations lie between it and the output. */
function hidden(plan: Plan, output: number): { readonly value: number; readonly layer: Layer; readonly end: number }[] {
  const readers = readersOf(plan);
  /** the last of the activations and normalisations that alone follow */
  const endOf = (value: number): number => {
    let at = value;
    for (;;) {
      const next = readers[at]!;
      if (next.length !== 1 || plan.outputs.includes(at)) return at;
      const { layer, outputs } = plan.steps[next[0]!]!;
      if (!finishing.has(classOf(layer))) return at;
      at = outputs[0]!;
    }
  };
  const own = plan.steps.flatMap(({ layer, outputs }) =>
    layer.weights.length > 0 && !finishing.has(classOf(layer))
      ? [{ value: outputs[0]!, layer, end: endOf(outputs[0]!) }]
      : [],
  );
  const inside = own.filter(({ end }) => end !== output);
  return inside.length > 0 ? inside : own;
}

/** A convolution's channels, a dense or recurrent layer's units, every other hidden layer with weights as a whole. */
export function partsOf(plan: Plan, sites: readonly Site[], output: number): ComponentFamily[] {
  return hidden(plan, output).flatMap(({ layer, value, end }): ComponentFamily[] => {
    const site = sites[end]!;
    const whole: ComponentFamily = { kind: 'layer', name: sites[value]!.name, site: site.name, count: 1 };
    const kind = isConvolution(classOf(layer))
      ? 'channel'
      : classOf(layer) === 'Dense' || recurrent.has(classOf(layer))
        ? 'unit'
        : undefined;
    const axis = kind === 'channel' ? site.axes.find((name) => name === 'channel') : site.axes.at(-1);
    const count = site.shape[site.axes.indexOf(axis ?? '')] ?? -1;
    if (kind === undefined || axis === undefined || count < 1) return [whole];
    return [{ kind, name: `${whole.name}.${kind}`, site: site.name, axis, count }, whole];
  });
}

/** The end of every hidden layer with weights, see `hidden`; the input's tables among them. */
export const representationOf = (plan: Plan, sites: readonly Site[], output: number): string[] => [
  ...new Set(hidden(plan, output).map(({ end }) => sites[end]!.name)),
];
