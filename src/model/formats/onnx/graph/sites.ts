/** From probed tensors to sites: their axes, and what a search for components ranges over. */
import { OptionError } from '../../../../errors.js';
import { suggest } from '../../../../options.js';
import type { Axis, ComponentFamily, Site } from '../../../model.js';
import { activated, isConvolution, isDense, varying, withChannels } from './graph-analysis.js';
import { ancestors, type Graph } from './graph.js';
import type { TensorPlace, Probed } from './tensor-place.js';
import { isFloat } from '../file/element-types.js';
import { entriesOf } from '../../../../shape.js';

export interface SiteOptions {
  /** names for the axes after the batch axis */
  readonly axes?: readonly Axis[] | undefined;
  /** another shape for them, by reshape; -1 at most once: what the others leave */
  readonly shape?: readonly number[] | undefined;
}

const numbered = (rank: number): Axis[] => Array.from({ length: rank }, (_, i) => `axis${i + 1}`);

const channels: readonly (readonly Axis[])[] = [
  [],
  ['channel'],
  ['channel', 'position'],
  ['channel', 'row', 'column'],
  ['channel', 'depth', 'row', 'column'],
];

/** Names of axes. `follows` says which are as long as the input. */
function axesOf(rank: number, follows: readonly boolean[], hasChannels: boolean, sizes: readonly number[]): Axis[] {
  if (hasChannels && rank >= 1 && rank < channels.length) return [...channels[rank]!];
  const along = follows.filter(Boolean).length;
  if (rank === 1) return [along === 1 ? 'position' : 'feature'];
  if (along === 0 || along > 2) return numbered(rank);
  const names = numbered(rank);
  const running = along === 1 ? ['position'] : ['query', 'key'];
  follows.forEach((yes, axis) => {
    if (yes) names[axis] = running.shift()!;
  });
  const rest = names.flatMap((_, axis) => (follows[axis] ? [] : [axis]));
  if (along === 1 && rest.length === 1 && sizes[rest[0]!]! > 1) names[rest[0]!] = 'feature';
  // attention: [head, query, key] and, in any order, heads, positions, features
  if (rank === 3 && along === 2 && sizes[rest[0]!]! > 1) names[rest[0]!] = 'head';
  if (rank === 3 && along === 1 && sizes[rest[0]!]! > 1) {
    names[rest[0]!] = 'head';
    names[rest[1]!] = 'feature';
  }
  return names;
}

/** The default sites of a probed graph, in the order of computation. */
export function defaultSites(graph: Graph, { places, fixedLength, sequential }: Probed): Site[] {
  const convolved = withChannels(graph);
  return [...places.values()].map(({ name, own, example }): Site => {
    // an axis follows the input where it grows with it, or is as long as the sequence that the model takes
    const follows = own.map(
      (size, axis) => sequential && (size === -1 || (fixedLength !== undefined && example[axis] === fixedLength)),
    );
    return { name, axes: axesOf(own.length, follows, convolved.has(name), example), shape: own, layer: undefined };
  });
}

/** Sites as the user sees them. @throws OptionError for names, axes and shapes that do not fit */
export function chosenSites(
  sites: readonly Site[],
  options: Readonly<Record<string, SiteOptions>>,
  probed: Probed,
  where: string,
): { sites: readonly Site[]; views: ReadonlyMap<string, readonly number[]> } {
  const fail = (what: string, at: string, hint: string): never => {
    throw new OptionError({ what, where: `${where}.sites.${at}`, hint });
  };
  const names = sites.map(({ name }) => name);
  for (const name of Object.keys(options)) {
    const why = probed.absent.get(name);
    if (why !== undefined) fail(`the tensor ${name} cannot be a site: ${why}`, name, 'name another one');
    if (!names.includes(name)) fail(`the graph has no such tensor`, name, suggest(name, names));
  }
  const views = new Map<string, readonly number[]>();
  const chosen = sites.map((site): Site => {
    const { axes, shape } = options[site.name] ?? {};
    let seen = site;
    if (shape !== undefined) {
      const { example } = probed.places.get(site.name)!;
      const open = shape.filter((size) => size === -1).length;
      const rest = entriesOf(shape.filter((size) => size !== -1));
      const count = entriesOf(example);
      if (open > 1)
        fail(`the shape [${shape.join(', ')}] leaves ${open} sizes open`, site.name, 'write -1 at most once');
      if (open === 0 ? rest !== count || site.shape.includes(-1) : count % rest !== 0)
        fail(
          `the tensor has the shape [${site.shape.join(', ')}] per row, which cannot be seen as [${shape.join(', ')}]`,
          site.name,
          'give sizes with the same product, and -1 for the one that follows the input',
        );
      const fixed = site.shape.includes(-1) ? shape : shape.map((size) => (size === -1 ? count / rest : size));
      views.set(site.name, fixed);
      const same = fixed.length === site.axes.length && fixed.every((size, axis) => size === site.shape[axis]);
      seen = { ...site, shape: fixed, axes: same ? site.axes : numbered(fixed.length) };
    }
    if (axes !== undefined) {
      if (axes.length !== seen.shape.length || new Set(axes).size !== axes.length)
        fail(
          `[${axes.join(', ')}] does not name the axes of [${seen.shape.join(', ')}]`,
          site.name,
          'give each axis after the batch axis a name of its own',
        );
      seen = { ...seen, axes };
    }
    return seen;
  });
  return { sites: chosen, views };
}

/** A layer of the network: what a convolution or a product with weights makes, after its activation function. */
export interface Layer {
  readonly site: string;
  readonly kind: 'channel' | 'neuron' | 'unit';
}

/** Layers in the order of computation, without the one that makes the answer. */
export function layersOf(
  graph: Graph,
  dependent: ReadonlySet<string>,
  places: ReadonlyMap<string, TensorPlace>,
  answer: string,
): Layer[] {
  const found = new Map<string, Layer>();
  const moving = varying(graph, dependent);
  for (const node of graph.nodes) {
    const output = node.outputs[0] ?? '';
    const convolution = isConvolution(node);
    if (!dependent.has(output) || (!convolution && !isDense(graph, dependent, node))) continue;
    const { tensor, bent } = activated(graph, moving, output);
    // a layer whose end is no site is looked at where it begins
    const site = places.has(tensor) ? tensor : output;
    if (tensor === answer || output === answer || !places.has(site)) continue;
    found.set(site, { site, kind: convolution ? 'channel' : bent ? 'neuron' : 'unit' });
  }
  if (found.size > 0) return [...found.values()];
  // no operator that is known for a layer (functions, trees, operators of a vendor): everything on the way from the inputs to the answer
  const between = [...places.values()].filter(
    ({ name, type, own }) => graph.producer.has(name) && name !== answer && isFloat(type) && own.length > 0,
  );
  const { tensors } = ancestors(graph, [answer], new Set());
  return between.filter(({ name }) => tensors.has(name)).map(({ name }) => ({ site: name, kind: 'unit' }));
}

/** What attention patterns, [head, query, key], make of the values: the output of every head. */
function attentionHeads(graph: Graph, sites: readonly Site[]): ReadonlySet<string> {
  const axesOfSite = new Map(
    sites.map(({ name, axes, shape }) => [name, { axes: axes.join(), fixed: shape[axes.indexOf('head')] !== -1 }]),
  );
  return new Set(
    graph.nodes.flatMap((node) => {
      const made = axesOfSite.get(node.outputs[0] ?? '');
      const heads =
        node.op === 'MatMul' &&
        made?.axes === 'head,position,feature' &&
        made.fixed &&
        axesOfSite.get(node.inputs[0] ?? '')?.axes === 'head,query,key';
      return heads ? [node.outputs[0]!] : [];
    }),
  );
}

/** Families of components: the heads of attention, the channels or the last axis of each layer, and each layer as a whole. */
export function defaultParts(graph: Graph, layers: readonly Layer[], sites: readonly Site[]): ComponentFamily[] {
  const kinds = new Map(layers.map(({ site, kind }) => [site, kind]));
  const heads = attentionHeads(graph, sites);
  return sites.flatMap(({ name: site, axes, shape }): ComponentFamily[] => {
    if (heads.has(site)) return [{ kind: 'head', name: site, site, axis: 'head', count: shape[axes.indexOf('head')]! }];
    const kind = kinds.get(site);
    if (kind === undefined) return [];
    const channel = axes.indexOf('channel');
    const at = kind === 'channel' && channel >= 0 ? channel : axes.length - 1;
    const whole: ComponentFamily = { kind: 'layer', name: site, site, axis: undefined, count: 1 };
    return at < 0 || shape[at]! < 2 ? [whole] : [{ kind, name: site, site, axis: axes[at], count: shape[at]! }, whole];
  });
}
