/** The matchers as plain functions, for `expect.extend`; `congruity/setup` does that, and watches for forgotten awaits. */
export { toBehaveLike } from './toBehaveLike.js';
export { toBeInterpretivelyEquivalent } from './toBeInterpretivelyEquivalent.js';
export { toBeInvariantUnder } from './toBeInvariantUnder.js';
export { toHaveMinimalCircuit } from './toHaveMinimalCircuit.js';
export { toHaveNecessaryCircuit } from './toHaveNecessaryCircuit.js';
export { toHaveSufficientCircuit } from './toHaveSufficientCircuit.js';
export { toSatisfyNecessity } from './toSatisfyNecessity.js';
export { toSatisfySufficiency } from './toSatisfySufficiency.js';
export type { CongruityMatchers } from './types.js';
