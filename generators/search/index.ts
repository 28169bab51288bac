/** Properties judged in batches. */
export type { Budget, SearchLimits } from './budget.js';
export { assertBatched, checkBatched, InterruptedSearchError, type SearchDetails } from './check.js';
export type { Answer } from './entries.js';
export type { Evaluate } from './property.js';
