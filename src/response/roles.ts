/** Parts of two models that play the same role: sites, or slices of sites, paired by what they are and by how deep they lie. */
import { InterventionError, OptionError } from '../errors.js';
import type { Axis, Model } from '../model/model.js';
import { nearest, suggest } from '../options.js';

/** A part of a model: a site, or a slice of it. */
export interface Place {
  readonly site: string;
  /** indices by axis, as an intervention takes them */
  readonly at?: Readonly<Record<Axis, readonly number[]>> | undefined;
}

export interface Role {
  readonly name: string;
  /** of the baseline, of the candidate */
  readonly places: readonly [Place, Place];
}

/** A pair of sites of one's own. */
export interface RolePair {
  /** the baseline's site */
  readonly baseline: string;
  /** the candidate's. @defaultValue the site of that name */
  readonly candidate?: string | undefined;
  /** a slice of both: `\{ position: [-1] \}`. @defaultValue the whole site */
  readonly at?: Readonly<Record<Axis, readonly number[]>> | undefined;
  /** what reports call it. @defaultValue the names of the sites */
  readonly name?: string | undefined;
}

/** What a layer of a transformer has: a new kind of role is one more entry. */
export const roleKinds = {
  'attention pattern': { site: 'attn.hook_pattern' },
  'attention output': { site: 'hook_attn_out' },
  'MLP output': { site: 'hook_mlp_out' },
  residual: { site: 'hook_resid_post', at: { position: [-1] } },
} as const satisfies Readonly<Record<string, { readonly site: string; readonly at?: Place['at'] }>>;

export type RoleKind = keyof typeof roleKinds;
const roleKindNames = Object.keys(roleKinds) as readonly RoleKind[];

/** A kind of role (at every layer), a site that both models have, or a pair of sites. */
export type RoleOption = string | RolePair;

/** Layers with roles, where none are named: of deeper models so many, evenly spread. */
const LAYERS = 6;

const isKind = (name: string): name is RoleKind => Object.hasOwn(roleKinds, name);
const where = 'roles';

interface Layered {
  readonly site: string;
  readonly layer: number;
}

/** A model's sites of a kind, by layer: a transformer's, and those of any model that has them by the same names. */
function sitesOfKind({ sites }: Model, kind: RoleKind): readonly Layered[] {
  const { site: wanted } = roleKinds[kind];
  return sites
    .flatMap(({ name }): Layered[] => {
      const [, layer, own] = /^blocks\.(\d+)\.(.+)$/.exec(name) ?? [];
      return own === wanted ? [{ site: name, layer: Number(layer) }] : [];
    })
    .toSorted((a, b) => a.layer - b.layer);
}

/** Where the i-th of `few` comes to lie among `many`, by relative depth: the last on the last. */
const deeper = (i: number, few: number, many: number): number => Math.round(((i + 1) * many) / few) - 1;

/** The roles of one kind at every layer of the shallower model. */
function ofKind(models: readonly [Model, Model], kind: RoleKind): Role[] {
  const all = models.map((model) => sitesOfKind(model, kind)) as [readonly Layered[], readonly Layered[]];
  models.forEach((model, side) => {
    if (all[side]!.length > 0) return;
    throw new OptionError({
      what: `${model.name} has no ${kind}: no site blocks.*.${roleKinds[kind].site}`,
      where,
      hint: `pair sites yourself: roles: [{ baseline: '...', candidate: '...' }]; names are in model.sites`,
    });
  });
  const few = Math.min(all[0].length, all[1].length);
  // the residual after the last layer is all that the answers are read from
  const used = kind === 'residual' ? few - 1 : few;
  return Array.from({ length: used }, (_, i): Role => {
    const [a, b] = all.map((sites) => sites[deeper(i, few, sites.length)]!) as [Layered, Layered];
    const { at } = roleKinds[kind] as Place;
    const name = `${kind}, ${a.layer === b.layer ? `layer ${a.layer}` : `layers ${a.layer} and ${b.layer}`}`;
    return named(models, { baseline: a.site, candidate: b.site, name, at }, where);
  });
}

/** Some of a list, evenly spread, the last among them. */
const spread = <T>(all: readonly T[], most: number): T[] =>
  all.length <= most ? [...all] : Array.from({ length: most }, (_, i) => all[deeper(i, most, all.length)]!);

/** What transformers have in common by default: every kind, at a few layers. A kind that one of them lacks is an error, and never left out in silence. */
function ofTransformers(models: readonly [Model, Model]): Role[] | undefined {
  const kinds = roleKindNames.filter((kind) => models.some((model) => sitesOfKind(model, kind).length > 0));
  return kinds.length === 0 ? undefined : kinds.flatMap((kind) => spread(ofKind(models, kind), LAYERS));
}

/** Sites that both have, of those that stand for the models' parts or are their representations. */
function ofGraphs(models: readonly [Model, Model]): Role[] {
  const [own, other] = models.map(
    ({ representationSites, parts }) => new Set([...representationSites, ...parts.map(({ site }) => site)]),
  ) as [Set<string>, Set<string>];
  const [baseline] = models;
  const names = baseline.sites.map(({ name }) => name).filter((name) => own.has(name) && other.has(name));
  if (names.length === 0)
    throw new OptionError({
      what: `${models[0].name} and ${models[1].name} have no part in common by name`,
      where,
      hint: `pair sites: roles: [{ baseline: '...', candidate: '...' }]; names are in model.sites`,
    });
  return spread(names, 4 * LAYERS).map((name) => named(models, { baseline: name }, where));
}

/** A pair of sites, checked. @throws InterventionError, OptionError */
function named(models: readonly [Model, Model], pair: RolePair, at: string): Role {
  const { baseline, candidate = baseline, at: slice } = pair;
  const places = ([baseline, candidate] as const).map((site, side): Place => {
    const model = models[side]!;
    const found = model.sites.find(({ name }) => name === site);
    if (found === undefined)
      throw new InterventionError({
        what: `${model.name} has no site ${JSON.stringify(site)}; the nearest is ${nearest(
          site,
          model.sites.map(({ name }) => name),
        )}`,
        where: at,
        hint: 'use a name from model.sites',
      });
    const unknown = Object.keys(slice ?? {}).find((axis) => !found.axes.includes(axis));
    if (unknown !== undefined)
      throw new OptionError({
        what: `the site ${site} of ${model.name} has no axis ${JSON.stringify(unknown)}`,
        where: at,
        hint: suggest(unknown, found.axes),
      });
    return { site, ...(slice && { at: slice }) };
  }) as [Place, Place];
  const said = slice
    ? `, ${Object.entries(slice)
        .map(([axis, indices]) => `${axis} ${indices.join(' ')}`)
        .join(', ')}`
    : '';
  return {
    name: pair.name ?? `${baseline === candidate ? baseline : `${baseline} and ${candidate}`}${said}`,
    places,
  };
}

/**
 * The roles that two models are compared in. Default: of transformers the attention pattern, the attention's output, the MLP's output, and the residual at the last position but
 * after the last layer, at six layers at most, paired by relative depth; of other models the sites that stand for parts of both.
 * @throws OptionError for a kind of role that one model lacks, and for roles named twice; InterventionError for a site that is not there
 */
export function rolesOf(models: readonly [Model, Model], given?: readonly RoleOption[]): readonly Role[] {
  if (given === undefined) return ofTransformers(models) ?? ofGraphs(models);
  const roles = given.flatMap((one, i) => {
    const at = `${where}[${i}]`;
    if (typeof one !== 'string') return [named(models, one, at)];
    return isKind(one) ? ofKind(models, one) : [named(models, { baseline: one }, at)];
  });
  const twice = roles.find(({ name }, i) => roles.findIndex((other) => other.name === name) < i);
  if (twice !== undefined)
    throw new OptionError({
      what: `the role ${JSON.stringify(twice.name)} is there twice`,
      where,
      hint: 'name each role once; two slices of one site need a `name` each',
    });
  if (roles.length === 0)
    throw new OptionError({
      what: 'there is no role to intervene on: the residual after the only layer is all that answers are read from',
      where,
      hint: `name others: ${roleKindNames.map((name) => JSON.stringify(name)).join(', ')}, or pairs of sites`,
    });
  return roles;
}
