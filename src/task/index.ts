export * from './behaviour.js';
export type { Encode, Encoded, Encoder } from './encode.js';
export * from './inputs.js';
export * from './run.js';
export type { SymmetryFunctions } from './symmetries.js';
export * from './task.js';
