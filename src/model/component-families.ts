/** Families of components as the user lists them, where a model does not know its own. */
import { OptionError } from '../errors.js';
import { suggest } from '../options.js';
import type { Axis, ComponentFamily, Site } from './model.js';

export interface PartOptions {
  /** what a search calls it, in the singular: `head`, `channel` */
  readonly kind: string;
  /** the name of the site it is a part of */
  readonly site: string;
  /** left out: the site as a whole */
  readonly axis?: Axis | undefined;
  /** what reports call it. @defaultValue the site's name */
  readonly name?: string | undefined;
  /** may be given, as in `Model.parts`, and must then be right */
  readonly count?: number | undefined;
}

/** Parts as the user lists them. @throws OptionError */
export function chosenParts(sites: readonly Site[], options: readonly PartOptions[], where: string): ComponentFamily[] {
  const byName = new Map(sites.map((site) => [site.name, site]));
  return options.map(({ kind, site, axis, name = site, count: given }, i): ComponentFamily => {
    const at = `${where}.parts[${i}]`;
    const found = byName.get(site);
    if (found === undefined)
      throw new OptionError({
        what: `the model has no site ${JSON.stringify(site)}`,
        where: at,
        hint: suggest(site, [...byName.keys()]),
      });
    const index = axis === undefined ? -1 : found.axes.indexOf(axis);
    if (axis !== undefined && index < 0)
      throw new OptionError({
        what: `the site ${site} has no axis ${JSON.stringify(axis)}`,
        where: at,
        hint: suggest(axis, found.axes),
      });
    const count = index < 0 ? 1 : found.shape[index]!;
    if (count === -1)
      throw new OptionError({
        what: `the axis ${axis} of ${site} follows the input: it is not a fixed number of components`,
        where: at,
        hint: 'choose an axis of fixed size, or give the site a shape (option sites)',
      });
    if (given !== undefined && given !== count)
      throw new OptionError({
        what: `the part has ${given} components, but there are ${count}`,
        where: at,
        hint: 'leave count out',
      });
    return { kind, name, site, axis, count };
  });
}
