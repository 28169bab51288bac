// What this machine can do at most: products of matrices by what is installed, and copies of memory. Processor time of one thread.
import { cpus } from 'node:os';

/** Processor seconds of the fastest of some runs. */
export function least(work, runs = 4) {
  let best = Infinity;
  for (let i = 0; i < runs; i++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

const N = 768;

function products(createKernel, kind, matrix) {
  const kernel = createKernel(kind);
  const blocks = [0, 0, 0].map(() => kernel.alloc(N * N));
  for (const block of blocks) for (let i = 0; i < N * N; i++) block.view[i] = Math.sin(i);
  const [a, b, c] = blocks.map((block) => matrix(block, N));
  return { name: kernel.name, gflops: (2 * N ** 3) / least(() => kernel.product(N, N, N, 1, a, b, c)) / 1e9 };
}

/** @param built the CommonJS build @returns rows of a table: what, number, unit */
export async function ceilings(built) {
  const { createKernel, matrix } = built['src/tensor/kernels']();
  const rows = [['processor', `${cpus()[0].model}, ${cpus().length} cores`, '']];
  const ours = products(createKernel, 'fastest', matrix);
  rows.push([`float64 product of ${N}, ${ours.name}`, ours.gflops.toFixed(1), 'GFLOPS']);
  const other = products(createKernel, 'accelerated', matrix);
  rows.push([
    `float64 product of ${N}, OpenBLAS`,
    other.name === 'openblas' ? other.gflops.toFixed(1) : 'not installed',
    other.name === 'openblas' ? 'GFLOPS' : '',
  ]);
  const tf = await import('@tensorflow/tfjs-core');
  const { within } = await built.index().backend({ backend: 'wasm' });
  const time = within(() =>
    tf.tidy(() => {
      const x = tf.randomUniform([N, N]);
      return least(() => tf.matMul(x, x).dispose());
    }),
  );
  rows.push([`float32 product of ${N}, tfjs on wasm`, ((2 * N ** 3) / time / 1e9).toFixed(1), 'GFLOPS']);
  const from = new Float64Array(2 ** 23);
  const to = new Float64Array(from.length);
  const copied = least(() => to.set(from));
  rows.push(['copy of 64 MiB', (from.byteLength / copied / 1e9).toFixed(1), 'GB a second']);
  return rows;
}
