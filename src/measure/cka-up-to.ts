/** Linear CKA up to relabellings of the inputs, all relabellings of a cyclic subgroup at a time. */
import { traceOf } from '../representation/gram.js';
import { breathe, each, inTurns } from '../signal.js';
import { borrowKernel, returnKernel } from '../tensor/kernels.js';
import { checkedGrams } from './grams.js';
import type { Gram, MeasureOptions } from './measure.js';
import { pace } from './pace.js';
import { packedLength } from '../representation/packed.js';
import { PairOrbits } from './pair-orbits.js';
import { cyclicCosets } from './permutations.js';

/** bytes of transformed Grams kept in the kernel's memory at a time, on either side */
const RESIDENT = 192 * 2 ** 20;

/**
 * For all pairs the largest CKA over the relabellings, m x m, and 1 on the diagonal. The relabelling is found by Fourier transform (`PairOrbits`), its CKA is then taken directly.
 * Cost: |G| / h products of all pairs, h the largest order of a relabelling. Memory besides the Grams: 384 MiB at most.
 */
export async function largestCka(
  grams: readonly Gram[],
  relabellings: readonly Uint32Array[],
  options: Pick<MeasureOptions, 'signal' | 'progress'>,
): Promise<Float64Array> {
  const n = await checkedGrams(grams, 2, options);
  const m = grams.length;
  const length = packedLength(n);
  const { cycle, order, cosets } = cyclicCosets(relabellings);
  const moved = cosets.flatMap(({ by, places }) => grams.map((gram, j) => ({ gram, j, by, places })));
  const identity = relabellings[0]!;
  const most = Math.max(1, Math.floor(RESIDENT / (8 * length)));
  const rows = Math.min(m, most);
  const columns = Math.max(1, Math.min(moved.length, Math.floor(RESIDENT / (8 * (length + (2 + order) * rows)))));
  const turn = pace(Math.ceil(m / rows) * Math.ceil(moved.length / columns) + m, options);
  const best = new Float64Array(m * m).fill(-Infinity);
  const which = new Uint32Array(m * m);
  const kernel = borrowKernel();
  try {
    const orbits = new PairOrbits(kernel, n, cycle, order);
    const left = kernel.alloc(rows * length);
    const right = kernel.alloc(columns * length);
    const products = kernel.alloc(2 * rows * columns);
    const found = new Float64Array(order * rows * columns);
    for (let first = 0; first < m; first += rows) {
      const here = grams.slice(first, first + rows);
      await each(here, (gram, row) => orbits.transformFull(gram.data, n, identity, left, row, 2), options.signal);
      for (let start = 0; start < moved.length; start += columns) {
        const some = moved.slice(start, start + columns);
        await each(
          some,
          ({ gram, by }, column) => orbits.transformFull(gram.data, n, by, right, column, 1),
          options.signal,
        );
        await inTurns(orbits.correlate(left, here.length, right, some.length, products, found), options.signal);
        for (let power = 0, at = 0; power < order; power++)
          for (let i = first; i < first + here.length; i++)
            for (const { j, places } of some) {
              const x = found[at++]!;
              if (!(x > best[i * m + j]!)) continue;
              best[i * m + j] = x;
              which[i * m + j] = places[power]!;
            }
        await turn();
      }
    }
  } finally {
    returnKernel(kernel);
  }
  // unit mean diagonal, so that products of very large or small representations stay in range
  const scale = grams.map((gram) => n / traceOf(gram));
  const norms = grams.map((gram, i) => Math.sqrt(product(gram, gram, identity) * scale[i]! ** 2));
  const cka = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    cka[i * m + i] = 1;
    for (let j = 0; j < i; j++) {
      const x =
        (product(grams[i]!, grams[j]!, relabellings[which[i * m + j]!]!) * scale[i]! * scale[j]!) /
        (norms[i]! * norms[j]!);
      cka[i * m + j] = Math.min(1, Math.max(0, x));
      cka[j * m + i] = cka[i * m + j]!;
      await breathe(options.signal);
    }
    await turn();
  }
  return cka;
}

/** <K, L o g> */
function product({ n, data: k }: Gram, { data: l }: Gram, g: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const row = g[i]! * n;
    for (let j = 0, at = i * n; j < n; j++, at++) sum += k[at]! * l[row + g[j]!]!;
  }
  return sum;
}
