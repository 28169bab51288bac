/** Singular vector CCA (Raghu, Gilmer, Yosinski and Sohl-Dickstein 2017): CCA between the directions that hold most of the variance. */
import { OptionError } from '../errors.js';
import { canonicalMeasure } from './cca.js';
import type { Measure } from './measure.js';

/** Options of `svccaMeasure`. */
export interface SvccaOptions {
  /** the fewest principal directions that hold this share of a representation's variance are kept, in (0, 1]. @defaultValue 0.99 */
  readonly share?: number;
}

const SHARE = 0.99;

/**
 * As cca, on the principal directions that hold `share` of each representation's variance. The source reports the mean canonical correlation; the distance here is
 * arccos(sum / sqrt(r1 r2)) over a right angle, in [0, 1], which is its arccosine where both keep equally many, and counts it as unlike where one
 * representation needs more directions than the other. A pseudo-metric (two representations that differ in the discarded variance only are at 0),
 * invariant under rotation, translation and isotropic scaling; no longer under all invertible linear maps, which move variance about.
 * It jumps where a direction falls just inside or outside the share. Cost: as cca.
 * @throws OptionError for a share outside (0, 1]
 */
export function svccaMeasure({ share = SHARE }: SvccaOptions = {}): Measure {
  if (!(share > 0 && share <= 1)) {
    throw new OptionError({
      what: `The share of the variance that SVCCA keeps must be in (0, 1], not ${share}.`,
      where: 'share',
      hint: `leave it out for ${SHARE}`,
    });
  }
  return canonicalMeasure(
    {
      name: 'svcca',
      summary: `angle of the mean canonical correlation between the directions with ${Number((100 * share).toPrecision(6))} % of the variance`,
      invariances: ['scale'],
    },
    share,
    'or keep a smaller share of the variance',
  );
}

/** Canonical correlations of the main directions, at its own settings. */
export const svcca = svccaMeasure();
