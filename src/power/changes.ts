/** Kinds of planted changes, an object each in one list: what a gate ought to stop, made of the released model without training. */
import { components, type Component } from '../circuit/component.js';
import type { Ranked } from '../circuit/rank.js';
import { exactKey } from '../exact-key.js';
import { plural } from '../format.js';
import { bySize, type ModelInput } from '../model/input.js';
import type { Intervention, Model } from '../model/model.js';
import { isTransformer, transformer, type Transformer } from '../model/formats/transformer/run/model.js';
import { random, type Random } from '../random.js';
import { intervened } from './intervened.js';

/** What changes are made of. */
export interface Ground {
  readonly model: Model;
  /** the components that matter, the one that matters most first */
  readonly circuit: readonly Component[];
  /** the task's inputs as the model takes them */
  readonly inputs: readonly ModelInput[];
}

export interface Kind {
  readonly name: string;
  /** one dose, in words */
  readonly unit: (dose: number) => string;
  /** those that this model has; none where it has no such change */
  readonly doses: (ground: Ground) => readonly number[];
  /**
   * One change, drawn at random; a model of its own. Undefined where none of its size keeps the behaviour.
   * @param keeps whether a model still does the task
   */
  readonly plant: (
    ground: Ground,
    dose: number,
    stream: Random,
    keeps: (changed: Model) => Promise<boolean>,
  ) => Promise<Model | undefined>;
}

/** Share of the summed effect that the components of a circuit have. */
const CIRCUIT = 0.9;

/** The components that matter most, as few as have nine tenths of all the effect there is. */
export function circuitOf(ranking: readonly Ranked[]): readonly Component[] {
  const sorted = ranking.toSorted((a, b) => b.effect - a.effect);
  const all = sorted.reduce((sum, { effect }) => sum + Math.max(0, effect), 0);
  let sum = 0;
  const count = sorted.findIndex(({ effect }) => (sum += Math.max(0, effect)) >= CIRCUIT * all);
  return sorted.slice(0, count + 1).map(({ component }) => component);
}

/** For every input another one of its size, by seed; itself where there is no other. */
export function partners(inputs: readonly ModelInput[], seed: number): (input: ModelInput) => ModelInput {
  const known = new Map<string, ModelInput>();
  const groups = [...bySize(inputs, (input) => input).values()];
  const alike = new Map(groups.flatMap((group) => group.map((input) => [exactKey(input), group] as const)));
  return (input) => {
    const key = exactKey(input) ?? '';
    let found = known.get(key);
    if (found === undefined) {
      // one that is not the task's gets a partner of its own size as well
      const group =
        alike.get(key) ??
        bySize([input, ...inputs], (one) => one)
          .values()
          .next().value ??
        [];
      const others = group.filter((other) => exactKey(other) !== key);
      found = others.length === 0 ? input : others[random(seed, key).below(others.length)]!;
      known.set(key, found);
    }
    return found;
  };
}

const pick = <T>(stream: Random, from: readonly T[], count: number): T[] =>
  Array.from(stream.subset(from.length, count), (i) => from[i]!);

const seedOf = (stream: Random): number => stream.below(0x7fffffff);

/** Of models whose weights are not at hand. */
const circuitResampled: Kind = {
  name: 'circuit',
  unit: (dose) => `${plural(dose, 'component')} of the circuit resampled`,
  doses: ({ model, circuit }) => (isTransformer(model) ? [] : [1, 2, 4].filter((dose) => dose <= circuit.length)),
  async plant({ model, circuit, inputs }, dose, stream, keeps) {
    const chosen = pick(stream, circuit, dose);
    const seed = seedOf(stream);
    const partner = partners(inputs, seed);
    const changed = intervened(model, {
      description: `${chosen.map(({ name }) => name).join(', ')} resampled, seed ${seed}`,
      interventions: (batch) =>
        chosen.map(({ site, axis, index }): Intervention => ({
          site,
          ...(axis !== undefined && { at: { [axis]: [index] } }),
          by: { kind: 'resample', inputs: batch.map(partner) },
        })),
    });
    return (await keeps(changed)) ? changed : undefined;
  },
};

/** Where a change of weights leads: tensors in the place of the model's own, and what it is in words. */
interface Goal {
  readonly words: string;
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/** Shares of the most that the behaviour allows. */
const SHARES = [1, 0.5];
/** The least that is tried of the whole way, 1/64. */
const HALVINGS = 6;

/**
 * A change of a transformer's weights towards a goal, as far as the behaviour allows: the whole way, half of it, a quarter and so on, the first that keeps the behaviour. What changes how
 * the model does the task changes the more the farther it goes, and what breaks the behaviour needs no comparison.
 */
const towards = (name: string, words: string, goal: (ground: Ground, stream: Random) => Goal | undefined): Kind => ({
  name,
  unit: (dose) => `${words}, ${dose === 1 ? 'as far as the behaviour allows' : 'half as far'}`,
  doses: (ground) => (goal(ground, random(0, 'any')) ? SHARES : []),
  async plant(ground, dose, stream, keeps) {
    const { tensors, words: said } = goal(ground, stream)!;
    const at = async (share: number): Promise<Transformer> => {
      const { name: own, config, weights, backend, tokenizer } = ground.model as Transformer;
      const mixed = new Map(
        [...weights].map(([key, tensor]) => {
          const there = tensors.get(key);
          return [
            key,
            there ? { ...tensor, data: tensor.data.map((x, i) => (1 - share) * x + share * there[i]!) } : tensor,
          ];
        }),
      );
      return transformer(config, mixed, {
        name: `${own} (${said}, ${Number((100 * share).toPrecision(2))} %)`,
        backend,
        tokenizer,
        copy: false,
      });
    };
    for (let halved = 0, share = 1; halved <= HALVINGS; halved++, share /= 2) {
      const changed = await at(share);
      const kept = await keeps(changed);
      if (kept && dose === 1) return changed;
      changed.dispose();
      if (kept) return at(share * dose);
    }
    return undefined;
  },
});

/** The tensor that a component writes with, and which part of it: a head of W_O, a neuron of W_out. */
function writingOf({ name }: Component): { readonly key: string; readonly index: number } | undefined {
  const [, layer, part, index] = /^blocks\.(\d+)\.(attn\.head|mlp\.neuron)\.(\d+)$/.exec(name) ?? [];
  if (layer === undefined) return undefined;
  return { key: `blocks.${layer}.${part === 'attn.head' ? 'attn.W_O' : 'mlp.W_out'}`, index: Number(index) };
}

/** A random part of the circuit, up to this share of it. */
const MOST_FADED = 1 / 4;

const circuitFaded = towards('circuit', 'part of the circuit faded out', ({ model, circuit }, stream) => {
  const able = circuit.filter((one) => writingOf(one) !== undefined);
  if (!isTransformer(model) || able.length === 0) return undefined;
  const count = 1 + stream.below(Math.max(1, Math.floor(MOST_FADED * able.length)));
  const tensors = new Map<string, Float32Array>();
  for (const one of pick(stream, able, count)) {
    const { key, index } = writingOf(one)!;
    const { shape, data } = model.weights.get(key)!;
    const size = data.length / shape[0]!;
    const faded = tensors.get(key) ?? data.slice();
    faded.fill(0, index * size, (index + 1) * size);
    tensors.set(key, faded);
  }
  return { words: `${plural(count, 'component')} faded out`, tensors };
});

/** Tensors of a name in every layer. */
const inLayers = (
  model: Transformer,
  name: string,
): { readonly key: string; readonly tensor: { readonly shape: readonly number[]; readonly data: Float32Array } }[] =>
  [...model.weights].flatMap(([key, tensor]) =>
    new RegExp(`^blocks\\.\\d+\\.${name}$`).test(key) ? [{ key, tensor }] : [],
  );

const attentionFlattened = towards('attention', 'the attention of some layers evened out', ({ model }, stream) => {
  if (!isTransformer(model)) return undefined;
  const layers = inLayers(model, 'attn\\.W_Q');
  if (layers.length === 0) return undefined;
  const chosen = pick(stream, layers, 1 + stream.below(layers.length));
  const tensors = new Map<string, Float32Array>();
  for (const { key } of chosen)
    for (const one of [key, key.replace('W_Q', 'b_Q')]) {
      const there = model.weights.get(one);
      if (there) tensors.set(one, new Float32Array(there.data.length));
    }
  return { words: `attention of ${plural(chosen.length, 'layer')} evened out`, tensors };
});

const headsSwapped = towards('heads', 'outputs of two heads swapped', ({ model }, stream) => {
  if (!isTransformer(model)) return undefined;
  const layers = inLayers(model, 'attn\\.W_O').filter(({ tensor }) => tensor.shape[0]! > 1);
  if (layers.length === 0) return undefined;
  const {
    key,
    tensor: { shape, data },
  } = pick(stream, layers, 1)[0]!;
  const [a, b] = stream.subset(shape[0]!, 2) as unknown as [number, number];
  const size = data.length / shape[0]!;
  const swapped = data.slice();
  swapped.set(data.subarray(a * size, (a + 1) * size), b * size);
  swapped.set(data.subarray(b * size, (b + 1) * size), a * size);
  return { words: `outputs of heads ${a} and ${b} of ${key} swapped`, tensors: new Map([[key, swapped]]) };
});

const weightNoise = towards('noise', 'weight noise', ({ model }, stream) => {
  if (!isTransformer(model)) return undefined;
  const tensors = new Map<string, Float32Array>();
  for (const [key, { data }] of model.weights) {
    const size = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
    tensors.set(
      key,
      data.map((x) => x + size * stream.normal()),
    );
  }
  return { words: 'noise', tensors };
});

/** What a change is held against: a budget at which the model itself does not pass stops everything. */
const nothing: Kind = {
  name: 'none',
  unit: () => 'nothing changed, for comparison',
  doses: () => [0],
  plant: async ({ model }) => intervened(model, { description: 'nothing changed', interventions: () => [] }),
};

export const kinds: readonly Kind[] = [
  nothing,
  circuitResampled,
  circuitFaded,
  attentionFlattened,
  headsSwapped,
  weightNoise,
];

/** Whether a model has any components at all to plant a change in. */
export const hasComponents = (model: Model): boolean => model.parts.length > 0 && components(model).length > 0;
