export * from './behaviour.js';
export type { Encode, Encoded, Encoder } from './encode.js';
export * from './inputs.js';
export * from './run.js';
export * from './task.js';
