/** Parts of a model that can be intervened on as one. Named so that a person can write them: `blocks.0.attn.head.3`. */
import { InterventionError, OptionError } from '../errors.js';
import { requireModel } from '../model/is-model.js';
import type { Axis, Intervention, Model, ComponentFamily, Replacement } from '../model/model.js';
import { suggest } from '../options.js';
import { kindsOf, plural, type Over } from './over.js';

/** A part of a model that one can intervene on: a family's name and an index. */
export interface Component {
  readonly name: string;
  /** `head`, `neuron`, `channel`, `unit`; `layer` for a site as a whole */
  readonly kind: string;
  /** where its output is replaced */
  readonly site: string;
  /** undefined: the whole site */
  readonly axis: Axis | undefined;
  /** on that axis; 0 for a whole site */
  readonly index: number;
}

const componentsOf = ({ kind, name, site, axis, count }: ComponentFamily): Component[] =>
  Array.from({ length: count }, (_, index) => ({
    name: axis === undefined ? name : `${name}.${index}`,
    kind,
    site,
    axis,
    index,
  }));

/** Parts are all that is asked of a model here. @throws OptionError */
function checkModel(model: Model, role: string): void {
  if (!Array.isArray((model as Partial<Model> | null | undefined)?.parts)) requireModel(model, role, 'components');
}

/** All components of the kinds that are asked for, in the model's order, also where a sample of them is. @throws as `components` */
export function ofKinds(model: Model, over?: Over): Component[] {
  const kinds = new Set(kindsOf(model, over).map(({ kind }) => kind));
  return model.parts.filter(({ kind }) => kinds.has(plural(kind))).flatMap(componentsOf);
}

/**
 * All components of some kinds, in the model's order. Default: all but whole layers; whole layers where there is nothing else.
 * @throws InterventionError where the model has none; OptionError for what is no model, and for a sample of a kind
 */
export function components(model: Model, over?: Over): Component[] {
  checkModel(model, 'what is to be searched');
  const sample = kindsOf(model, over).find(({ count }) => count !== undefined);
  if (sample)
    throw new OptionError({
      what: `a sample of ${sample.kind} is asked for where all components of a kind are meant`,
      where: 'over',
      hint: `leave the number out; the search of a comparison takes samples (\`set.search.over\`)`,
    });
  return ofKinds(model, over);
}

/** All components that a model has, in its order. */
export const everyComponent = (model: Model): Component[] => model.parts.flatMap(componentsOf);

/**
 * The components that patterns name; `*` stands for any run of characters but a dot. Order is the model's, each once.
 * @throws InterventionError for a pattern that matches nothing
 */
export function select(model: Model, patterns: readonly string[]): Component[] {
  checkModel(model, 'what components are named of');
  const all = everyComponent(model);
  const chosen = new Set<Component>();
  for (const pattern of patterns) {
    const expression = new RegExp(
      `^${pattern
        .split('*')
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('[^.]*')}$`,
    );
    const matched = all.filter((component) => expression.test(component.name));
    if (matched.length === 0)
      throw new InterventionError({
        what: `"${pattern}" names no component of ${model.name}`,
        where: 'components',
        hint: suggest(
          pattern,
          all.map((component) => component.name),
        ),
      });
    for (const component of matched) chosen.add(component);
  }
  return all.filter((component) => chosen.has(component));
}

/** The sites at which these components' outputs are replaced, each once. */
export const sitesOf = (chosen: readonly Component[]): string[] => [...new Set(chosen.map(({ site }) => site))];

/** Interventions that replace all these components at once: one per site and axis. */
export function intervene(
  chosen: readonly Component[],
  by: Replacement | ((site: string) => Replacement),
): Intervention[] {
  const groups = new Map<string, Component[]>();
  for (const component of chosen) {
    const key = `${component.site} ${component.axis ?? ''}`;
    const there = groups.get(key);
    if (there) there.push(component);
    else groups.set(key, [component]);
  }
  return [...groups.values()].map((there): Intervention => {
    const { site, axis } = there[0]!;
    const replacement = typeof by === 'function' ? by(site) : by;
    return axis === undefined
      ? { site, by: replacement }
      : { site, at: { [axis]: there.map(({ index }) => index) }, by: replacement };
  });
}

/** `3 of 4 heads and 80 of 512 neurons`: a set of components in words. */
export function inWords(chosen: readonly Component[], model: Model): string {
  const kinds = [...new Set(model.parts.map(({ kind }) => kind))];
  const words = kinds.flatMap((kind) => {
    const some = chosen.filter((component) => component.kind === kind);
    if (some.length === 0) return [];
    if (some.length <= 3) return [some.map((component) => component.name).join(', ')];
    const all = model.parts.reduce((sum, part) => sum + (part.kind === kind ? part.count : 0), 0);
    return [`${some.length} of ${all} ${plural(kind)}`];
  });
  return words.length === 0 ? 'nothing' : words.join(' and ');
}
