/** Canonical correlation analysis as an angle (Hotelling 1936; the angle is a metric: Williams et al. 2021, "Generalized shape metrics"). */
import { RepresentationError } from '../errors.js';
import { borrowKernel, matrix, returnKernel, transpose, type Block, type Kernel } from '../tensor/kernels.js';
import { singularValues } from '../tensor/linalg.js';
import { checkedGrams } from './grams.js';
import type { Distances, Gram, Measure, MeasureOptions } from './measure.js';
import { allPairs } from './pairs.js';
import { pace } from './pace.js';
import { principalDirections, type Principal } from './principal.js';

/** of two representations of one direction each, which have one correlation, neither 1 nor -1 by necessity */
const FEWEST_INPUTS = 3;

/**
 * Principal directions of every representation, refused where any two of them are too many for canonical correlations: of r1 and r2 directions
 * among the n - 1 that centred representations of n inputs can have, r1 + r2 - (n - 1) coincide whatever the representations are.
 * @param advice what to do about it
 */
export async function canonicalBases(
  grams: readonly Gram[],
  share: number,
  advice: string,
  options: Pick<MeasureOptions, 'signal' | 'progress'>,
): Promise<Principal[]> {
  const n = await checkedGrams(grams, FEWEST_INPUTS, options);
  const turn = pace(grams.length, options);
  const kernel = borrowKernel();
  const bases: Principal[] = [];
  try {
    for (const gram of grams) {
      bases.push(principalDirections(kernel, gram, share));
      await turn();
    }
  } finally {
    returnKernel(kernel);
  }
  const [first, second] = bases.map(({ rank }, index) => ({ rank, index })).sort((a, b) => b.rank - a.rank);
  if (first && second && first.rank + second.rank > n - 1) {
    throw new RepresentationError({
      what: `Canonical correlations mean nothing here: representations of rank ${first.rank} and ${second.rank} over ${n} inputs share at least ${first.rank + second.rank - (n - 1)} directions whatever they are, and each counts as a correlation of 1.`,
      where: `representations ${first.index} and ${second.index}`,
      hint: `give the task at least ${first.rank + second.rank + 1} inputs (several times as many to learn something), ${advice}`,
    });
  }
  return bases;
}

/** Q_i Q_j^T, r_i x r_j, in a block of the kernel's: the cosines between two sets of directions. */
export function crossed(kernel: Kernel, n: number, a: Principal, b: Principal): Block {
  const product = kernel.alloc(a.rank * b.rank);
  kernel.scope(() => {
    const left = kernel.alloc(a.rank * n);
    const right = kernel.alloc(b.rank * n);
    left.view.set(a.directions);
    right.view.set(b.directions);
    kernel.product(a.rank, b.rank, n, 1, matrix(left, n), transpose(matrix(right, n)), matrix(product, b.rank));
  });
  return product;
}

/** Canonical correlations of two representations, descending, min(r1, r2) of them in [0, 1]. */
function correlations(kernel: Kernel, n: number, a: Principal, b: Principal): Float64Array {
  return kernel.scope(() =>
    singularValues(kernel, a.rank, b.rank, crossed(kernel, n, a, b)).map((x) => Math.min(1, x)),
  );
}

const ADVICE = 'or use svcca, which keeps the directions that hold most of the variance';
const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/**
 * Canonical correlations of two representations, descending, in [0, 1]: the largest correlations of linear functions of one with linear functions of the other.
 * @param share the share of each one's variance whose principal directions are kept; 1 (default) is CCA, less is SVCCA
 * @throws RepresentationError where there are too few inputs for the ranks
 */
export async function canonicalCorrelations(a: Gram, b: Gram, share = 1): Promise<Float64Array> {
  const [x, y] = (await canonicalBases([a, b], share, ADVICE, {})) as [Principal, Principal];
  const kernel = borrowKernel();
  try {
    return correlations(kernel, a.n, x, y);
  } finally {
    returnKernel(kernel);
  }
}

/** What cca, svcca and pwcca say of themselves alike. */
export const canonical = {
  range: { max: 1 },
  subsamples: false,
  lowRank: true,
  fewestInputs: FEWEST_INPUTS,
} as const satisfies Partial<Measure>;

/** CCA after keeping a share of the variance: what cca (share 1) and svcca have in common. */
export function canonicalMeasure(
  described: Pick<Measure, 'name' | 'summary' | 'invariances'>,
  share: number,
  advice: string,
): Measure {
  return {
    ...canonical,
    ...described,
    metric: true,
    // mean squared correlation 0.999
    resolution: Math.acos(Math.sqrt(0.999)) / (Math.PI / 2),
    async distances(grams: readonly Gram[], options: MeasureOptions): Promise<Distances> {
      const { signal, progress } = options;
      const part = (from: number, to: number) => ({
        ...(signal && { signal }),
        progress: (done: number) => progress?.(from + (to - from) * done),
      });
      const bases = await canonicalBases(grams, share, advice, part(0, 0.5));
      const kernel = borrowKernel();
      try {
        const angle = (i: number, j: number): number => {
          const [a, b] = [bases[i]!, bases[j]!];
          return (
            Math.acos(Math.min(1, sum(correlations(kernel, grams[0]!.n, a, b)) / Math.sqrt(a.rank * b.rank))) /
            (Math.PI / 2)
          );
        };
        return { m: grams.length, data: await allPairs(grams.length, angle, part(0.5, 1)) };
      } finally {
        returnKernel(kernel);
      }
    },
  };
}

/**
 * arccos(sum of the canonical correlations / sqrt(r1 r2)) over a right angle, in [0, 1]: with equal ranks the arccosine of the mean canonical
 * correlation; in general the Procrustes angle after whitening. A metric between representations up to invertible linear maps and translation. Every
 * direction counts alike, one with a millionth of the variance as much as the first; that is what svcca and pwcca are for. Refuses ranks that sum to n or more.
 * Cost: an eigendecomposition (n^3) each, the singular values of r1 x r2 for every pair.
 */
export const cca: Measure = canonicalMeasure(
  {
    name: 'cca',
    summary: 'angle of the mean canonical correlation',
    invariances: ['scale', 'invertible linear maps'],
  },
  1,
  ADVICE,
);
