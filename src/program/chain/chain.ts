/** An interpretation of a model as a chain: which part of it holds which variables of a program, and how they are read and written there. */
import type { Activation, Intervention } from '../../model/model.js';
import type { Value } from '../language/value.js';

/** Values by variable: one for each token of the input. */
export type HeldValues = Readonly<Record<string, readonly Value[]>>;

/** A component of a model and what it is said to compute. */
export interface ChainStep {
  /** for reports */
  readonly name: string;
  /** the variables that are computed from the input and those of the steps before */
  readonly variables: readonly string[];
  /** where they stand once the component has run */
  readonly site: string;
  /** what of the site stands for them: all that `concretization` replaces. @defaultValue the whole site */
  readonly at?: Intervention['at'];
  /**
   * Reads the variables.
   * @param activation of the site, of one input: its shape has no batch axis
   */
  abstraction(activation: Activation, input: readonly Value[]): HeldValues;
  /**
   * Writes values of the variables, as a whole activation of the site. Without it the step is not replaced.
   * @param activation what stands there, for what does not depend on them
   */
  concretization?(values: HeldValues, activation: Activation, input: readonly Value[]): Float32Array;
}

/** What a chain is held to (Palumbo et al. 2025, arXiv 2407.13594). */
export const axioms = [
  'prefix equivalence',
  'component equivalence',
  'prefix replaceability',
  'component replaceability',
] as const;
export type Axiom = (typeof axioms)[number];

/** What stands for the model's answer beside the steps. */
export const OUTPUT = 'the output';

/** One axiom at one step, on one input. */
export interface ChainTrial {
  readonly step: string;
  readonly axiom: Axiom;
  readonly holds: boolean;
  /** what the model has, and what it should have, in words */
  readonly measured: string;
}
