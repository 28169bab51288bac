/** Sets of components and their names. */
import { inWords, type Component } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { printed } from './printed.js';

/** A set of components. Prints as the list of their names, which whatever takes a circuit takes. */
export interface ComponentSet {
  readonly components: readonly Component[];
  /** their names; `family.*` where all of a family are there */
  readonly names: readonly string[];
  /** as `listed` puts it */
  readonly description: string;
  toString(): string;
}

/** The shortest list of names for a set of components: whole families by a pattern. */
export function namesOf(model: Model, set: readonly Component[]): string[] {
  const names: string[] = [];
  let at = 0;
  while (at < set.length) {
    const first = set[at]!;
    const family =
      first.axis === undefined
        ? undefined
        : model.parts.find(
            ({ site, axis, name, count }) =>
              site === first.site && axis === first.axis && count > 1 && first.name === `${name}.${first.index}`,
          );
    const whole =
      family !== undefined &&
      set.slice(at, at + family.count).filter((one) => one.name.startsWith(`${family.name}.`)).length === family.count;
    names.push(whole ? `${family.name}.*` : first.name);
    at += whole ? family.count : 1;
  }
  return names;
}

/** Names are listed up to this many; a count says more than a longer list. */
const LISTED = 16;

/** Components in a sentence: up to 3 by name, up to 16 as `blocks.0.mlp.neuron.{3, 17, 40, 41}`, more as `80 of 512 neurons`. */
export function listed(model: Model, set: readonly Component[]): string {
  if (set.length <= 3 || set.length > LISTED) return inWords(set, model);
  const families = new Map<string, string[]>();
  for (const { name, axis } of set) {
    const family = axis === undefined ? name : name.slice(0, name.lastIndexOf('.'));
    const members = families.get(family) ?? [];
    families.set(family, members);
    if (axis !== undefined) members.push(name.slice(family.length + 1));
  }
  return [...families]
    .map(([family, members]) =>
      members.length === 0 ? family : `${family}.${members.length === 1 ? members[0] : `{${members.join(', ')}}`}`,
    )
    .join(', ');
}

export function componentSet(model: Model, set: readonly Component[]): ComponentSet {
  const names = namesOf(model, set);
  return printed({ components: set, names, description: listed(model, set) }, () => JSON.stringify(names));
}
