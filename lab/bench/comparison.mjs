// Processor time of one default comparison of the example, by what it was doing. Needs no build.
//
//   node lab/bench/comparison.mjs [candidate] [file]      the evidence to a file, for comparing two commits
//   node --cpu-prof lab/bench/comparison.mjs              function by function
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromSources, root } from './sources.mjs';

const [candidate = 'constant-attention', file] = process.argv.slice(2);
const { accuracy, compare, load, pairs, range, task } = await fromSources(
  'comparison',
  `export { accuracy, compare, load, pairs, range, task } from './index.js';`,
);
const models = join(root, 'examples', 'modular-addition', 'models');
const p = JSON.parse(readFileSync(join(models, 'released.json'), 'utf8')).d_vocab;
const addition = task({
  name: `addition mod ${p}`,
  inputs: pairs(range(p), range(p)),
  behaviour: accuracy(([a, b]) => (a + b) % p),
  threshold: { atLeast: 0.99 },
});
const processor = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const [released, other] = [
  await load(join(models, 'released.safetensors')),
  await load(join(models, `${candidate}.safetensors`)),
];

const spent = new Map();
const started = processor();
let [since, doing] = [started, 'beginning'];
const spend = (next) => {
  const now = processor();
  spent.set(doing, (spent.get(doing) ?? 0) + now - since);
  [since, doing] = [now, next];
};
const evidence = await compare(released, other, { on: addition, seed: 1, progress: (_, next) => spend(next) });
spend('done');
console.log(
  `released against ${candidate}: ${(processor() - started).toFixed(1)} s of processor time, ${evidence.outcome}, ${evidence.baseline.implementations.length} implementations a side`,
);
for (const [what, seconds] of spent) if (seconds >= 0.05) console.log(`${seconds.toFixed(2).padStart(7)}  ${what}`);
if (file)
  writeFileSync(
    file,
    JSON.stringify(evidence, (key, value) => (key === 'seconds' ? undefined : value), 1),
  );
