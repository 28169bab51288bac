// Folders with a config of small models made by functions, and the built command in them.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attacked, dist, environment, root } from './place.mjs';

export const reportFiles = ['report.json', 'report.html', 'summary.md', 'junit.xml'];

/** `side(name, { site, busy })` makes a model that adds two numbers; `sums` is its task. For configs and for tests. */
export const library = `
const { model, task, accuracy, pairs, range } = require('congruity');
const p = 7;
exports.side = (name, { site = 'a', onRun = () => {} } = {}) => model({
  name, fingerprint: name, sites: [{ name: site, axes: ['feature'], shape: [4], parts: ['feature'] }],
  run: ({ inputs: rows, capture, patches }) => {
    onRun();
    const data = Float32Array.from(rows.flatMap(([a, b]) => [a, b, Math.cos((2 * Math.PI * (a + b)) / p), Math.sin((2 * Math.PI * (a + b)) / p)]));
    const patch = patches[0];
    if (patch) for (let i = 0; i < data.length; i++) if (!patch.mask || patch.mask[i]) data[i] = patch.values[i];
    const logits = Float32Array.from({ length: rows.length * p }, (_, i) => { const at = 4 * Math.floor(i / p), k = (2 * Math.PI * (i % p)) / p; return 8 * (data[at + 2] * Math.cos(k) + data[at + 3] * Math.sin(k)); });
    return { logits: { shape: [rows.length, p], data: logits }, activations: Object.fromEntries(capture.map((name) => [name, { shape: [rows.length, 4], data: data.slice() }])) };
  },
});
exports.sums = (name = 'sums') => task({ name, inputs: pairs(range(p), range(p)), behaviour: accuracy(([a, b]) => (a + b) % p), threshold: { atLeast: 0.9 } });
exports.options = { inputs: 40, budget: { draws: 12 }, splits: 1, bootstrap: 500, permutations: 199, alsoReport: [], set: { search: { budget: 50, rankOn: 10 } } };
`;

/** A project in which `congruity` is the attacked package. */
export function project(folder, files) {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(attacked(), join(folder, 'node_modules', 'congruity'));
  for (const [name, text] of Object.entries({ 'package.json': '{}', 'library.cjs': library, ...files }))
    writeFileSync(join(folder, name), text);
  return folder;
}

/** @returns the process, and a promise of how it ended and what it said */
export function started(args, { cwd, env = {}, detached = false }) {
  const child = spawn(args[0], args.slice(1), {
    cwd,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'])
    child[stream].on('data', (text) => {
      said[stream] += text;
    });
  // not 'close': who is left behind by what was killed may hold the pipes
  const ended = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      setTimeout(() => resolve({ code, signal, ...said }), 50);
    });
  });
  return { child, ended };
}

export const gate = (...args) => [process.execPath, dist('cli', 'main.js'), 'gate', ...args];
export const jest = (...args) => [
  process.execPath,
  join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
  '--watchman=false',
  ...args,
];

/** Lines of evidence as matchers leave them: of a comparison, and of one that could not be judged. */
export async function evidenceLines(folder) {
  const at = project(join(folder, 'evidence'), {
    'congruity.config.cjs': `const { side, sums, options } = require('./library.cjs');
module.exports = { gates: [
  { name: 'same', baseline: () => side('one'), candidate: () => side('two'), task: sums(), options },
  { name: 'throws', baseline: () => side('one'), candidate: () => { throw new Error('none'); }, task: sums(), options },
] };`,
  });
  const { code, stdout, stderr } = await started(gate('congruity.config.cjs', '--json'), {
    cwd: at,
    env: { TMPDIR: folder },
  }).ended;
  if (code === null || !existsSync(join(at, 'congruity-report', 'report.json')))
    throw new Error(`no evidence: ${stdout}${stderr}`);
  return JSON.parse(readFileSync(join(at, 'congruity-report', 'report.json'), 'utf8')).checks.map((check) =>
    JSON.stringify(check),
  );
}
