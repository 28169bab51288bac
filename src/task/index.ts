export * from './behaviour.js';
export * from './inputs.js';
export * from './run.js';
export * from './task.js';
