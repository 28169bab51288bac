// Crafted files, each in a process tree whose time and memory are watched.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crafted as all } from './crafted-files.mjs';
import { started } from './gates.mjs';
import { marked, memoryOf, row, wait, workFolder } from './place.mjs';

const child = fileURLToPath(new URL('crafted-child.mjs', import.meta.url));
/** bytes and seconds that each may take: the largest file that is read, and the time that first runs have by default */
const memory = 3 * 2 ** 30;
const most = 60;

export async function crafted({ seconds, workers = 2 }) {
  const folder = workFolder('crafted');
  const deadline = Date.now() + 1000 * seconds;
  const rows = new Map();
  const left = Object.entries(all).map(([name, one], number) => ({ name, number, ...one }));
  const work = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const { name, number } = one;
      const kind = name.split(':')[0];
      if (!rows.has(kind)) rows.set(kind, row(`crafted: ${kind}`, { peak: 0 }));
      const found = rows.get(kind);
      if (Date.now() > deadline) {
        found.note = `not all: stopped after ${seconds} s`;
        continue;
      }
      const own = join(folder, String(number));
      mkdirSync(own);
      const mark = `ATTACK_MARK=${process.pid}-${number}-`;
      const { child: running, ended } = started([process.execPath, child, name, own], {
        cwd: own,
        env: { TMPDIR: own, ATTACK_MARK: mark.split('=')[1] },
        detached: true,
      });
      let peak = 0;
      let late = false;
      const began = Date.now();
      const watch = setInterval(() => {
        peak = Math.max(peak, memoryOf(mark));
        // starting a process and making the file is not counted closely
        if (Date.now() - began > 1000 * (most + 20)) {
          late = true;
          running.kill('SIGKILL');
        }
      }, 100);
      const { code, signal, stdout, stderr } = await ended;
      clearInterval(watch);
      found.tries++;
      found.peak = Math.max(found.peak, peak);
      const said = late ? undefined : parsed(stdout);
      if (said?.result === 'typed') found.typed++;
      else
        found.bad.push(
          `${name}: ${late ? `not over after ${most} s` : said ? said.result : `crashed (${signal ?? code}) ${stderr.slice(-400)}`}`,
        );
      if (said && said.seconds > most) found.bad.push(`${name}: took ${said.seconds.toFixed(1)} s`);
      if (peak > memory) found.bad.push(`${name}: took ${(peak / 1e9).toFixed(1)} GB`);
      // what it started is over, or soon
      for (let tries = 0; tries < 50 && marked(mark).length > 0; tries++) await wait(100);
      const still = marked(mark);
      if (still.length > 0) {
        found.bad.push(`${name}: left ${still.length} processes`);
        for (const pid of still) process.kill(pid, 'SIGKILL');
      }
      rmSync(own, { recursive: true, force: true });
    }
  };
  try {
    await Promise.all(Array.from({ length: workers }, work));
    return [...rows.values()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function parsed(stdout) {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch {
    return undefined;
  }
}
