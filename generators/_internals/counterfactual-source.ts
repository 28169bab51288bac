/** Where activations of a resampled component come from, as data. */

/**
 * Ways to choose the counterfactual inputs of a set of examples, the simplest to read first. `input`: one input of the task stands in for every example of its size. `shift`: every
 * example's is the example so many places further on, so that each activation occurs as often as before. `drawn`: one per example, as the task draws them by a seed.
 */
export type From = 'input' | 'shift' | 'drawn';

/** The counterfactual inputs of a set of examples. */
export type Counterfactual<I> =
  /** one input per size that the examples have; `place` is its place among those there are, the simplest first */
  | { readonly kind: 'input'; readonly inputs: readonly I[]; readonly place: number }
  | { readonly kind: 'shift'; readonly places: number }
  | { readonly kind: 'drawn'; readonly seed: number };
