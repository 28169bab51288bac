/** From features to Gram matrices over inputs, and what can be done to a Gram without the features. */
import { RepresentationError } from '../errors.js';
import { atOnce, type Pieces } from '../signal.js';
import { borrowKernel, matrix, returnKernel, transpose } from '../tensor/kernels.js';

/** X X^T of a representation whose features were centred over all inputs: n x n, float64, row-major, symmetric. */
export interface Gram {
  readonly n: number;
  readonly data: Float64Array;
  /** an unrelated one of the same kind, where shuffling the inputs of this one would not give it: it was averaged over symmetries */
  readonly control?: Gram | undefined;
}

/** Features of n inputs, row-major [n, p]. */
export interface Rows {
  readonly data: Float32Array | Float64Array;
  readonly shape: readonly [n: number, p: number];
}

/** Options of `gramOf`. */
export interface GramOptions {
  /** what the rows are, for messages: a site, an implementation */
  readonly where?: string;
  /**
   * What to do where no feature varies over the inputs by more than float32 rounding. `reject` throws; `zero` returns a
   * Gram of zeros: right for one site of several, such as an embedding at the last position when every input ends alike. @defaultValue 'reject'
   */
  readonly constant?: 'reject' | 'zero';
}

/** columns widened to float64 at a time */
const CHUNK = 256;
/** a representation whose relative variation is below float32's epsilon, squared, holds rounding only */
const ROUNDING = 2 ** -46;

/**
 * X X^T for features centred over the inputs, accumulated in float64. At no time is more than n x 256 of X held in float64.
 * @throws RepresentationError for NaN or infinity (naming input and feature), a constant representation, fewer than two inputs
 */
export const gramOf = (rows: Rows, options: GramOptions = {}): Gram => atOnce(gramPieces(rows, options));

/** The same in pieces, of 256 features each. */
export function* gramPieces(rows: Rows, options: GramOptions = {}): Pieces<Gram> {
  const { data, shape } = rows;
  const [n, p] = shape;
  const where = options.where;
  if (!(n >= 2))
    throw new RepresentationError({
      what: `A representation needs at least two inputs, not ${n}.`,
      where,
      hint: 'give the task more inputs',
    });
  if (!(p >= 1))
    throw new RepresentationError({ what: `A representation needs at least one feature, not ${p}.`, where });
  if (data.length !== n * p) {
    throw new RepresentationError({
      what: `A representation of shape [${n}, ${p}] has ${data.length} values instead of ${n * p}.`,
      where,
    });
  }
  const kernel = borrowKernel('accelerated');
  try {
    const gram = kernel.alloc(n * n);
    const chunk = kernel.alloc(n * Math.min(p, CHUNK));
    const mean = new Float64Array(CHUNK);
    let raw = 0;
    for (let start = 0; start < p; start += CHUNK) {
      const width = Math.min(CHUNK, p - start);
      const cells = chunk.view; // anew: a product may have grown the memory
      mean.fill(0);
      for (let i = 0; i < n; i++) {
        for (let j = 0, at = i * p + start; j < width; j++, at++) mean[j] = mean[j]! + data[at]!;
      }
      for (let j = 0; j < width; j++) if (!Number.isFinite(mean[j]!)) reportNotFinite(rows, where);
      for (let j = 0; j < width; j++) mean[j] = mean[j]! / n;
      for (let i = 0; i < n; i++) {
        for (let j = 0, at = i * p + start; j < width; j++, at++) {
          const x = data[at]!;
          raw += x * x;
          cells[i * width + j] = x - mean[j]!;
        }
      }
      const x = matrix(chunk, width);
      kernel.lowerProduct(n, width, 1, x, transpose(x), matrix(gram, n));
      yield;
    }
    kernel.mirror(n, matrix(gram, n));
    const result = { n, data: gram.view.slice() };
    const variation = traceOf(result);
    // float64 features can be finite and their squares not
    if (!Number.isFinite(variation)) reportNotFinite(rows, where);
    if (variation <= ROUNDING * raw) {
      if (options.constant === 'zero') return { n, data: new Float64Array(n * n) };
      throw constantError(where);
    }
    return result;
  } finally {
    returnKernel(kernel);
  }
}

/** Some rows of features, in the order given; all of them where none are named. */
export function someRows(rows: Rows, at: ArrayLike<number> | undefined): Rows {
  if (!at) return rows;
  const {
    data,
    shape: [, p],
  } = rows;
  // by its size: it may come from another realm
  const some = data.BYTES_PER_ELEMENT === 4 ? new Float32Array(at.length * p) : new Float64Array(at.length * p);
  for (let i = 0; i < at.length; i++) some.set(data.subarray(at[i]! * p, (at[i]! + 1) * p), i * p);
  return { data: some, shape: [at.length, p] };
}

/** The sum of the diagonal: n times the total variance of the representation. */
export function traceOf(gram: Gram): number {
  let trace = 0;
  for (let i = 0; i < gram.n; i++) trace += gram.data[i * gram.n + i]!;
  return trace;
}

/**
 * The Gram of the concatenated features: Grams over the same inputs add up.
 * @throws RepresentationError for none, for Grams of different n, or where the sum is constant
 */
export function addGrams(grams: readonly Gram[], where?: string): Gram {
  const first = grams[0];
  if (!first)
    throw new RepresentationError({
      what: 'There is no representation to add up.',
      where,
      hint: 'name at least one site',
    });
  const data = new Float64Array(first.data.length);
  for (const gram of grams) {
    if (gram.n !== first.n) {
      throw new RepresentationError({
        what: `Representations over ${first.n} and over ${gram.n} inputs cannot be added.`,
        where,
        hint: 'use the same inputs at every site',
      });
    }
    for (let i = 0; i < data.length; i++) data[i] = data[i]! + gram.data[i]!;
  }
  const sum = { n: first.n, data };
  if (!(traceOf(sum) > 0)) throw constantError(where);
  const controls = grams.flatMap(({ control }) => control ?? []);
  return controls.length === grams.length ? { ...sum, control: addGrams(controls, where) } : sum;
}

/** K := C K C with C = I - 11^T/n: the Gram of the features centred over these inputs. */
export function centreGram(gram: Gram): Gram {
  const { n } = gram;
  const mean = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += gram.data[i * n + j]!;
    mean[i] = sum / n;
  }
  const grand = mean.reduce((a, b) => a + b, 0) / n;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const x = (gram.data[i * n + j]! + gram.data[j * n + i]!) / 2 - mean[i]! - mean[j]! + grand;
      data[i * n + j] = x;
      data[j * n + i] = x;
    }
  }
  return { n, data };
}

/**
 * The representation with input i answered as input permutation[i] was: unrelated to the task's inputs by construction, same spectrum. A control.
 * @throws RepresentationError where `permutation` is not a permutation of 0..n-1
 */
export function shuffleInputs(gram: Gram, permutation: ArrayLike<number>): Gram {
  const { n } = gram;
  if (permutation.length !== n || new Set(checkedIndices(n, permutation)).size !== n) {
    throw new RepresentationError({ what: `Shuffling ${n} inputs needs a permutation of 0..${n - 1}.` });
  }
  return { n, data: pick(gram, permutation) };
}

/**
 * The Gram over some of the inputs only, in the order given, features centred over these.
 * @throws RepresentationError for fewer than two, an index out of range or named twice
 */
export function subsetInputs(gram: Gram, indices: ArrayLike<number>): Gram {
  const m = indices.length;
  if (m < 2)
    throw new RepresentationError({
      what: `A representation needs at least two inputs, not ${m}.`,
      hint: 'keep more inputs',
    });
  if (new Set(checkedIndices(gram.n, indices)).size !== m)
    throw new RepresentationError({ what: 'A subset of inputs names one twice.' });
  const some = centreGram({ n: m, data: pick(gram, indices) });
  return gram.control ? { ...some, control: subsetInputs(gram.control, indices) } : some;
}

function checkedIndices(n: number, indices: ArrayLike<number>): number[] {
  return Array.from(indices, (i) => {
    if (Number.isInteger(i) && i >= 0 && i < n) return i;
    throw new RepresentationError({ what: `There is no input ${i} among ${n}.` });
  });
}

function pick(gram: Gram, indices: ArrayLike<number>): Float64Array {
  const m = indices.length;
  const data = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) data[i * m + j] = gram.data[indices[i]! * gram.n + indices[j]!]!;
  }
  return data;
}

function constantError(where: string | undefined): RepresentationError {
  return new RepresentationError({
    what: 'The representation is constant: no feature varies over the inputs by more than float32 rounding.',
    where,
    hint: 'choose a site that sees the inputs (or another pooling), and check that the inputs differ',
  });
}

function reportNotFinite({ data, shape: [n, p] }: Rows, where: string | undefined): never {
  const at = data.findIndex((x) => !Number.isFinite(x));
  const place =
    at < 0
      ? 'values so large that their squares overflow'
      : `input ${Math.floor(at / p)}, feature ${at % p} is ${data[at]}`;
  throw new RepresentationError({
    what: 'The representation is not finite.',
    where: [where, place].filter(Boolean).join(': '),
    hint: `look at what the model computes on that input (${n} inputs were given)`,
  });
}
