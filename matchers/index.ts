/** The matchers as plain functions, for `expect.extend`; `congruity/setup` does that, and watches for forgotten awaits. */
export { toBeInterpretivelyEquivalent } from './toBeInterpretivelyEquivalent.js';
export type { CongruityMatchers } from './types.js';
