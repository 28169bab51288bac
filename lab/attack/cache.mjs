// A comparison that keeps what it computes, killed with SIGKILL at any time, two at a time on one folder: what is kept must be right, and the next run must go on with it.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment, inside, row, wait, workFolder } from './place.mjs';

const child = fileURLToPath(new URL('cache-child.mjs', import.meta.url));

/** The process, and what it printed: undefined where it was killed. */
function started(folder, small) {
  const run = spawn(process.execPath, [child, folder, ...(small ? ['small'] : [])], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  run.stdout.on('data', (chunk) => (text += chunk));
  return {
    run,
    ended: new Promise((resolve) => {
      run.on('close', (code) => resolve(code === 0 ? JSON.parse(text) : undefined));
    }),
  };
}

/** @param small a comparison of a second, for the suite */
export async function cache({ seed, seconds, kills: count = 30, small = false }) {
  const { random } = inside('src/random');
  const { decodeEntry } = inside('src/cache/entry');
  const found = row('kills: the cache');
  const work = workFolder('cache');
  const folder = join(work, 'kept');
  const deadline = Date.now() + 1000 * seconds;
  const files = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.safetensors')) : []);
  const check = (what) => {
    for (const name of files())
      if (!decodeEntry(name.slice(0, 64), readFileSync(join(folder, name))))
        found.bad.push(`${what}: ${name} is damaged`);
  };
  try {
    const began = Date.now();
    const whole = await started('none', small).ended;
    const took = Date.now() - began;
    const right = JSON.stringify(whole?.evidence);
    const numbers = random(seed, 'kills of the cache');
    let [done, most] = [0, 0];
    while (done < count && Date.now() < deadline) {
      // a fresh start now and then, so that all of a comparison is met
      if (numbers.below(6) === 0) rmSync(folder, { recursive: true, force: true });
      const runs = [started(folder, small), ...(numbers.below(2) === 0 ? [started(folder, small)] : [])];
      const delay = (took * numbers.below(1000)) / 1000;
      await Promise.race([Promise.all(runs.map(({ ended }) => ended)), wait(delay)]);
      for (const { run } of runs) run.kill('SIGKILL');
      const results = await Promise.all(runs.map(({ ended }) => ended));
      const what = `killed after ${Math.round(delay)} of ${took} ms`;
      check(what);
      found.tries++;
      if (results.every((result) => result === undefined)) {
        found.typed++;
        done++;
      } else found.accepted++;
      for (const result of results)
        if (result && JSON.stringify(result.evidence) !== right) found.bad.push(`${what}: the evidence is another one`);
      most = Math.max(most, files().length);
    }
    const rest = await started(folder, small).ended;
    if (JSON.stringify(rest?.evidence) !== right) found.bad.push('after all of them the evidence is another one');
    const again = await started(folder, small).ended;
    if (JSON.stringify(again?.evidence) !== right || again.rows.computed !== 0)
      found.bad.push(`a second run computes ${again?.rows.computed} rows`);
    check('at the end');
    found.note = `${done} of ${count} ended, up to ${most} files kept; the last went on with ${rest?.rows.kept} rows of ${whole?.rows.computed}`;
    return [found];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
