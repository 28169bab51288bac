// Speed of the float64 kernels, and of every measure over 46 Grams of 400 inputs. `node lab/bench/ridge-kernels.mjs`
import { load, seconds } from './ridge-bundle.mjs';

const { cka, createKernel, gramOf, matrix, procrustes, random, ridge, transpose } = await load();
const r = random(1, 'bench');

function best(work, repeats = 5) {
  let least = Infinity;
  for (let i = 0; i < repeats; i++) {
    const since = performance.now();
    work();
    least = Math.min(least, seconds(since));
  }
  return least;
}

function kernels(kind, n) {
  const kernel = createKernel(kind);
  const [a, b, c] = [0, 0, 0].map(() => kernel.alloc(n * n));
  for (const block of [a, b]) for (let i = 0; i < n * n; i++) block.view[i] = r.normal();
  const [ma, mb, mc] = [a, b, c].map((block) => matrix(block, n));
  const definite = () => {
    c.view.fill(0);
    kernel.symmetricProduct(n, n, 1, ma, transpose(ma), mc);
    const view = c.view;
    for (let i = 0; i < n; i++) view[i * n + i] += n;
    return view.slice();
  };
  const show = (label, operations, work) => {
    const time = best(work);
    console.log(
      `  ${label.padEnd(28)} ${(time * 1e3).toFixed(1).padStart(8)} ms ${(operations / time / 1e9).toFixed(1).padStart(6)} GFLOPS`,
    );
  };
  console.log(`${kernel.name}, n = ${n}`);
  show('A B', 2 * n ** 3, () => kernel.product(n, n, n, 1, ma, mb, mc));
  show('A B^T', 2 * n ** 3, () => kernel.product(n, n, n, 1, ma, transpose(mb), mc));
  show('A A^T', n ** 3, () => kernel.lowerProduct(n, n, 1, ma, transpose(ma), mc));
  const k = definite();
  show('Cholesky', n ** 3 / 3, () => (c.view.set(k), kernel.cholesky(n, mc)));
  show('inverse, positive definite', n ** 3, () => (c.view.set(k), kernel.invert(n, mc)));
}

kernels('fastest', 900);
kernels('fastest', 360);
kernels('js', 360);

const [n, p, m] = [400, 640, 46];
const rows = () => ({ data: Float32Array.from({ length: n * p }, () => r.normal()), shape: [n, p] });
const features = rows();
console.log(`Gram of ${n} x ${p} float32: ${(best(() => gramOf(features)) * 1e3).toFixed(1)} ms`);
const grams = Array.from({ length: m }, () => gramOf(rows()));
for (const measure of [ridge, cka, procrustes]) {
  const since = performance.now();
  await measure.distances(grams, { seed: 1, splits: 3 });
  console.log(
    `${measure.name}: all pairs of ${m} Grams, n = ${n}${measure === ridge ? ', 3 splits' : ''}: ${seconds(since).toFixed(1)} s`,
  );
}
