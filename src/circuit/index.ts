export * from './ablation.js';
export * from './component.js';
export * from './grow.js';
export * from './patching.js';
