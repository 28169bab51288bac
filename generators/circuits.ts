import * as fc from 'fast-check';
import { components, inWords, select, type Component, type Over } from '../src/circuit/component.js';
import type { Model } from '../src/model/model.js';
import { subsets } from './subsets.js';

/** A set of components that prints itself by name. */
export interface ComponentSet {
  readonly components: readonly Component[];
  toString(): string;
}

export interface ComponentsOptions {
  /** what to choose from: kinds of component, or names (`*` allowed). Default `heads+neurons` */
  readonly from?: Over | readonly string[];
  /** Default 1 */
  readonly minLength?: number;
  /** Default: all of them */
  readonly maxLength?: number;
}

/**
 * Subsets of a model's components; shrinks to fewer.
 * @throws InterventionError where `from` names nothing
 */
export function circuits(model: Model, options: ComponentsOptions = {}): fc.Arbitrary<ComponentSet> {
  const { from = 'heads+neurons', minLength, maxLength } = options;
  const all = typeof from === 'string' ? components(model, from as Over) : select(model, from);
  return subsets(all, minLength, maxLength).map((chosen) => {
    const words = (): string => inWords(chosen, model);
    return { components: chosen, toString: words, [fc.toStringMethod]: words };
  });
}
