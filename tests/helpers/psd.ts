import type { Gram } from '../../src/representation/gram.js';

/** Whether a symmetric matrix has no eigenvalue below 0, up to rounding: by Cholesky's way of it, with a little added to the diagonal. */
export function isPsd({ n, data }: Gram): boolean {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += data[i * n + i]!;
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = data[i * n + j]! + (i === j ? 1e-10 * trace : 0);
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i === j && !(sum > 0)) return false;
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!;
    }
  return true;
}
