/** congruity: property-based testing for interpretations of neural networks. */
export * from './src/errors.js';
export { random, type Random } from './src/random.js';
export { version } from './src/version.js';
export { backend, backendNames, type Backend, type BackendName } from './src/tensor/backend.js';
export type { Activation, Axis, Intervention, Model, Replacement, RunOptions, RunResult, Site, Tokens } from './src/model/model.js';
export * from './src/task/index.js';
export { fromArbitrary, task } from './generators/task.js';
export * from './src/circuit/index.js';
export { byIntervention, trainedRuns, union } from './src/verdict/sets.js';
export type { ByInterventionOptions, Implementation, ImplementationSet, OpenSet, SetContext } from './src/verdict/sets.js';
export { compare, type CompareOptions, type MeasureName } from './src/verdict/compare.js';
export type { Evidence, Matrices, SideEvidence } from './src/verdict/evidence.js';
export type { Blocks, Interval, Judgement, Outcome, Policy, SideJudgement } from './src/verdict/judgement.js';
