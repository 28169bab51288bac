/** Which component of one model is which of another: by name, by a map that the user gives, or by what a change of weights did to the first. */
import { CongruityError, OptionError } from '../errors.js';
import { plural } from '../format.js';
import type { ComponentFamily, Model } from '../model/model.js';
import { ofKinds, select, type Component } from './component.js';
import type { Over } from './over.js';

/** Components of the baseline, and which of the candidate's they are: names of components or of whole families, `*` allowed. */
export type ComponentMap = Readonly<Record<string, string>>;

export const correspondenceWays = ['names and shapes', 'map', 'symmetry'] as const;

/** Pairs of components, or why there are none: a sentence without its full stop. */
export type Correspondence =
  | {
      readonly pairs: readonly (readonly [Component, Component])[];
      readonly how: (typeof correspondenceWays)[number];
      readonly why?: undefined;
    }
  | { readonly pairs: undefined; readonly why: string };

export interface CorrespondenceOptions {
  /** kinds of component. Default: all the models have but whole layers */
  readonly over?: Over | undefined;
  readonly map?: ComponentMap | undefined;
}

/** What the components of a model were called in the model that it was made from: its own name to that one; undefined for one that was not there. */
type Origins = (name: string) => string | undefined;
const origins = new WeakMap<Model, Origins>();
const originOf = (model: Model): Origins | undefined => origins.get(model);

/**
 * Notes which component of a changed model was which of the model that it was made from, so that the two, and all that is made of them, correspond.
 * @param origin the name that a component had, by the one that it has; undefined for one that was not there
 */
export function carryComponents(changed: Model, from: Model, origin: Origins): void {
  const before = originOf(from);
  origins.set(
    changed,
    before
      ? (name) => {
          const was = origin(name);
          return was === undefined ? undefined : before(was);
        }
      : origin,
  );
}

const shapeOf = (model: Model, { site, axis, count, kind }: ComponentFamily): string => {
  const found = model.sites.find(({ name }) => name === site);
  return JSON.stringify([kind, site, axis, count, found?.axes, found?.shape]);
};

/** Why the families of some kinds are not the same ones in two models; undefined where they are. */
function difference(a: Model, b: Model, kinds: ReadonlySet<string>): string | undefined {
  const [of, other] = [a, b].map(({ parts }) => parts.filter(({ kind }) => kinds.has(kind))) as [
    ComponentFamily[],
    ComponentFamily[],
  ];
  for (const [mine, theirs, model] of [
    [of, other, b],
    [other, of, a],
  ] as const) {
    const lacking = mine.find(({ name }) => theirs.every((one) => one.name !== name));
    if (lacking) return `${model.name} has no ${lacking.name}`;
  }
  for (const family of of) {
    const twin = other.find(({ name }) => name === family.name)!;
    if (family.count !== twin.count)
      return `${a.name} has ${plural(family.count, family.kind)} in ${family.name}, ${b.name} ${twin.count}`;
    if (shapeOf(a, family) !== shapeOf(b, twin))
      return `${family.name} has another shape in ${b.name} than in ${a.name}`;
  }
  return undefined;
}

/** The patterns' components, in the model's order. */
function named(model: Model, pattern: string, searched: readonly Component[]): Component[] {
  const family = model.parts.find(({ name, axis }) => name === pattern && axis !== undefined);
  let found: Component[];
  try {
    found = select(model, [family ? `${pattern}.*` : pattern]);
  } catch (error) {
    if (!(error instanceof CongruityError)) throw error;
    throw new OptionError({ what: error.what, where: 'common', hint: error.hint, cause: error });
  }
  const known = new Map(searched.map((component) => [component.name, component]));
  return found.map((component) => {
    const there = known.get(component.name);
    if (there) return there;
    throw new OptionError({
      what: `"${pattern}" names ${component.name}, which is no component that is searched over`,
      where: 'common',
      hint: `leave it out, or search over ${component.kind}s as well (\`set.search.over\`)`,
    });
  });
}

function byMap(a: Model, b: Model, all: readonly [Component[], Component[]], map: ComponentMap): Correspondence {
  const pairs: (readonly [Component, Component])[] = [];
  const taken = [new Set<string>(), new Set<string>()] as const;
  const entries = Object.entries(map);
  if (entries.length === 0)
    throw new OptionError({
      what: 'the map of components names nothing',
      where: 'common',
      hint: `give names of ${a.name}'s components and of ${b.name}'s, as in { '${all[0][0]!.name}': '${all[1][0]!.name}' }`,
    });
  for (const [from, to] of entries) {
    const [mine, theirs] = [named(a, from, all[0]), named(b, to, all[1])];
    if (mine.length !== theirs.length)
      throw new OptionError({
        what: `"${from}" names ${plural(mine.length, 'component')} of ${a.name}, "${to}" ${theirs.length} of ${b.name}`,
        where: 'common',
        hint: 'pair as many with as many',
      });
    for (const [i, component] of mine.entries()) {
      const pair = [component, theirs[i]!] as const;
      for (const [side, one] of pair.entries()) {
        if (taken[side as 0 | 1].has(one.name))
          throw new OptionError({
            what: `the map names ${one.name} of ${[a, b][side]!.name} twice`,
            where: 'common',
            hint: 'name every component once',
          });
        taken[side as 0 | 1].add(one.name);
      }
      pairs.push(pair);
    }
  }
  return { pairs, how: 'map' };
}

/**
 * Which component of `a` is which of `b`. Without a map they correspond if both have the same families of components (names, kinds, counts) at sites of the same shape; where
 * one was made from the other by `symmetries`, or both from a third, as that put them in another order.
 * @throws OptionError for a map that names nothing, one component twice, or unequal numbers
 * @throws InterventionError where a model has no components of these kinds
 */
export function correspondence(a: Model, b: Model, { over, map }: CorrespondenceOptions = {}): Correspondence {
  const all = [ofKinds(a, over), ofKinds(b, over)] as const;
  if (map) return byMap(a, b, [all[0], all[1]], map);
  const unlike = difference(a, b, new Set(all.flat().map(({ kind }) => kind)));
  if (unlike !== undefined) return { pairs: undefined, why: unlike };
  const [first, second] = [originOf(a), originOf(b)];
  const theirs = new Map(all[1].map((component) => [second ? second(component.name) : component.name, component]));
  const pairs: (readonly [Component, Component])[] = [];
  for (const component of all[0]) {
    const twin = theirs.get(first ? first(component.name) : component.name);
    if (!twin)
      return {
        pairs: undefined,
        why: `${component.name} of ${a.name} is none of the components of ${b.name}: changes of weights added, split or removed some`,
      };
    pairs.push([component, twin]);
  }
  if (!first && !second) return { pairs, how: 'names and shapes' };
  // in the order of what both were made from, whichever of the two is called first
  const original = ([one]: readonly [Component, Component]): string => (first ? first(one.name)! : one.name);
  const place = new Map(pairs.map((pair) => [pair, original(pair)]));
  return { pairs: pairs.toSorted((x, y) => (place.get(x)! < place.get(y)! ? -1 : 1)), how: 'symmetry' };
}
