/** From the activations of one run to feature rows, one per example, site by site. */
import { RepresentationError } from '../errors.js';
import type { Activation, Model } from '../model/model.js';
import { suggest } from '../options.js';
import type { Batch } from '../task/run.js';

/** What becomes of the positions: averaged, the last one only, or all kept as features. */
export type Pool = 'mean' | 'last' | 'none';

/** float32 features of one site, row-major [n, p], rows in the order of the examples. */
export interface Features {
  readonly site: string;
  readonly data: Float32Array;
  readonly shape: readonly [n: number, p: number];
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** @throws RepresentationError where a site is not the model's, or cannot be pooled that way */
export function checkSites(model: Model, sites: readonly string[], pool: Pool): void {
  if (sites.length === 0)
    throw new RepresentationError({ what: 'no sites to take a representation from', where: 'sites', todo: 'leave `sites` out for the residual stream after every layer' });
  for (const name of sites) {
    const site = model.sites.find((candidate) => candidate.name === name);
    if (!site)
      throw new RepresentationError({ what: `${model.name} has no site "${name}"`, where: 'sites', todo: suggest(name, model.sites.map((s) => s.name)) });
    if (pool !== 'none' && site.axes[0] !== 'position')
      throw new RepresentationError({
        what: `"${name}" has no position axis to pool over (axes: ${site.axes.join(', ')})`,
        where: 'sites',
        todo: "use pool: 'none', or another site",
      });
  }
}

/**
 * Pools one site's activations over positions.
 * @throws RepresentationError for inputs of unequal length under `none`, or activations that are not all there
 */
export function featuresOf(site: string, batches: readonly Batch[], pool: Pool): Features {
  const n = batches.reduce((sum, batch) => sum + batch.rows.length, 0);
  let p = -1;
  let data = new Float32Array(0);
  for (const { rows, activations } of batches) {
    const activation: Activation | undefined = activations.get(site);
    if (!activation) throw new RepresentationError({ what: `the run did not capture "${site}"`, where: site });
    const [, positions = 1, ...rest] = activation.shape;
    const width = product(rest);
    const features = pool === 'none' ? positions * width : width;
    if (p === -1) {
      p = features;
      data = new Float32Array(n * p);
    } else if (p !== features)
      throw new RepresentationError({
        what: `inputs of different lengths give ${p} and ${features} features at "${site}"`,
        where: site,
        todo: "use pool: 'mean' or 'last', or inputs of one length",
      });
    rows.forEach((row, i) => {
      const from = i * positions * width;
      if (pool === 'none') data.set(activation.data.subarray(from, from + features), row * p);
      else if (pool === 'last') data.set(activation.data.subarray(from + (positions - 1) * width, from + positions * width), row * p);
      else
        for (let f = 0; f < width; f++) {
          let sum = 0;
          for (let position = 0; position < positions; position++) sum += activation.data[from + position * width + f]!;
          data[row * p + f] = sum / positions;
        }
    });
  }
  return { site, data, shape: [n, p] };
}
