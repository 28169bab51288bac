/** Types of the matchers for `@jest/globals`, for the global `expect`, and for `expect` by itself. */
// so that the augmentation below finds the module
// oxlint-disable-next-line no-empty-named-blocks require-module-specifiers
import type {} from 'expect';
import type { Model } from '../src/model/model.js';
import type { BoundOptions } from '../src/claims/bound-claim.js';
import type { CompareOptions } from '../src/verdict/compare.js';
import type { ImplementationSet } from '../src/implementations/index.js';
import type { ModelChanges } from './changes.js';
import type { ClaimedCircuit } from './circuit.js';
import type { BehaveLikeOptions } from './toBehaveLike.js';
import type { InvariantUnderOptions } from './toBeInvariantUnder.js';
import type { MinimalCircuitOptions } from './toHaveMinimalCircuit.js';
import type { NecessaryCircuitOptions } from './toHaveNecessaryCircuit.js';
import type { SufficientCircuitOptions } from './toHaveSufficientCircuit.js';

export interface CongruityMatchers {
  /**
   * Passes where the candidate is established to do the task the way the baseline does; `.not` where it is established not to.
   * An undecided verdict fails both ways. Must be awaited.
   */
  toBeInterpretivelyEquivalent(baseline: Model | ImplementationSet, options: CompareOptions): Promise<void>;
  /** Passes where the two implementation sets are established to be within the tolerance of each other; `.not` where they are established to be farther apart. Must be awaited. */
  toSatisfySufficiency(baseline: Model | ImplementationSet, options: BoundOptions): Promise<void>;
  /** Passes where strangers are established to be no farther apart than the sets are wide and the tolerance besides; `.not` where they are ("necessity violated"). Must be awaited. */
  toSatisfyNecessity(baseline: Model | ImplementationSet, options: BoundOptions): Promise<void>;
  /** Passes where no intervention outside the circuit is found that breaks the behaviour; `.not` where one is. Must be awaited. */
  toHaveSufficientCircuit(circuit: ClaimedCircuit, options: SufficientCircuitOptions): Promise<void>;
  /** Passes where replacing any part of the circuit breaks behaviour, at a stated effect and confidence; `.not` where a part could be dropped. Must be awaited. */
  toHaveNecessaryCircuit(circuit: ClaimedCircuit, options: NecessaryCircuitOptions): Promise<void>;
  /** Passes where the circuit is sufficient, every part of it necessary, and nothing smaller sufficient; `.not` where one of these is refuted. Must be awaited. */
  toHaveMinimalCircuit(circuit: ClaimedCircuit, options: MinimalCircuitOptions): Promise<void>;
  /** Passes where both models behave the same on every input; `.not` where an input is found on which they do not. Must be awaited. */
  toBehaveLike(other: Model, options: BehaveLikeOptions): Promise<void>;
  /** Passes where no change moves what the model does, or how; `.not` where one does. Must be awaited. */
  toBeInvariantUnder(changes: ModelChanges, options: InvariantUnderOptions): Promise<void>;
}

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends CongruityMatchers {}
}

declare global {
  // eslint-disable-next-line no-namespace
  namespace jest {
    interface Matchers<R, T = {}> extends CongruityMatchers {}
  }
}
