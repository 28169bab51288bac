/** Ready-made suites. */
export { checkConfig, defineConfig, type Gate, type GateConfig, type GateOptions, type Side } from './config.js';
export { gateTest, type GateContext } from './gate.js';
export { releaseGate } from './release.js';
