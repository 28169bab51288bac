/** The matchers as plain functions, for `expect.extend`; `congruity/setup` does that, and watches for forgotten awaits. */
export * from './all.js';
export type { ModelChange, ModelChanges } from './claims/changes.js';
export type { CongruityMatchers, MatcherOptions } from './types.js';
