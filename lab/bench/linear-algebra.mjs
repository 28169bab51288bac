// Our float64 kernel beside what npm has: a matrix product and a symmetric eigendecomposition, processor time, best of five.
// `node lab/bench/linear-algebra.mjs FOLDER`, where FOLDER has had `npm i ml-matrix@6 @stdlib/blas-base-dgemm`.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { load } from './ridge-bundle.mjs';

const folder = resolve(process.argv[2] ?? '.');
const require = createRequire(join(folder, 'package.json'));
const { createKernel, matrix, random, symmetricEigen } = await load();
const { EigenvalueDecomposition, Matrix } = require('ml-matrix');
const dgemm = require('@stdlib/blas-base-dgemm');
for (const name of ['ml-matrix', '@stdlib/blas-base-dgemm'])
  console.log(name, JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version);

const r = random(1, 'linear algebra');

/** Milliseconds of processor time. */
function best(work) {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const since = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(since);
    least = Math.min(least, (user + system) / 1e3);
  }
  return `${least.toFixed(1).padStart(8)} ms`;
}

for (const n of [128, 400]) {
  const a = Float64Array.from({ length: n * n }, () => r.normal());
  const symmetric = Float64Array.from(a, (_, i) => a[i] + a[(i % n) * n + Math.floor(i / n)]);
  const rows = (from) => Array.from({ length: n }, (_, i) => Array.from(from.subarray(i * n, (i + 1) * n)));
  const kernel = createKernel('fastest');
  const [x, y, z, s] = [0, 0, 0, 0].map(() => kernel.alloc(n * n));
  x.view.set(a);
  y.view.set(symmetric);
  const c = new Float64Array(n * n);
  const [ma, mb] = [new Matrix(rows(a)), new Matrix(rows(symmetric))];

  console.log(`product, n = ${n}`);
  console.log(
    '  ours     ',
    best(() => kernel.product(n, n, n, 1, matrix(x, n), matrix(y, n), matrix(z, n))),
  );
  console.log(
    '  ml-matrix',
    best(() => ma.mmul(mb)),
  );
  console.log(
    '  @stdlib  ',
    best(() => dgemm('row-major', 'no-transpose', 'no-transpose', n, n, n, 1, a, n, symmetric, n, 0, c, n)),
  );
  console.log(`eigenvalues and eigenvectors, symmetric, n = ${n}`);
  console.log(
    '  ours     ',
    best(() => (s.view.set(symmetric), symmetricEigen(kernel, n, s))),
  );
  console.log(
    '  ml-matrix',
    best(() => new EigenvalueDecomposition(mb, { assumeSymmetric: true })),
  );
}
