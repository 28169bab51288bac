/** Ready-made suites. */
export type { GateBank, GateBankOptions, GateRun } from './bank.js';
export { defineConfig, type Gate, type GateConfig, type GateSide } from './config.js';
export type { GateOptions } from './options.js';
export type { GateContext } from './gate.js';
export { permutationPrograms, type PermutationAlgorithm } from './n-permutation/programs.js';
export { releaseGate } from './release.js';
export { describeSuite, type DescribeSuiteOptions } from './describe.js';
export { ioi, type IoiOptions } from './ioi/suite.js';
export { permutation, type PermutationOptions } from './n-permutation/suite.js';
export { partsOfSpeech, type PartsOfSpeechOptions } from './parts-of-speech/suite.js';
export type { Suite, SuiteCheck, SuiteContext, SuiteEstimate, SuiteRun } from './suite.js';
