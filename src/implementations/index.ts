/** Implementation sets: by intervention, by other trained runs, and unions of them. */
export { asSet } from './as-set.js';
export { byIntervention, type ByInterventionOptions } from './by-intervention.js';
export { isModel } from '../model/is-model.js';
export { isSet, type Implementation, type ImplementationSet, type OpenSet, type SetContext } from './set.js';
export { trainedRuns } from './trained-runs.js';
export { union } from './union.js';
