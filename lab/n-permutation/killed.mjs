// Is a run of the suite n-permutation that is killed, again and again, the same in the end as one that is not?
//   node lab/n-permutation/killed.mjs [models of each algorithm, default 4] [seconds between kills, at most; default: half of what the whole run took]
// Three tokens and two algorithms, as in tests/suites/n-permutation/run.test.ts. Each run is a process of its own that gets SIGKILL at a random moment, so that nothing can tidy up.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromSources } from '../bench/sources.mjs';

const models = Number(process.argv[2] ?? 4);

if (process.env.RESULT) {
  const { runPermutation } = await fromSources(
    `killed-${process.pid}`,
    `export { runPermutation } from './suites/n-permutation/run.js';`,
  );
  await runPermutation({
    n: 3,
    models,
    algorithms: ['sort, parities', 'count, values'],
    path: process.env.RESULT,
    zoo: undefined,
    seed: 5,
    signal: undefined,
    progress: () => undefined,
    estimated: () => undefined,
    resumed: () => undefined,
  });
} else {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'));
  /** @returns whether it came to its end */
  const run = (path, seconds) =>
    new Promise((done, failed) => {
      const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(models)], {
        env: { ...process.env, RESULT: path },
        stdio: 'inherit',
      });
      const timer = seconds === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), 1000 * seconds);
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        if (code === 0 || signal === 'SIGKILL') done(code === 0);
        else failed(new Error('a run failed by itself'));
      });
    });
  /** Without what depends on the clock and on how often something was begun. */
  const said = (path) => {
    const { settings, inputs, matrices, doses, complete } = JSON.parse(readFileSync(path, 'utf8'));
    return JSON.stringify({ settings, inputs, matrices, doses, complete });
  };
  const parts = (path) => {
    if (!existsSync(path)) return 0;
    const { matrices, doses } = JSON.parse(readFileSync(path, 'utf8'));
    return matrices.reduce((sum, { cells }) => sum + cells.length, doses.length);
  };
  const [whole, killed] = [join(folder, 'whole.json'), join(folder, 'killed.json')];
  const began = performance.now();
  if (!(await run(whole))) throw new Error('the run that nobody killed did not end');
  // a run that goes on from a killed one must get further than it, or there is no end
  const most = Number(process.argv[3] ?? (performance.now() - began) / 2000);
  const { estimate, seconds, cpuSeconds, rows } = JSON.parse(readFileSync(whole, 'utf8'));
  console.log(
    `estimated ${estimate.seconds.toFixed(1)} s and ${estimate.rows} rows; it took ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of processor time, and ${rows} rows`,
  );
  const after = [];
  while (!(await run(killed, most * (0.2 + 0.8 * Math.random())))) after.push(parts(killed));
  console.log(`killed ${after.length} times, after ${after.join(', ')} of ${parts(whole)} parts`);
  console.log(said(whole) === said(killed) ? 'the same' : 'NOT the same');
  rmSync(folder, { recursive: true });
}
