// A hundred thousand damaged files, read in processes that are watched: one that ends has crashed, one that stays at a file hangs.
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { evidenceLines } from './gates.mjs';
import { counts } from './formats.mjs';
import { environment, row, wait, workFolder } from './place.mjs';

const child = fileURLToPath(new URL('damaged-child.mjs', import.meta.url));
const all = Object.values(counts).reduce((a, b) => a + b, 0);
const chunk = 250;
/** a file of some kilobytes that takes so long hangs: an ONNX file's first runs are ended after 60 s */
const limit = 90_000;

export async function damaged({ seed, seconds, files = all, workers = 2 }) {
  const folder = workFolder('damaged');
  const deadline = Date.now() + 1000 * seconds;
  try {
    const evidence = await evidenceLines(folder);
    const rows = new Map(Object.keys(counts).map((name) => [name, row(`damaged: ${name}`, { peak: 0 })]));
    const chunks = Object.entries(counts).flatMap(([name, count]) => {
      const wanted = Math.max(1, Math.round((count * files) / all));
      return Array.from({ length: Math.ceil(wanted / chunk) }, (_, i) => ({
        name,
        from: i * chunk,
        to: Math.min(wanted, (i + 1) * chunk),
      }));
    });
    // the kinds in turn: where time runs out, something of each was read
    chunks.sort((a, b) => a.from / counts[a.name] - b.from / counts[b.name]);
    let number = 0;
    const work = async () => {
      while (chunks.length > 0 && Date.now() < deadline) {
        const own = join(folder, `child-${number++}`);
        mkdirSync(own);
        await oneChild({ own, seed, evidence, chunks, rows, deadline });
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    for (const { name, from, to } of chunks)
      rows.get(name).note = `not all: stopped after ${seconds} s (${from}-${to} and later)`;
    return [...rows.values()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process that reads chunk after chunk, until there are none or it has to be ended. */
async function oneChild({ own, seed, evidence, chunks, rows, deadline }) {
  const running = fork(child, [own, String(seed)], {
    env: environment({ TMPDIR: own, CONGRUITY_BACKEND: 'wasm' }),
    execArgv: ['--max-old-space-size=2048'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  running.stderr.on('data', (text) => {
    said = (said + text).slice(-2000);
  });
  const inbox = [];
  // filled in by the event
  const end = {};
  running.on('message', (message) => inbox.push(message));
  running.on('exit', (code, signal) => {
    end.how = signal ?? `exit code ${code}`;
  });
  const answer = async (hangs) => {
    while (inbox.length === 0 && end.how === undefined && !hangs()) await wait(20);
    return inbox.shift();
  };
  await answer(() => false);
  while (chunks.length > 0 && Date.now() < deadline) {
    const { name, from, to } = chunks.shift();
    const found = rows.get(name);
    running.send({ evidence, name, from, to });
    let at;
    let since = Date.now();
    const whereIsIt = () => {
      const now = position(own, from);
      if (now !== at) [at, since] = [now, Date.now()];
      return Date.now() - since > limit;
    };
    const result = await answer(whereIsIt);
    if (result === undefined) {
      if (end.how === 'exit code 3') throw new Error(`the campaign itself failed: ${said}`);
      const last = Math.max(from, position(own, from));
      found.tries += last - from + 1;
      found.bad.push(
        `${name} ${last}: ${end.how === undefined ? `hangs for ${limit / 1000} s` : `crashed (${end.how}) ${said.slice(-500)}`}`,
      );
      if (last + 1 < to) chunks.unshift({ name, from: last + 1, to });
      break;
    }
    found.tries += to - from;
    found.accepted += result.accepted;
    found.typed += result.typed;
    found.bad.push(...result.bad);
    found.peak = Math.max(found.peak, result.peak);
  }
  if (end.how === undefined) {
    running.kill('SIGKILL');
    await new Promise((resolve) => {
      running.once('exit', resolve);
    });
  }
}

function position(own, otherwise) {
  try {
    return Number(readFileSync(join(own, 'at'), 'utf8')) || otherwise;
  } catch {
    return otherwise;
  }
}
