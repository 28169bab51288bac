/** Types of the matchers for `@jest/globals`, for the global `expect`, and for `expect` by itself. */
// so that the augmentation below finds the module
// oxlint-disable-next-line no-empty-named-blocks require-module-specifiers
import type {} from 'expect';
import type { Model } from '../src/model/model.js';
import type { CompareOptions } from '../src/verdict/compare.js';
import type { ImplementationSet } from '../src/verdict/sets.js';

export interface CongruityMatchers {
  /**
   * Passes where the candidate is established to do the task the way the baseline does; `.not` where it is established not to.
   * An undecided verdict fails both ways. Must be awaited.
   */
  toBeInterpretivelyEquivalent(baseline: Model | ImplementationSet, options: CompareOptions): Promise<void>;
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
