/** congruity/search: properties of fast-check judged many values at a time, and what the matchers search with. */
export type { Budget, SearchLimits } from './budget.js';
export { assertBatched, checkBatched, InterruptedSearchError, type SearchDetails } from './check.js';
export type { Answer } from './candidate.js';
export type { Evaluate } from './property.js';
export { breaks } from './breaks.js';
export { TrialRunner, type Effect } from './run-trials.js';
export { searchSufficiency, type Sufficiency, type SufficiencyOptions } from './sufficiency.js';
export type { NearestEvidence, RivalEvidence } from '../src/claims/nearest.js';
export { nearestProgram, type Exhausted, type NearestOptions } from './nearest.js';
