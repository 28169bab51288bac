export * from './ablation.js';
export * from './ablations.js';
export * from './component.js';
export * from './grow.js';
export { findCircuit, type Circuit, type CircuitOptions } from './patching.js';
export { rankComponents, type Ranked, type Ranking, type RankOptions } from './rank.js';
