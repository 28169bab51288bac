/** From the activations of one run to feature rows, one per example, site by site. */
import { RepresentationError } from '../errors.js';
import type { Activation, Model, Site } from '../model/model.js';
import { suggest } from '../options.js';
import type { Batch } from '../task/run.js';
import { entriesOf } from '../shape.js';

/** What becomes of the positions: averaged, the last one only, or all kept as features. A site without positions is taken whole. */
export const pools = ['mean', 'last', 'none'] as const;
export type Pool = (typeof pools)[number];

/** float32 features of one site, row-major [n, p], rows in the order of the examples. */
export interface Features {
  readonly site: string;
  readonly data: Float32Array;
  readonly shape: readonly [n: number, p: number];
}

/** @throws RepresentationError where a site is not the model's */
export function checkSites(model: Model, sites: readonly string[]): void {
  if (sites.length === 0)
    throw new RepresentationError({
      what: 'no sites to take a representation from',
      where: 'sites',
      hint: "leave `sites` out for the model's own choice",
    });
  for (const name of sites)
    if (!model.sites.some((candidate) => candidate.name === name))
      throw new RepresentationError({
        what: `${model.name} has no site "${name}"`,
        where: 'sites',
        hint: suggest(
          name,
          model.sites.map((s) => s.name),
        ),
      });
}

/**
 * One site's activations as features, pooled over its positions. Features keep the order of the other axes.
 * @throws RepresentationError for inputs of unequal length that are not pooled, or activations that are not all there
 */
export function featuresOf(site: Site, batches: readonly Batch[], pool: Pool): Features {
  const n = batches.reduce((sum, batch) => sum + batch.rows.length, 0);
  const { name } = site;
  const axis = pool === 'none' ? -1 : site.axes.indexOf('position');
  let p = -1;
  let data = new Float32Array(0);
  for (const { rows, lengths, activations } of batches) {
    const activation: Activation | undefined = activations.get(name);
    if (!activation) throw new RepresentationError({ what: `the run did not capture "${name}"`, where: name });
    const shape = activation.shape.slice(1);
    const size = entriesOf(shape);
    // [before, positions, after] of each row
    const positions = axis < 0 ? 1 : shape[axis]!;
    const after = axis < 0 ? size : entriesOf(shape.slice(axis + 1));
    const before = size / (positions * after);
    const width = before * after;
    const padded = axis < 0 && lengths !== undefined && site.shape.includes(-1);
    if (p === -1) {
      p = width;
      data = new Float32Array(n * p);
    }
    if (p !== width || padded)
      throw new RepresentationError({
        what: padded
          ? `inputs have different lengths, and "${name}" is not pooled over them`
          : `inputs of different lengths give ${p} and ${width} features at "${name}"`,
        where: name,
        hint: "use pool: 'mean' or 'last' and sites with a position axis, or inputs of one length",
      });
    rows.forEach((row, i) => {
      const length = axis < 0 ? 1 : (lengths?.[i] ?? positions);
      const first = pool === 'mean' ? 0 : length - 1;
      for (let b = 0; b < before; b++)
        for (let f = 0; f < after; f++) {
          const from = i * size + b * positions * after + f;
          let sum = 0;
          for (let position = first; position < length; position++) sum += activation.data[from + position * after]!;
          data[row * p + b * after + f] = sum / (length - first);
        }
    });
  }
  return { site: name, data, shape: [n, p] };
}
