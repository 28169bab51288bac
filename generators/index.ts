export { architecture, type Architecture, type PlainArchitecture } from './architecture.js';
/** fast-check arbitraries over tasks and models. */
export { architectures, type ArchitecturesConstraints } from './architectures.js';
export type { ComponentSet } from './_internals/component-set.js';
export { circuits, type CircuitsConstraints } from './circuits.js';
export type { ExamplePair } from './_internals/example-pair.js';
export { counterfactuals, type CounterfactualsConstraints, type Differ } from './counterfactuals.js';
export { exhaustive, type Exhaustive } from './exhaustive.js';
export { generated } from './implementation-set.js';
export { mildness } from './_internals/mildness.js';
export type { GeneratedImplementation, ImplementationDescription } from './_internals/generated-implementation.js';
export { implementation } from './implementation.js';
export { resample } from './resample.js';
export { implementations, type ImplementationsConstraints } from './implementations.js';
export { inputs, type Example, type InputsConstraints } from './inputs.js';
export {
  printsAndReparses,
  sameForSameSeed,
  shrinkingTerminates,
  shrinksAreStrictlySmaller,
  shrinksAreValid,
  type LawOptions,
} from './laws.js';
export { mutationNames, type Mutant, type Mutation, type MutationName } from './_internals/mutant.js';
export { allMutants, mutantOf, mutants, type MutantsConstraints } from './mutants.js';
export { outsideOf, type Components, type Outside } from './outside.js';
export type { Counterfactual, From } from './_internals/counterfactual-source.js';
export { acceptance, kindsOf, sizeOf, type Acceptance } from './statistics.js';
export {
  roleInterventions,
  type RoleInterventions,
  type RoleInterventionsConstraints,
  type RoleTrial,
  type RoleTrialDescription,
} from './role-interventions.js';
export { symmetryOf } from './symmetry-of.js';
export type { Symmetry } from './_internals/symmetry.js';
export {
  symmetries,
  symmetryNames,
  type SymmetriesConstraints,
  type SymmetryName,
  type SymmetryStep,
} from './symmetries.js';
export { fromArbitrary } from './from-arbitrary.js';
export { task } from './task.js';
export { template, type Template, type TemplatedText } from './template.js';
export { tensor, type DrawnTensor } from './tensor.js';
export { tensors, type TensorsConstraints } from './tensors.js';
export { tokens, type TokensConstraints } from './tokens.js';
export { trials, type Trial, type TrialDescription, type Trials, type TrialsConstraints } from './trials.js';
export { variations, type VariationsConstraints } from './variations.js';
