/** congruity: property-based testing for interpretations of neural networks. */
export * from './src/errors.js';
export { random, type Random } from './src/random.js';
export { version } from './src/version.js';
export { backend, type Backend } from './src/tensor/backend.js';
export { backendNames, type BackendName } from './src/tensor/backend-names.js';
export type {
  Activation,
  Axis,
  Intervention,
  Model,
  ComponentFamily,
  Replacement,
  RunOptions,
  RunResult,
  Site,
  Values,
} from './src/model/model.js';
export type { ModelInput, NamedInputs, TensorValue, Tokens } from './src/model/input.js';
export type { Tokenizer } from './src/tokenizers/tokenizer.js';
export { load, type LoadOptions } from './src/model/load.js';
export { tfjsModel, type MemoryOptions as TfjsModelOptions } from './src/model/formats/tfjs/file/memory.js';
export {
  model,
  type FunctionAnswer,
  type FunctionModelOptions,
  type FunctionRequest,
  type FunctionSite,
} from './src/model/function.js';
export { applyPatch, type SitePatch } from './src/model/replacement.js';
export {
  isTransformer,
  transformer,
  type Transformer,
  type TransformerOptions,
} from './src/model/formats/transformer/run/transformer.js';
export { hfTokenizer, type TokenizerFiles } from './src/tokenizers/hf-tokenizer.js';
export { llama2cTokenizer } from './src/tokenizers/llama2c-tokenizer.js';
export { generate, type Generated, type GenerateOptions } from './src/model/generate.js';
export { quantise } from './src/model/formats/transformer/file/quantise.js';
export { untrained } from './src/model/formats/transformer/file/untrained.js';
export { readSafetensors, writeSafetensors, type Safetensors, type StoredTensor } from './src/io/safetensors.js';
export type { TransformerConfig } from './src/model/formats/transformer/graph/config.js';
export {
  accuracy,
  crossEntropy,
  klDivergence,
  klToClean,
  logitDifference,
  rowOf,
  type Behaviour,
  type ReadAt,
  type ReadOptions,
  type Target,
} from './src/task/behaviour.js';
export type { Encode, Encoded, Encoder } from './src/task/encode.js';
export { pairs, range } from './src/task/inputs.js';
export {
  runExamples,
  type Batch,
  type ExampleRun,
  type ExampleRunOptions,
  type BatchInterventions,
} from './src/task/run.js';
export type { SymmetryFunctions } from './src/task/symmetries.js';
export type { AnyExamples, AnyTask, Examples, InputSource, Task, TaskOptions, Threshold } from './src/task/task.js';
export { fromArbitrary } from './generators/from-arbitrary.js';
export { task } from './generators/task.js';
export type { Ablation } from './src/circuit/ablation.js';
export { components, intervene, inWords, select, type Component, type Over } from './src/circuit/component.js';
export { findCircuit, type Circuit, type CircuitOptions } from './src/circuit/patching.js';
export { rankComponents, type Ranked, type Ranking, type RankOptions } from './src/circuit/rank.js';
export { gramOf, type Gram, type GramOptions, type Rows } from './src/representation/gram.js';
export { readRepresentations, type FileRepresentation, type GivenRepresentation } from './src/representation/given.js';
export * from './src/measure/index.js';
export { byIntervention, trainedRuns, union } from './src/implementations/index.js';
export type {
  ByInterventionOptions,
  Implementation,
  ImplementationSet,
  OpenSet,
  SetContext,
} from './src/implementations/index.js';
export { judge } from './src/verdict/rule/judge.js';
export { compare } from './src/verdict/compare.js';
export type { CompareOptions } from './src/verdict/compare-options.js';
export { boundClaim } from './src/claims/bound-claim.js';
export type { BoundOptions } from './src/claims/bound-options.js';
export type { Budget, SequentialEvidence } from './src/verdict/sequential/evidence.js';
export {
  compareRepresentations,
  type CompareRepresentationsOptions,
  type RepresentationEvidence,
} from './src/verdict/representations.js';
export type { Evidence, Matrices, SideEvidence } from './src/verdict/evidence.js';
export type { Blocks, Interval, Policy, SideJudgement } from './src/statistics/judgement.js';
export type { Finding, FindingCode } from './src/verdict/rule/findings.js';
export type { Judgement } from './src/verdict/rule/judgement.js';
export type { Outcome } from './src/verdict/rule/outcome.js';
