/** congruity: property-based testing for interpretations of neural networks. */
export * from './src/errors.js';
export { random, type Random } from './src/random.js';
export { version } from './src/version.js';
export { backend, type Backend, type BackendOptions } from './src/tensor/backend.js';
export { backendNames, type BackendName } from './src/tensor/backend-names.js';
export type {
  Activation,
  Axis,
  Intervention,
  Model,
  ComponentFamily,
  Positions,
  Replacement,
  RunOptions,
  RunResult,
  Site,
  Values,
} from './src/model/model.js';
export type { ModelInput, NamedInputs, TensorValue, Tokens } from './src/model/input.js';
export type { Tokenizer } from './src/tokenizers/tokenizer.js';
export { load, type LoadOptions } from './src/model/load.js';
export { tfjsModel } from './src/model/formats/tfjs/memory.js';
export type { TfjsOptions as TfjsModelOptions } from './src/model/formats/tfjs/file/options.js';
export { model } from './src/model/function.js';
export type { FunctionAnswer, FunctionRequest, Returned } from './src/model/function-answer.js';
export type { FunctionModelOptions, FunctionSite } from './src/model/function-options.js';
export { applyPatch, type SitePatch } from './src/model/replacement.js';
export {
  isTransformer,
  transformer,
  type Transformer,
  type TransformerOptions,
} from './src/model/formats/transformer/run/model.js';
export { hfTokenizer, type TokenizerFiles } from './src/tokenizers/hf-tokenizer.js';
export { llama2cTokenizer } from './src/tokenizers/llama2c-tokenizer.js';
export { generate, type Generated, type GenerateOptions } from './src/model/generate.js';
export type { Weights } from './src/model/formats/transformer/file/weights.js';
export { quantise } from './src/model/formats/transformer/quantise.js';
export { untrained } from './src/model/formats/transformer/untrained.js';
export {
  exportInputs,
  writeExportedInputs,
  type ExportedInputs,
  type ExportInputsOptions,
} from './src/fingerprint/exported-inputs.js';
export { fingerprint } from './src/fingerprint/make.js';
export type { Fingerprint } from './src/fingerprint/fingerprint.js';
export type { FingerprintSaid } from './src/fingerprint/format.js';
export type { FingerprintOptions } from './src/fingerprint/options.js';
export { readFingerprint, writeFingerprint } from './src/fingerprint/file.js';
export { recorded, type RecordedSet } from './src/fingerprint/recorded.js';
export { compareFingerprints, type CompareFingerprintsOptions } from './src/verdict/compare-fingerprints.js';
export { readSafetensors, type Safetensors, type StoredTensor } from './src/io/safetensors.js';
export { writeSafetensors } from './src/io/safetensors-write.js';
export type { TransformerConfig, TransformerConfigInput } from './src/model/formats/transformer/graph/config.js';
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
export { pairOrbits, type PairOrbits } from './src/task/pair-orbits.js';
export type { SymmetryFunctions } from './src/task/symmetries.js';
export type { AnyExamples, AnyTask, Examples, InputSource, Task, TaskOptions, Threshold } from './src/task/task.js';
export type { Alignment, ClaimedAlignment, Part } from './src/program/alignment.js';
export {
  interchangeAccuracy,
  type InterchangeCount,
  type InterchangeAccuracy,
  type InterchangeOptions,
  type SetAccuracy,
} from './src/program/interchange/accuracy.js';
export type { ChainStep, HeldValues } from './src/program/chain/chain.js';
export { chainOf } from './src/program/chain/chain-of.js';
export type { Compilation, CompiledRunOptions, CompiledVariable, Place } from './src/program/compilation.js';
export { compile, type CompileOptions } from './src/program/compile.js';
export type { LeastSizes, Noise, Variation } from './src/program/compiler/layout.js';
export type { SizeLimits, Sizes } from './src/program/compiler/sizes.js';
export type { Selector, Sequence } from './src/program/language/expressions.js';
export type { Comparison } from './src/program/language/predicate.js';
export type { Otherwise, Rasp } from './src/program/language/rasp.js';
export type { Value as SequenceValue } from './src/program/language/value.js';
export {
  program,
  type Program,
  type ProgramOptions,
  type ProgramRun,
  type ProgramRunOptions,
  type Settings,
  type Variable,
} from './src/program/program.js';
export { readVariable } from './src/program/run-compiled.js';
export { programTask, type ProgramTaskOptions } from './src/program/task.js';
export type { Architecture } from './src/training/architecture.js';
export type { TrainConfig } from './src/training/config.js';
export type { HistoryEntry, Three } from './src/training/history.js';
export type { TrainingWeights, TrainOptions } from './src/training/options.js';
export { randomAlignment, type RandomAlignmentOptions } from './src/training/random-alignment.js';
export { strictAccuracy, type StrictOptions, type UnitAccuracy } from './src/training/strict.js';
export { train, type TrainedAccuracy, type Training } from './src/training/train.js';
export { writeTraining } from './src/training/write.js';
export { fromArbitrary } from './generators/from-arbitrary.js';
export { task } from './generators/task.js';
export type { Ablation } from './src/circuit/ablations.js';
export { components, intervene, inWords, select, type Component } from './src/circuit/component.js';
export type { Over } from './src/circuit/over.js';
export { findCircuit, type Circuit, type CircuitOptions } from './src/circuit/patching.js';
export { rankComponents, type Ranked, type Ranking, type RankOptions } from './src/circuit/rank.js';
export { gramOf, type Gram, type GramOptions, type Rows } from './src/representation/gram.js';
export { orbitAverage } from './src/representation/orbit-average.js';
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
export { respondAlike } from './src/response/respond-alike.js';
export type { RespondOptions } from './src/response/options.js';
export type { ResponseEvidence } from './src/response/evidence.js';
export { findAlignment, type AlignmentFound, type FoundVariable } from './src/realisation/find/find.js';
export type {
  AlignmentSearchOptions,
  FindAlignmentOptions,
  Stage as AlignmentStage,
} from './src/realisation/find/options.js';
export type { RealisationEvidence } from './src/realisation/evidence.js';
export { judge } from './src/verdict/rule/judge.js';
export { compare } from './src/verdict/compare.js';
export type { CompareOptions, CompareProgress } from './src/verdict/compare-options.js';
export { assertOutcome } from './src/claims/assert-outcome.js';
export { boundClaim } from './src/claims/bound-claim.js';
export type { BoundOptions } from './src/claims/bound-options.js';
export type { ClaimEvidence } from './src/claims/claim.js';
export type { Condition } from './src/bounds/evidence.js';
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
