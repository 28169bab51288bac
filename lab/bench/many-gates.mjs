// Many gates in one config: seconds, memory of all processes together, and how much is printed and written.
//   node lab/bench/many-gates.mjs [gates] [workers]        100 gates on 2 workers; npm run build first. Linux: memory is read from /proc
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [count = 100, workers = 2] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'congruity-many-gates-'));
cpSync(join(root, 'examples', 'modular-addition', 'models'), join(folder, 'models'), { recursive: true });

// four of five hold
writeFileSync(
  join(folder, 'congruity.config.ts'),
  `import { accuracy, pairs, range, task } from 'congruity';
const addition = task({
  name: 'addition',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]: readonly [number, number]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});
const candidates = ['quantised', 'finetuned', 'quantised', 'finetuned', 'constant-attention'];
const options = { budget: { draws: 24 }, inputs: 60, splits: 1, bootstrap: 500, alsoReport: [], power: false, set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.05 } };
export default {
  gates: Array.from({ length: ${count} }, (_, i) => ({
    name: \`gate \${String(i + 1).padStart(3, '0')}: \${candidates[i % 5]}\`,
    baseline: 'models/released.safetensors',
    candidate: \`models/\${candidates[i % 5]}.safetensors\`,
    task: addition,
    options: { ...options, seed: i },
  })),
};
`,
);

/** Resident bytes of a process and all that it started. */
function resident(leader) {
  const parents = new Map();
  const bytes = new Map();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one)))
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      parents.set(Number(name), Number(fields[1]));
      bytes.set(Number(name), Number(fields[21]) * 4096);
    } catch {
      // it ended
    }
  const isOurs = (pid) => pid === leader || (parents.has(pid) && parents.get(pid) > 1 && isOurs(parents.get(pid)));
  return [...bytes].filter(([pid]) => isOurs(pid)).map(([pid, used]) => ({ pid, used }));
}

const started = Date.now();
const child = spawn(
  process.execPath,
  [join(root, 'dist', 'cjs', 'cli', 'main.js'), 'gate', '--no-cache', '--workers', String(workers)],
  { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
);
const said = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (said[name] += chunk));
const seen = [];
const timer = setInterval(() => {
  const all = resident(child.pid);
  seen.push({
    at: Date.now() - started,
    whole: all.reduce((sum, { used }) => sum + used, 0),
    most: Math.max(0, ...all.map(({ used }) => used)),
  });
}, 500);
const code = await new Promise((resolve) => child.on('close', resolve));
clearInterval(timer);
const seconds = (Date.now() - started) / 1000;
const mib = (bytes) => Math.round(bytes / 2 ** 20);
const half = (from, to) =>
  Math.max(...seen.slice(Math.floor(from * seen.length), Math.ceil(to * seen.length)).map(({ whole }) => whole));
console.log(`${count} gates, ${workers} workers: exit ${code}, ${seconds.toFixed(0)} s`);
console.log(
  `memory of all processes: at most ${mib(half(0, 1))} MiB, in the first half ${mib(half(0, 0.5))}, in the second ${mib(half(0.5, 1))}; of one process ${mib(Math.max(...seen.map(({ most }) => most)))}`,
);
for (const name of ['stderr', 'stdout'])
  console.log(`${name}: ${said[name].split('\n').length - 1} lines, ${said[name].length} characters`);
const out = join(folder, 'congruity-report');
for (const name of readdirSync(out)) console.log(`${name}: ${(statSync(join(out, name)).size / 1024).toFixed(0)} KiB`);
if (process.env.KEEP) {
  writeFileSync(join(folder, 'stdout.txt'), said.stdout);
  writeFileSync(join(folder, 'stderr.txt'), said.stderr);
  console.log(folder);
} else rmSync(folder, { recursive: true, force: true });
