// One table of what things cost here, with the machine's own ceilings, and plots of time against sizes: printed, and written to lab/bench/scaling.md and lab/bench/scaling.svg.
//   npm run bench                      some minutes; builds first
//   npm run bench -- --quick           half of the sizes
// Seconds are processor seconds of all threads, which other work on the machine changes least; where several threads work, those of the busiest one are said besides.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ceilings } from './bench/scaling/ceilings.mjs';
import { svg } from './bench/scaling/plot.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const quick = process.argv.includes('--quick');
const built = createRequire(import.meta.url)('../dist/cjs/congruity.js');
const { random } = built.index();
const { gramOf } = built['src/representation/gram']();
const { measures } = built['src/measure/index']();

const table = [];
const say = (...row) => {
  table.push(row);
  console.log(row.join(' | '));
};
const sizes = (...all) => (quick ? all.filter((_, i) => i % 2 === 0) : all);

async function processor(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const r = random(1, 'bench');
const rowsOf = (n, p) => ({ data: Float32Array.from({ length: n * p }, () => r.normal()), shape: [n, p] });

/** All pairs of m representations by ridge, three splits. */
async function distances(m, n, p) {
  const grams = Array.from({ length: m }, () => gramOf(rowsOf(n, p)));
  return processor(() => measures.ridge.distances(grams, { seed: 1, splits: 3, distinct: true }));
}

function comparison(changes) {
  const asked = {
    layers: 2,
    heads: 4,
    width: 32,
    inputs: 100,
    positions: 8,
    workers: 1,
    over: 'heads',
    draws: 6,
    ...changes,
  };
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(here, 'bench', 'scaling', 'comparison.mjs'), JSON.stringify(asked)],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const top = await ceilings(built);
for (const row of top) say('ceiling', ...row);

const plots = [];
async function scaling(title, x, values, measured) {
  const points = [];
  for (const value of values) {
    const { seconds, besides = '' } = await measured(value);
    say(title, `${value} ${x}`, seconds.toFixed(2), besides);
    points.push([value, seconds]);
  }
  plots.push({ title, x, points });
}

await scaling('ridge, 20 representations, 64 features', 'inputs', sizes(100, 200, 400), async (n) => ({
  seconds: await distances(20, n, 64),
}));
await scaling('Gram, 400 inputs', 'features', sizes(256, 1024, 4096), async (p) => {
  const rows = rowsOf(400, p);
  return { seconds: await processor(() => gramOf(rows)) };
});
await scaling('ridge, 200 inputs', 'implementations', sizes(10, 20, 40), async (m) => ({
  seconds: await distances(m, 200, 64),
}));
const compared = (changes) => {
  const { cpu, rows, clock, threads } = comparison(changes);
  return {
    seconds: cpu,
    besides: `${rows} rows, ${clock.toFixed(1)} s on the clock, busiest threads ${threads.map((s) => s.toFixed(1)).join(', ')} s`,
  };
};
await scaling('comparison, heads as components', 'components', sizes(8, 16, 32), (heads) =>
  compared({ heads: heads / 2, width: 64 }),
);
await scaling('comparison, neurons and heads', 'layers', sizes(1, 2, 4), (layers) => compared({ layers }));
await scaling('comparison, 400 inputs of 32 tokens', 'workers', sizes(1, 2), (workers) =>
  compared({ inputs: 400, positions: 32, width: 64, workers }),
);

const page = [
  '# What things cost',
  '',
  `Made by \`npm run bench${quick ? ' -- --quick' : ''}\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}. Processor seconds of all threads. Plots: \`lab/bench/scaling.svg\`.`,
  '',
  '| what | size | result | besides |',
  '| ---- | ---- | ------ | ------- |',
  ...table.map((row) => `| ${[...row, '', ''].slice(0, 4).join(' | ')} |`),
  '',
];
writeFileSync(join(here, 'bench', 'scaling.md'), page.join('\n'));
writeFileSync(join(here, 'bench', 'scaling.svg'), svg(plots));
