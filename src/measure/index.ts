/** The measures by name: a new one is its file, and its line in `measures`. Names, checks of options, law tests and the table of docs/measures.md follow. */
import { cca } from './cca.js';
import { cka } from './cka.js';
import { contraction } from './contraction.js';
import { debiasedCkaMeasure } from './debiased-cka.js';
import { gulp } from './gulp.js';
import { kernelRidge } from './kernel-ridge.js';
import type { Measure } from './measure.js';
import { procrustes } from './procrustes.js';
import { pwcca } from './pwcca.js';
import { ridge } from './ridge.js';
import { rsa } from './rsa.js';
import { svcca } from './svcca.js';

export type { Distances, Gram, Invariance, Measure, MeasureOptions, Measuring } from './measure.js';
export { cca, canonicalCorrelations } from './cca.js';
export { cka, linearCka } from './cka.js';
export { pwccaColumns, ridgeColumns, type RidgeColumns } from './columns.js';
export {
  contraction,
  contractionDistance,
  contractionMeasure,
  type Contraction,
  type ContractionOptions,
} from './contraction.js';
export { debiasedCka, debiasedCkaMeasure } from './debiased-cka.js';
export { gulp, gulpMeasure, type GulpOptions } from './gulp.js';
export { gaussianGram, kernelRidge, kernelRidgeMeasure, type KernelRidgeOptions } from './kernel-ridge.js';
export { procrustes, procrustesMeasure, type ProcrustesOptions } from './procrustes.js';
export { pwcca } from './pwcca.js';
export { ridge, ridgeMeasure } from './ridge.js';
export { ridgeFits, ridgePairs, type RidgeFits } from './ridge-fits.js';
export type { RidgeOptions } from './ridge-options.js';
export { rsa, rsaCorrelations, rsaMeasure, type RsaOptions } from './rsa.js';
export { splitInputs, type Split } from './split.js';
export { svcca, svccaMeasure, type SvccaOptions } from './svcca.js';

/** All there are, in the order of docs/measures.md; the first is the default. */
export const measures = {
  ridge,
  'kernel-ridge': kernelRidge,
  contraction,
  cka,
  'debiased-cka': debiasedCkaMeasure,
  procrustes,
  cca,
  svcca,
  pwcca,
  rsa,
  gulp,
} satisfies Readonly<Record<string, Measure>>;
/** The name of a measure. */
export type MeasureName = keyof typeof measures;
/** The names of all measures. */
export const measureNames = Object.keys(measures) as readonly MeasureName[];
