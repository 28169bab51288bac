export * from './ablation.js';
export * from './component.js';
export * from './grow.js';
export { findCircuit } from './patching.js';
export { rankComponents } from './rank.js';
