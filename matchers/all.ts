/** Every matcher, one line each. What `expect.extend` is given, what `congruity/matchers` exports and the types of `expect(...)` follow from this list. */
export { toBeDerivedFrom } from './toBeDerivedFrom.js';
export { toBehaveLike } from './toBehaveLike.js';
export { toBeInterpretivelyEquivalent } from './toBeInterpretivelyEquivalent.js';
export { toBeInvariantUnder } from './toBeInvariantUnder.js';
export { toHaveMinimalCircuit } from './toHaveMinimalCircuit.js';
export { toHaveNecessaryCircuit } from './toHaveNecessaryCircuit.js';
export { toHaveSufficientCircuit } from './toHaveSufficientCircuit.js';
export { toImplement } from './toImplement.js';
export { toMatchInterpretationSnapshot } from './toMatchInterpretationSnapshot.js';
export { toRealize } from './toRealize.js';
export { toRespondLike } from './toRespondLike.js';
export { toSatisfyNecessity } from './toSatisfyNecessity.js';
export { toSatisfySufficiency } from './toSatisfySufficiency.js';
