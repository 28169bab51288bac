/** fast-check arbitraries over tasks and models. */
export {
  architecture,
  architectures,
  type Architecture,
  type ArchitectureConstraints,
  type PlainArchitecture,
} from './architectures.js';
export { circuits, type ComponentSet, type ComponentsOptions } from './circuits.js';
export { counterfactuals, type CounterfactualsOptions, type Differ, type ExamplePair } from './counterfactuals.js';
export { exhaustive, type Exhaustive } from './exhaustive.js';
export { generated } from './implementation-set.js';
export {
  implementation,
  implementations,
  mildness,
  resample,
  type GeneratedImplementation,
  type ImplementationDescription,
  type ImplementationsOptions,
} from './implementations.js';
export { inputs, type Example, type InputsOptions } from './inputs.js';
export {
  printsAndReparses,
  sameForSameSeed,
  shrinkingTerminates,
  shrinksAreStrictlySmaller,
  shrinksAreValid,
  type LawOptions,
} from './laws.js';
export {
  allMutants,
  mutantOf,
  mutants,
  mutationNames,
  type Mutant,
  type MutantsOptions,
  type Mutation,
  type MutationName,
} from './mutants.js';
export { outsideOf, type Components, type Outside } from './outside.js';
export type { Counterfactual, From } from './sources.js';
export { acceptance, kindsOf, sizeOf, type Acceptance } from './statistics.js';
export {
  symmetries,
  symmetryNames,
  symmetryOf,
  type SymmetriesOptions,
  type Symmetry,
  type SymmetryName,
  type SymmetryStep,
} from './symmetries.js';
export { fromArbitrary, task } from './task.js';
export { template, type Template, type TemplatedText } from './template.js';
export { tensor, tensors, type DrawnTensor, type TensorsOptions } from './tensors.js';
export { tokens, type TokensOptions } from './tokens.js';
export { trials, type Trial, type TrialDescription, type Trials, type TrialsOptions } from './trials.js';
