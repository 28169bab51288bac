// Ridge fits between 20 x 20 implementations, n = 1000 inputs, p = 2000 features: through Grams, and by scikit-learn's RidgeCV, one thread each.
//
//   node lab/bench/ridge-vs-sklearn.mjs            all 400 fits by scikit-learn too: minutes
//   --pairs 20                                 scikit-learn fits so many of them; its time is scaled up, and said to be
//   --threads 2                                threads for scikit-learn's BLAS (default 1)
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load, seconds } from './ridge-bundle.mjs';

const { values: args } = parseArgs({
  options: {
    pairs: { type: 'string' },
    threads: { type: 'string', default: '1' },
    m: { type: 'string', default: '20' },
    n: { type: 'string', default: '1000' },
    p: { type: 'string', default: '2000' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
});
const [m, n, p] = [args.m, args.n, args.p].map(Number);
const { random, splitInputs } = await load();

// implementations of two models: directions shared within a model, some of them shared between models, noise of their own
const RANK = 50;
const r = random(1, 'bench');
const normals = (length) => Float64Array.from({ length }, () => r.normal());
const signal = normals(n * RANK);
const model = () => normals(RANK * p);
const noisePool = Float32Array.from({ length: 2 ** 22 }, () => r.normal());
function base(weights) {
  const out = new Float64Array(n * p);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < RANK; k++) {
      const x = signal[i * RANK + k] / Math.sqrt(RANK);
      for (let j = 0; j < p; j++) out[i * p + j] += x * weights[k * p + j];
    }
  }
  return out;
}
const implementations = (of, spread) => {
  const features = base(of);
  return Array.from({ length: m }, (_, index) => {
    const noise = spread * (1 + index / m);
    // a stride that is prime to the pool's length and differs per implementation
    const [start, stride] = [r.below(noisePool.length), 2 * r.below(noisePool.length / 2) + 1];
    return Float32Array.from(features, (x, at) => x + noise * noisePool[(start + at * stride) % noisePool.length]);
  });
};
const [xs, ys] = [implementations(model(), 0.1), implementations(model(), 0.2)];
const split = splitInputs(n, 0.1, 1, 0);
const alphas = [0.1, 1, 10];

// time on the processor beside time on the clock: the ratio of the former does not suffer from what else the machine does in one half only
const processor = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
/** All fits, by one bundle of the measures: each looks for an accelerator by itself. */
async function through(label, accelerator) {
  process.env.CONGRUITY_BLAS = accelerator;
  const { createKernel, gramOf, ridgeFits } = await load();
  const { name } = createKernel('accelerated');
  if (accelerator !== 'off' && name !== 'openblas') {
    console.log(`${label}: not installed here`);
    return undefined;
  }
  const busy = processor();
  const since = performance.now();
  const grams = [xs, ys].map((side) => side.map((data) => gramOf({ data, shape: [n, p] })));
  const reduced = processor() - busy;
  const { r2, alpha } = await ridgeFits(grams[0], grams[1], split, { alphas });
  const [clock, cpu] = [seconds(since), processor() - busy];
  console.log(
    `${label} (${name}): ${clock.toFixed(1)} s, processor ${cpu.toFixed(1)} s (${reduced.toFixed(1)} s for ${2 * m} Grams), one thread`,
  );
  return { label, r2, alpha, clock, cpu };
}
console.log(
  `${m} x ${m} implementations, n = ${n} (${split.train.length} / ${split.test.length}), p = ${p}, alphas ${alphas.join(', ')}`,
);
const ours = [await through('npm packages only', 'off'), await through('with koffi', '')].filter(Boolean);

const folder = await mkdtemp(join(tmpdir(), 'ridge-sklearn-'));
try {
  const save = (side, name) =>
    Promise.all(
      side.map(async (data, index) => {
        const file = `${name}${index}`;
        await writeFile(join(folder, file), new Uint8Array(data.buffer));
        return { file, shape: [n, p] };
      }),
    );
  const spec = {
    xs: await save(xs, 'x'),
    ys: await save(ys, 'y'),
    train: [...split.train],
    test: [...split.test],
    alphas,
  };
  await writeFile(join(folder, 'pairs.json'), JSON.stringify(spec));
  const script = fileURLToPath(new URL('../../tests/parity/ridge.py', import.meta.url));
  const { status, stdout, stderr, error } = spawnSync(
    args.python,
    [script, 'bench', join(folder, 'pairs.json'), ...(args.pairs ? [args.pairs] : [])],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      env: { ...process.env, OPENBLAS_NUM_THREADS: args.threads },
    },
  );
  if (error || status !== 0) {
    console.log(`scikit-learn did not run: ${error?.message ?? stderr.trim()}`);
    process.exitCode = 1;
  } else {
    const theirs = JSON.parse(stdout);
    const share = (m * m) / theirs.fits;
    console.log(
      `scikit-learn ${theirs.version} (${theirs.blas}): ${theirs.fits} fits in ${theirs.seconds.toFixed(1)} s, processor ${theirs.cpu.toFixed(1)} s; ${m * m} at this speed ${(theirs.cpu * share).toFixed(0)} s`,
    );
    for (const { label, r2, alpha, clock, cpu } of ours) {
      const worst = theirs.r2.reduce((most, value, at) => Math.max(most, Math.abs(value - r2[at])), 0);
      const different = theirs.alpha.filter((one, at) => one !== alpha[at]).length;
      console.log(
        `${label}: ${((theirs.cpu * share) / cpu).toFixed(1)} x on the processor, ${((theirs.seconds * share) / clock).toFixed(1)} x on the clock; largest difference of R2 ${worst.toExponential(1)}; ${different} penalties chosen differently`,
      );
      if (different > 0 || !(worst < 1e-6)) process.exitCode = 1;
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
