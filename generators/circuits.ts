import type * as fc from 'fast-check';
import { components } from '../src/circuit/component.js';
import type { Over } from '../src/circuit/over.js';
import type { Model } from '../src/model/model.js';
import { chosen, type Components } from './outside.js';
import { subsets } from './_internals/subsets.js';
import { type ComponentSet, componentSet } from './_internals/component-set.js';

/** What `circuits` draws. */
export interface CircuitsConstraints {
  /** what to choose from: kinds of component, or names (`*` allowed). @defaultValue all the model has but whole layers */
  readonly from?: Over | Components;
  /** fewest components. @defaultValue 1 */
  readonly minLength?: number;
  /** most components. @defaultValue all of them */
  readonly maxLength?: number;
}

/**
 * Sets of a model's components, of any size. Shrinks to fewer, by halves at first, until every one of those left is needed.
 * @throws InterventionError where `from` names nothing
 * @throws OptionError where there are no sets of the sizes asked for
 */
export function circuits(model: Model, options: CircuitsConstraints = {}): fc.Arbitrary<ComponentSet> {
  const { from, minLength, maxLength } = options;
  const all = from === undefined || typeof from === 'string' ? components(model, from) : chosen(model, from);
  const own = new Map(all.map((one) => [one.name, one]));
  return subsets(all, minLength, maxLength).map(
    (set) => componentSet(model, set),
    // by name: a set may have been parsed
    (value) => (value as ComponentSet).components.map(({ name }) => own.get(name)!),
  );
}
