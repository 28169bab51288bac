/** What a claimed circuit leaves outside. */
import { ImplementationError, InterventionError } from '../src/errors.js';
import { components, select, type Component } from '../src/circuit/component.js';
import type { Over } from '../src/circuit/over.js';
import { requireFree, type Circuit } from '../src/circuit/patching.js';
import type { Model } from '../src/model/model.js';

/** Components by name (`*` allowed), or as such, as `circuits` draws them. */
export type Components = readonly string[] | readonly Component[] | { readonly components: readonly Component[] };

const isFound = (given: unknown): given is Circuit => Array.isArray((given as Circuit | null)?.free);

/** The components meant, in the model's order where they are given by name. @throws InterventionError for a name that matches nothing */
export function chosen(model: Model, given: Components): readonly Component[] {
  const list = 'components' in given ? given.components : given;
  return list.every((one) => typeof one === 'string') ? select(model, list) : (list as readonly Component[]);
}

/** True where a component is one of these, or a part of one: `blocks.1.mlp.neuron.5` is part of `blocks.1.mlp`. */
const within = (component: Component, whole: readonly Component[]): boolean =>
  whole.some(({ name }) => component.name === name || component.name.startsWith(`${name}.`));

/** Which components may be intervened on. */
export interface Outside {
  /** the components that a claimed circuit consists of: a circuit from `findCircuit`, or components by name (`*` allowed) */
  readonly circuit?: Circuit | Components | undefined;
  /** in its place: what lies outside */
  readonly outside?: Circuit | Components | undefined;
  /** kinds of component to intervene on where `circuit` is given by name: `heads`, `heads+neurons`. @defaultValue all the model has but whole layers */
  readonly over?: Over | undefined;
}

/**
 * The components that may be intervened on, in the model's order; none where a circuit names all there are.
 * @throws InterventionError for names that match nothing, and where neither or both of `circuit` and `outside` are given
 */
export function leftOutside(model: Model, { circuit, outside, over }: Outside): readonly Component[] {
  if ((circuit === undefined) === (outside === undefined))
    throw new InterventionError({
      what:
        circuit === undefined
          ? 'neither a circuit is given nor what lies outside it'
          : 'both a circuit and what lies outside it are given',
      where: 'circuit, outside',
      hint: 'give one of `circuit` and `outside`',
    });
  let free: readonly Component[];
  if (outside !== undefined) free = isFound(outside) ? outside.free : chosen(model, outside);
  else if (isFound(circuit)) free = circuit.free;
  else {
    const inside = chosen(model, circuit!);
    // a whole layer that holds a part of the circuit is not outside it either
    free = components(model, over).filter((one) => !within(one, inside) && !inside.some((part) => within(part, [one])));
  }
  const place = new Map(model.parts.map(({ name }, at) => [name, at]));
  const part = ({ name, axis }: Component): number =>
    place.get(axis === undefined ? name : name.slice(0, name.lastIndexOf('.'))) ?? model.parts.length;
  return free.toSorted((a, b) => part(a) - part(b) || a.index - b.index);
}

/**
 * The components that may be intervened on, in the model's order.
 * @throws as leftOutside; ImplementationError where nothing lies outside
 */
export function outsideOf(model: Model, given: Outside): readonly Component[] {
  const free = leftOutside(model, given);
  if (isFound(given.circuit ?? given.outside)) requireFree({ free, model: model.name });
  if (free.length === 0)
    throw new ImplementationError({
      what: `nothing lies outside the circuit: it names every component of ${model.name}${given.over === undefined ? '' : ` among its ${given.over}`}`,
      where: 'circuit',
      hint: 'leave components out of the circuit, or intervene on other kinds (`over`)',
    });
  return free;
}
