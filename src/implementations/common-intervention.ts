/** What one intervention on two models is. */
import type { Component } from '../circuit/component.js';
import type { AnyExamples } from '../task/task.js';
import type { Implementation } from './set.js';

/** A component of either model, the one being which the other is. */
export type ComponentPair = readonly [Component, Component];

/** What a draw does to both models. */
export interface CommonIntervention {
  /** places among the sampler's `pairs` of the components that are patched, in the order in which they were added */
  readonly pairs: readonly number[];
  /** of the counterfactual inputs */
  readonly seed: number;
}

/** The same intervention on both models. */
export interface Twins {
  readonly sides: readonly [Implementation, Implementation];
  /** what the patches are for */
  readonly examples: AnyExamples;
}
