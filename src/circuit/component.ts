/** Parts of a model that can be intervened on as one. Named so that a person can write them: `blocks.0.attn.head.3`. */
import { InterventionError } from '../errors.js';
import type { Intervention, Model, Replacement } from '../model/model.js';
import { suggest } from '../options.js';

export type ComponentKind = 'head' | 'neuron' | 'attn' | 'mlp';

export interface Component {
  readonly name: string;
  readonly kind: ComponentKind;
  readonly layer: number;
  /** head or neuron within the layer; 0 for a whole attention or MLP layer */
  readonly index: number;
}

/** What a search ranges over: single heads, single MLP neurons, both, or whole attention and MLP layers. */
export type Over = 'heads' | 'neurons' | 'heads+neurons' | 'layers';

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/**
 * All components of a kind, layer by layer.
 * @throws InterventionError where the model has none
 */
export function components(model: Model, over: Over): Component[] {
  const found = model.layers.flatMap(({ heads, neurons }, layer): Component[] => {
    const headsHere = count(heads).map((index): Component => ({ name: `blocks.${layer}.attn.head.${index}`, kind: 'head', layer, index }));
    const neuronsHere = count(neurons).map((index): Component => ({ name: `blocks.${layer}.mlp.neuron.${index}`, kind: 'neuron', layer, index }));
    if (over === 'heads') return headsHere;
    if (over === 'neurons') return neuronsHere;
    if (over === 'heads+neurons') return [...headsHere, ...neuronsHere];
    const attn: Component = { name: `blocks.${layer}.attn`, kind: 'attn', layer, index: 0 };
    const mlp: Component = { name: `blocks.${layer}.mlp`, kind: 'mlp', layer, index: 0 };
    return [...(heads > 0 ? [attn] : []), ...(neurons > 0 ? [mlp] : [])];
  });
  if (found.length === 0)
    throw new InterventionError({
      what: `${model.name} has no ${over}`,
      where: 'over',
      todo: 'search over another kind of component: heads, neurons, heads+neurons or layers',
    });
  return found;
}

const everyComponent = (model: Model): Component[] => [...components(model, 'layers'), ...components(model, 'heads+neurons')];

/**
 * The components that patterns name; `*` stands for any run of characters but a dot. Order is the model's, each once.
 * @throws InterventionError for a pattern that matches nothing
 */
export function select(model: Model, patterns: readonly string[]): Component[] {
  const all = everyComponent(model);
  const chosen = new Set<Component>();
  for (const pattern of patterns) {
    const expression = new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('[^.]*')}$`);
    const matched = all.filter((component) => expression.test(component.name));
    if (matched.length === 0)
      throw new InterventionError({
        what: `"${pattern}" names no component of ${model.name}`,
        where: 'components',
        todo: suggest(pattern, all.map((component) => component.name)),
      });
    for (const component of matched) chosen.add(component);
  }
  return all.filter((component) => chosen.has(component));
}

/** The site at which a component's output is replaced. */
export function siteOf(component: Component): string {
  const at = `blocks.${component.layer}`;
  if (component.kind === 'head') return `${at}.attn.hook_z`;
  if (component.kind === 'neuron') return `${at}.mlp.hook_post`;
  return component.kind === 'attn' ? `${at}.hook_attn_out` : `${at}.hook_mlp_out`;
}

/** Interventions that replace all these components at once: one per site. */
export function intervene(chosen: readonly Component[], by: Replacement | ((site: string) => Replacement)): Intervention[] {
  const bySite = new Map<string, Component[]>();
  for (const component of chosen) {
    const site = siteOf(component);
    const there = bySite.get(site);
    if (there) there.push(component);
    else bySite.set(site, [component]);
  }
  return [...bySite].map(([site, there]): Intervention => {
    const replacement = typeof by === 'function' ? by(site) : by;
    const indices = there.map((component) => component.index);
    const { kind } = there[0]!;
    if (kind === 'head') return { site, heads: indices, by: replacement };
    if (kind === 'neuron') return { site, features: indices, by: replacement };
    return { site, by: replacement };
  });
}

/** `3 of 4 heads, 80 of 512 neurons`: a set of components in words. */
export function inWords(chosen: readonly Component[], model: Model): string {
  const plural = { head: 'heads', neuron: 'neurons', attn: 'attention layers', mlp: 'MLP layers' } as const;
  const all = everyComponent(model);
  const parts = (['head', 'neuron', 'attn', 'mlp'] as const).flatMap((kind) => {
    const some = chosen.filter((component) => component.kind === kind);
    if (some.length === 0) return [];
    if (some.length <= 3) return [some.map((component) => component.name).join(', ')];
    return [`${some.length} of ${all.filter((component) => component.kind === kind).length} ${plural[kind]}`];
  });
  return parts.length === 0 ? 'nothing' : parts.join(' and ');
}
