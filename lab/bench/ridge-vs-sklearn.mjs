// Ridge fits between 20 x 20 implementations, n = 1000 inputs, p = 2000 features: through Grams, and by scikit-learn's RidgeCV, one thread each.
//
//   node lab/bench/ridge-vs-sklearn.mjs            all 400 fits by scikit-learn too: minutes
//   node lab/bench/ridge-vs-sklearn.mjs --quick    scikit-learn fits the first 20 pairs only; its time is scaled up, and said to be
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
    quick: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
    m: { type: 'string', default: '20' },
    n: { type: 'string', default: '1000' },
    p: { type: 'string', default: '2000' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
});
const [m, n, p] = [args.m, args.n, args.p].map(Number);
const { gramOf, random, ridgeFits, splitInputs } = await load();

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
const busy = processor();
let since = performance.now();
const grams = [xs, ys].map((side) => side.map((data) => gramOf({ data, shape: [n, p] })));
const reduced = seconds(since);
since = performance.now();
const ours = await ridgeFits(grams[0], grams[1], split, { alphas });
const fitted = seconds(since);
const total = reduced + fitted;
const cpu = processor() - busy;
console.log(
  `${m} x ${m} implementations, n = ${n} (${split.train.length} / ${split.test.length}), p = ${p}, alphas ${alphas.join(', ')}`,
);
console.log(
  `through Grams: ${total.toFixed(1)} s (processor: ${cpu.toFixed(1)} s) for ${m * m} fits, one thread (${reduced.toFixed(1)} s for ${2 * m} Grams, ${fitted.toFixed(1)} s for the fits)`,
);

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
    [script, 'bench', join(folder, 'pairs.json'), ...(args.quick ? ['--quick'] : [])],
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
    const whole = (theirs.seconds * m * m) / theirs.fits;
    const measured =
      theirs.fits === m * m ? 'for' : `measured for ${theirs.fits} fits, ${whole.toFixed(1)} s if scaled to`;
    console.log(
      `scikit-learn ${theirs.version} (${theirs.blas}): ${theirs.seconds.toFixed(1)} s (processor: ${theirs.cpu.toFixed(1)} s) ${measured} ${m * m} fits, ${(theirs.seconds / theirs.fits).toFixed(2)} s each`,
    );
    console.log(
      `ratio: ${(whole / total).toFixed(1)} on the clock, ${((theirs.cpu * m * m) / theirs.fits / cpu).toFixed(1)} on the processor`,
    );
    let worst = 0;
    let different = 0;
    theirs.r2.forEach((value, at) => {
      worst = Math.max(worst, Math.abs(value - ours.r2[at]));
      if (theirs.alpha[at] !== ours.alpha[at]) different++;
    });
    const counts = alphas.map((alpha) => `${alpha}: ${theirs.alpha.filter((a) => a === alpha).length}`).join(', ');
    console.log(
      `largest difference of R2: ${worst.toExponential(1)}; R2 from ${Math.min(...theirs.r2).toFixed(3)} to ${Math.max(...theirs.r2).toFixed(3)}`,
    );
    console.log(`penalties chosen differently: ${different} of ${theirs.fits} (chosen: ${counts})`);
    if (different > 0 || !(worst < 1e-6)) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}
