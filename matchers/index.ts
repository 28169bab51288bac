/** The matchers as plain functions, for `expect.extend`; `congruity/setup` and `congruity/vitest` do that, and watch for forgotten awaits. */
import './jest-types.js';

export * from './all.js';
export type { ModelChange, ModelChanges } from './claims/changes.js';
export type { CongruityMatchers, MatcherOptions } from './types.js';
