// What averaging over the symmetries of addition modulo p (translations of either number and units, 77 658 relabellings at p = 43) leaves of networks, site by site: the example's models,
// training runs of other seeds, and the published clock and pizza of modular-addition/ in the folder that CONGRUITY_MODELS names. Runs from the sources, without a build.
//   node lab/bench/symmetries.mjs [--runs 'clock 4=runs/4/retrained.safetensors,constant 4=runs/4/constant-attention.safetensors'] [--measures cka,procrustes,ridge] [--inputs 400] [--seed 0] [--time]
// More runs: node examples/modular-addition/train/train.mjs retrained constant-attention --seed=4 --steps=2500 --out=runs/4
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fromSources, root } from './sources.mjs';

const lib = await fromSources(
  'symmetries',
  `
    export { load } from './src/model/load.js';
    export { transformer } from './src/model/formats/transformer/run/model.js';
    export { accuracy, pairs, range, runExamples, defineTask } from './src/task/index.js';
    export { pairOrbits } from './src/task/pair-orbits.js';
    export { featuresOf } from './src/representation/capture.js';
    export { gramOf, shuffleInputs, subsetInputs } from './src/representation/gram.js';
    export { keptShare, orbitAverage } from './src/representation/orbit-average.js';
    export { measures } from './src/measure/index.js';
    export { random } from './src/random.js';
    export { relabelTokens } from './tests/helpers/relabel.js';`,
);
const { accuracy, defineTask, featuresOf, gramOf, keptShare, load, measures, orbitAverage, pairOrbits, pairs, random } =
  lib;
const { range, relabelTokens, runExamples, shuffleInputs, subsetInputs, transformer } = lib;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '' },
    measures: { type: 'string', default: 'cka,procrustes,ridge' },
    inputs: { type: 'string', default: '400' },
    seed: { type: 'string', default: '0' },
    time: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const sites = {
  'attention’s output': 'blocks.0.hook_attn_out',
  'residual after attention': 'blocks.0.hook_resid_mid',
  'MLP’s output': 'blocks.0.hook_mlp_out',
  'residual after the MLP': 'blocks.0.hook_resid_post',
};

const times =
  (u, p) =>
  ([a, b]) => [(u * a) % p, (u * b) % p];
/** all of it one orbit */
function addition(p, unit) {
  const task = defineTask({
    name: `addition mod ${p}`,
    inputs: pairs(range(p), range(p)),
    behaviour: accuracy(([a, b]) => (a + b) % p),
    threshold: { atLeast: 0.99 },
    symmetries: {
      right: ([a, b]) => [(a + 1) % p, b],
      left: ([a, b]) => [a, (b + 1) % p],
      units: times(unit, p),
    },
  });
  const examples = task.examples(p * p, seed);
  const started = process.cpuUsage();
  const orbits = pairOrbits(p * p, task.relabellings(examples));
  const { user, system } = process.cpuUsage(started);
  console.log(
    `p = ${p}: ${p * p} inputs, ${orbits.inputs} orbit, ${orbits.pairs} orbits of pairs, found in ${((user + system) / 1e6).toFixed(2)} s of processor time`,
  );
  return { p, task, examples, orbits };
}

/** Shares of the variance on functions of a alone, b alone, a + b, a - b, and all other lines of frequencies (k, r k): the average is a convolution, so its spectrum is that of one row. */
function energies(p, average) {
  const row = average.data.subarray(0, p * p);
  const on = (x, y) => {
    let sum = 0;
    for (let a = 0; a < p; a++)
      for (let b = 0; b < p; b++) sum += row[a * p + b] * Math.cos((2 * Math.PI * (x * a + y * b)) / p);
    return Math.max(0, sum);
  };
  const lines = [on(1, 0), ...range(p).map((r) => (r === 0 ? on(0, 1) : on(1, r)))];
  const all = lines.reduce((sum, x) => sum + x);
  // order: a, b, a + b, a - b, the others
  const [a, b, sum, ...rest] = lines.map((x) => x / all);
  return [a, b, sum, rest.at(-1), ...rest.slice(0, -1)];
}
const hellinger = (e, f) => Math.sqrt(Math.max(0, 1 - e.reduce((sum, x, i) => sum + Math.sqrt(x * f[i]), 0)));
/** the last of them together: lines of two moduli do not correspond one by one */
const five = (e) => [...e.slice(0, 4), e.slice(4).reduce((sum, x) => sum + x, 0)];

async function represent({ p, task, examples, orbits }, model) {
  const run = await runExamples(model, task, examples, { capture: Object.values(sites) });
  if (!task.meets(run.score)) throw new Error(`${model.name} scores ${run.score}`);
  return Object.values(sites).map((name) => {
    const whole = gramOf(
      featuresOf(
        model.sites.find((site) => site.name === name),
        run.batches,
        'last',
      ),
      { where: name },
    );
    const average = orbitAverage(whole, orbits);
    return { whole, average, kept: keptShare(whole, average), energies: energies(p, average) };
  });
}

const small = addition(43, 3);
const folder = join(root, 'examples', 'modular-addition', 'models');
const found = [];
const add = async (kind, name, on, model) => {
  found.push({ kind, name, p: on.p, at: await represent(on, model) });
  model.dispose();
};
const released = await load(join(folder, 'released.safetensors'));
const moved = await transformer(
  released.config,
  relabelTokens(released.weights, (token) => (5 * token) % 43),
  { name: 'released x 5' },
);
await add('copy', 'released x 5', small, moved);
await add('clock', 'released', small, released);
await add('clock', 'retrained', small, await load(join(folder, 'retrained.safetensors')));
await add('constant', 'constant-attention', small, await load(join(folder, 'constant-attention.safetensors')));
for (const one of values.runs.split(',').filter(Boolean)) {
  const [name, path] = one.split('=');
  await add(name.split(' ')[0], name, small, await load(path));
}
if (process.env.CONGRUITY_MODELS) {
  const large = addition(59, 2);
  for (const [kind, name] of [
    ['clock', 'clock'],
    ['constant', 'pizza'],
  ])
    await add(
      kind,
      `${name}, p = 59`,
      large,
      await load(join(process.env.CONGRUITY_MODELS, 'modular-addition', `${name}.safetensors`)),
    );
}

const percent = (x) => `${(100 * x).toFixed(1)}`;
const named = Object.keys(sites);
console.log(
  '\n## Shares of the averaged variance, %: functions of a, b, a + b, a - b, others; share of the structure kept\n',
);
console.log(`| | ${named.join(' | ')} |\n|${'---|'.repeat(named.length + 1)}`);
for (const { name, at } of found)
  console.log(
    `| ${name} | ${at.map((one) => `${five(one.energies).map(percent).join(' ')}; ${percent(one.kept)}`).join(' | ')} |`,
  );

/** smallest, mean and largest over pairs of kinds */
function table(title, distance, among) {
  console.log(`\n## ${title}\n\n| | pairs | ${named.join(' | ')} |\n|${'---|'.repeat(named.length + 2)}`);
  for (const [one, other] of [
    ['clock', 'clock'],
    ['constant', 'constant'],
    ['clock', 'constant'],
  ]) {
    const both = among.flatMap((a, i) =>
      among
        .slice(i + 1)
        .filter((b) => (a.kind === one && b.kind === other) || (a.kind === other && b.kind === one))
        .map((b) => [a, b]),
    );
    if (both.length === 0) continue;
    const cells = named.map((_, s) => {
      const all = both.map(([a, b]) => distance(a, b, s));
      const mean = all.reduce((sum, x) => sum + x) / all.length;
      return `${mean.toFixed(3)} [${Math.min(...all).toFixed(3)}, ${Math.max(...all).toFixed(3)}]`;
    });
    console.log(`| ${one}, ${other} | ${both.length} | ${cells.join(' | ')} |`);
  }
}
table(
  'Hellinger distance of the shares, all moduli',
  (a, b, s) => hellinger(five(a.at[s].energies), five(b.at[s].energies)),
  found,
);
const own = found.filter(({ p }) => p === 43);
table('Hellinger distance, all 44 lines, p = 43', (a, b, s) => hellinger(a.at[s].energies, b.at[s].energies), own);

const measured = random(seed, 'measured inputs').subset(43 * 43, Number(values.inputs));
const some = (gram) => subsetInputs(gram, measured);
for (const which of values.measures.split(',')) {
  const at = [];
  for (const [s] of named.entries()) {
    const m = own.length;
    const distances = async (grams) => (await measures[which].distances(grams, { seed, splits: 3 })).data;
    const order = random(seed, 'control').permutation(43 * 43);
    const plain = await distances([
      ...own.map((one) => some(one.at[s].whole)),
      some(shuffleInputs(own[1].at[s].whole, order)),
    ]);
    const averages = await distances([
      ...own.map((one) => some(one.at[s].average)),
      some(orbitAverage(shuffleInputs(own[1].at[s].whole, order), small.orbits)),
    ]);
    at.push({ plain, averages, m: m + 1 });
  }
  for (const way of ['plain', 'averages']) {
    const d = (a, b, s) => at[s][way][own.indexOf(a) * at[s].m + own.indexOf(b)];
    table(`${which}, ${way === 'plain' ? 'plainly' : 'averaged'}, p = 43, ${values.inputs} inputs`, d, own);
    const row = (i, j) => named.map((_, s) => at[s][way][i * at[s].m + j].toFixed(3)).join(' | ');
    console.log(`| released, released x 5 | 1 | ${row(0, 1)} |`);
    console.log(`| released, its inputs shuffled | 1 | ${row(1, own.length)} |`);
  }
}

if (values.time) {
  console.log(
    '\n## Cost: seconds of processor time\n\n| inputs | orbits of pairs | finding them | one average | memory, MiB |\n|---|---|---|---|---|',
  );
  const seconds = (work) => {
    const started = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1e6;
  };
  for (const [p, unit] of [
    [19, 2],
    [31, 3],
    [43, 3],
    [61, 2],
  ]) {
    const n = p * p;
    const by = (f) =>
      Uint32Array.from({ length: n }, (_, i) => f(Math.floor(i / p), i % p).reduce((x, y) => x * p + (y % p), 0));
    const group = [by((a, b) => [a + 1, b]), by((a, b) => [a, b + 1]), by((a, b) => [unit * a, unit * b])];
    let orbits;
    const finding = seconds(() => (orbits = pairOrbits(n, group)));
    const gram = { n, data: Float64Array.from({ length: n * n }, (_, at) => at % 7) };
    const one = seconds(() => orbitAverage(gram, orbits));
    console.log(
      `| ${n} | ${orbits.pairs} | ${finding.toFixed(2)} | ${one.toFixed(3)} | ${((12 * n * n) / 2 ** 20).toFixed(0)} |`,
    );
  }
}
