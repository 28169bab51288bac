/** What a model has at its sites, position by position, beside the value that a variable has there. */
import type { Model, Site } from '../../model/model.js';
import { passOf } from '../../rows.js';
import { borrowKernel, returnKernel } from '../../tensor/kernels.js';
import { symmetricEigen } from '../../tensor/linalg.js';
import type { Value } from '../../program/language/value.js';
import type { Searched } from './scoring.js';

/** Inputs that are looked at. */
const INPUTS = 200;
/** Wider sites take too long to be turned. */
const WIDEST = 1024;

/** Rows of a site: one for each token of each input. */
export interface Rows {
  readonly site: Site;
  readonly width: number;
  readonly count: number;
  readonly data: Float32Array | Float64Array;
}

/** Sites with a vector at each position, in the model's order: embeddings, what layers write, neurons, the residual stream. */
function vectorSites({ sites, parts, representationSites }: Model): Site[] {
  const named = new Set([...representationSites, ...parts.map(({ site }) => site)]);
  return sites.filter(
    ({ name, axes, shape }) =>
      axes.join() === 'position,feature' &&
      shape[1]! <= WIDEST &&
      (named.has(name) || /(^|\.)hook_(pos_)?embed$|\.hook_resid_mid$/.test(name)),
  );
}

/** Activations at all these sites, and the inputs that they are of. */
export async function captured({ model, program, pool }: Searched, signal?: AbortSignal) {
  const sites = vectorSites(model);
  const step = Math.max(1, Math.floor(pool.all.length / INPUTS));
  const inputs = pool.all.filter((_, i) => i % step === 0).slice(0, INPUTS);
  const count = inputs.reduce((sum, { length }) => sum + length, 0);
  const rows = sites.map((site): Rows => ({
    site,
    width: site.shape[1]!,
    count,
    data: new Float32Array(count * site.shape[1]!),
  }));
  const lengths = [...new Set(inputs.map(({ length }) => length))];
  const ordered: (readonly Value[])[] = [];
  let from = 0;
  for (const length of lengths) {
    const some = inputs.filter((input) => input.length === length);
    const { activations } = await passOf(signal, some.length, () =>
      model.run(
        some.map((input) => program.encode(input)),
        { capture: sites.map(({ name }) => name), logits: false },
      ),
    );
    for (const { site, width, data } of rows) {
      const own = activations.get(site.name)!.data;
      some.forEach((_, i) =>
        data.set(
          own.subarray((i * (length + 1) + 1) * width, (i + 1) * (length + 1) * width),
          (from + i * length) * width,
        ),
      );
    }
    ordered.push(...some);
    from += some.length * length;
  }
  // a network that learned nothing may overflow
  return { rows: rows.filter(({ data }) => data.every(Number.isFinite)), inputs: ordered };
}

/** Rows less their means, and the means of the classes. */
export interface Classes {
  /** each class's mean less the mean of all, times the root of its share: classes x width */
  readonly between: Float64Array[];
  /** of each feature: variance in all, and between classes */
  readonly total: Float64Array;
  readonly explained: Float64Array;
}

export function classesOf({ width, count, data }: Rows, labels: readonly number[], classes: number): Classes {
  const sums = Array.from({ length: classes }, () => new Float64Array(width));
  const sizes = new Float64Array(classes);
  const mean = new Float64Array(width);
  const total = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    const own = sums[labels[row]!]!;
    sizes[labels[row]!]!++;
    for (let i = 0; i < width; i++) own[i]! += data[row * width + i]!;
  }
  for (const own of sums) own.forEach((x, i) => (mean[i]! += x / count));
  for (let row = 0; row < count; row++)
    for (let i = 0; i < width; i++) total[i]! += (data[row * width + i]! - mean[i]!) ** 2 / count;
  const between = sums.flatMap((own, c) =>
    sizes[c] === 0 ? [] : [own.map((x, i) => (x / sizes[c]! - mean[i]!) * Math.sqrt(sizes[c]! / count))],
  );
  const explained = new Float64Array(width);
  for (const own of between) own.forEach((x, i) => (explained[i]! += x * x));
  return { between, total, explained };
}

/** Directions of largest variance among some vectors, as unit vectors, the largest first; those that are rounding are left out. */
export function principal(vectors: readonly Float64Array[], width: number): number[][] {
  // of few vectors the products among them are the smaller matrix
  const n = vectors.length;
  const size = vectors.reduce((sum, own) => own.reduce((s, x) => s + x * x, sum), 0);
  if (!(size > 0)) return [];
  const dual = n < width;
  const order = dual ? n : width;
  const kernel = borrowKernel();
  try {
    const { values, vectors: found } = kernel.scope(() => {
      const block = kernel.alloc(order * order);
      const { view } = block;
      if (dual)
        for (let i = 0; i < n; i++)
          for (let j = 0; j <= i; j++) {
            let sum = 0;
            for (let k = 0; k < width; k++) sum += vectors[i]![k]! * vectors[j]![k]!;
            view[i * n + j] = sum / size;
          }
      else
        for (const own of vectors)
          for (let i = 0; i < width; i++) {
            if (own[i] === 0) continue;
            for (let j = 0; j <= i; j++) view[i * width + j]! += (own[i]! * own[j]!) / size;
          }
      return symmetricEigen(kernel, order, block);
    });
    const rank = values.filter((x) => x > 1e-9 * values[0]! && x > 0).length;
    return Array.from({ length: rank }, (_, r) => {
      const own = found.subarray(r * order, (r + 1) * order);
      if (!dual) return [...own];
      const sum = Array.from({ length: width }, (_unused, k) =>
        vectors.reduce((s, one, i) => s + own[i]! * one[k]!, 0),
      );
      const norm = Math.hypot(...sum);
      return sum.map((x) => x / norm);
    });
  } finally {
    returnKernel(kernel);
  }
}

/** Rows along some directions. */
export function turned({ site, width, count, data }: Rows, directions: readonly (readonly number[])[]): Rows {
  // what a network that learned nothing has may be too large for float32 once it is added up
  const own = new Float64Array(count * directions.length);
  for (let row = 0; row < count; row++)
    directions.forEach((direction, j) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += direction[i]! * data[row * width + i]!;
      own[row * directions.length + j] = sum;
    });
  return { site, width: directions.length, count, data: own };
}

/** Rows less their mean, as vectors. */
export function centred({ width, count, data }: Rows): Float64Array[] {
  const mean = new Float64Array(width);
  for (let row = 0; row < count; row++) for (let i = 0; i < width; i++) mean[i]! += data[row * width + i]! / count;
  return Array.from({ length: count }, (_, row) => Float64Array.from(mean, (m, i) => data[row * width + i]! - m));
}
