/** Ready-made suites. */
export { defineConfig, type Gate, type GateConfig, type GateOptions, type GateSide } from './config.js';
export type { GateContext } from './gate.js';
export { releaseGate } from './release.js';
