/** fast-check arbitraries over tasks and models. */
export { circuits, type ComponentSet, type ComponentsOptions } from './circuits.js';
export { implementations, resample, type GeneratedImplementation, type ImplementationsOptions } from './implementations.js';
export { inputs, counterfactuals, type Example, type ExamplePair, type InputsOptions } from './inputs.js';
export { fromArbitrary, task } from './task.js';
