/** The measures by name. */
import { cka } from './cka.js';
import type { Measure } from './measure.js';
import { procrustes } from './procrustes.js';
import { ridge } from './ridge.js';

export type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
export { cka, linearCka } from './cka.js';
export { procrustes, procrustesMeasure, type ProcrustesOptions } from './procrustes.js';
export { ridge, ridgeFits, ridgeMeasure, ridgePairs, type RidgeFits, type RidgeOptions } from './ridge.js';
export { splitInputs, type Split } from './split.js';

export const measures: Readonly<Record<Measure['name'], Measure>> = { ridge, cka, procrustes };
