/** Ready-made suites. */
export type { GateBank, GateBankOptions, GateRun } from './bank.js';
export { defineConfig, type Gate, type GateConfig, type GateSide } from './config.js';
export type { GateOptions } from './options.js';
export type { GateContext } from './gate.js';
export { permutationPrograms, type PermutationAlgorithm } from './n-permutation/programs.js';
export { releaseGate } from './release.js';
