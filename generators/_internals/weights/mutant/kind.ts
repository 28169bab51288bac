/** What every kind of mutant says of itself. */
import type { ModelInput } from '../../../../src/model/input.js';
import type { Model } from '../../../../src/model/model.js';
import type { Dice } from '../arbitrary.js';
import type { Draft } from '../draft.js';

/** A change that must be caught, as plain data. */
export interface Mutation {
  readonly kind: string;
}

/** What a mutant may look at: activations of the model it is made from. */
export interface Reference {
  /** in batches, each of one size; what means are taken over */
  readonly batches: readonly (readonly ModelInput[])[];
  /** for the words: `200 inputs of "addition mod 43"` */
  readonly description: string;
  readonly model: Model;
}

export interface MutantKind<M extends Mutation> {
  readonly kind: M['kind'];
  /** true where it cannot be made without reference inputs */
  readonly needsInputs?: boolean;
  /** how many places there are to make it, all equally likely; those that provably change nothing left out */
  places(model: Draft): readonly M[];
  /** a mutation at a place; default the place as it is */
  vary?(place: M, dice: Dice, model: Draft): M;
  /** milder ones, or at other places; what is not smaller is passed over */
  simpler(mutation: M): Iterable<M>;
  size(mutation: M): number;
  /** why it cannot be done to a model; undefined where it can */
  misfit(mutation: M, model: Draft): string | undefined;
  description(mutation: M, reference: Reference | undefined): string;
  apply(draft: Draft, mutation: M, reference: Reference | undefined): void | Promise<void>;
}
