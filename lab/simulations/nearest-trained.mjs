// Which program is a model nearest to, by toImplement without a chain: of models compiled and trained on the six programs of n-permutation, how often is the verdict right, open and wrong?
//   node lab/simulations/nearest-trained.mjs [implementations of each program, default 48] [models of each algorithm and setting, default 8]
// The first half of the models is printed apart from the second: what is chosen on one is confirmed on the other.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fromSources, root } from '../bench/sources.mjs';

const fc = createRequire(import.meta.url)('fast-check');
const lib = await fromSources(
  'nearest-trained',
  `export { compile } from './src/program/compile.js';
   export { variations } from './generators/variations.js';
   export { permutationPrograms, permutationAlgorithms } from './suites/n-permutation/programs.js';
   export { trainedSettings } from './suites/n-permutation/implementations.js';
   export { represented } from './suites/n-permutation/representation.js';
   export { Zoo } from './suites/n-permutation/zoo.js';
   export { permutationTask } from './suites/n-permutation/task.js';
   export { random } from './src/random.js';
   export { ridgeDistances } from './src/measure/ridge-fits.js';
   export { sideOf } from './src/statistics/binomial-sequence.js';`,
);
const [N, ALPHA, AMONG] = [4, 0.05, 0.1];
const [DRAWS, MODELS] = [Number(process.argv[2] ?? 48), Number(process.argv[3] ?? 8)];
const task = lib.permutationTask(N, 0);
const examples = task.examples(task.size, 0);
const programs = lib.permutationPrograms(N);
const names = lib.permutationAlgorithms;
const gramOf = async (model) => (await lib.represented(model, task, examples, undefined)).gram;

async function compiled(name, k) {
  const [variation] = fc.sample(lib.variations(programs[name], {}), {
    numRuns: 1,
    seed: lib.random(18, `${name} ${k}`).below(0x7fffffff),
    unbiased: true,
  });
  const { model, dispose } = await lib.compile(programs[name], { variation });
  try {
    return await gramOf(model);
  } finally {
    dispose();
  }
}

const drawn = [];
const models = [];
for (const [own, name] of names.entries()) {
  for (let k = 0; k < DRAWS; k++) drawn.push({ own, gram: await compiled(name, k) });
  for (let k = 0; k < MODELS; k++) models.push({ own, k, setting: 'compiled', gram: await compiled(name, DRAWS + k) });
}
for (const setting of lib.trainedSettings(await lib.Zoo.open(join(root, 'lab', 'n-permutation', 'models'), N)))
  for (const [own, name] of names.entries())
    for (let k = 0; k < Math.min(MODELS, setting.count(name)); k++) {
      const model = await setting.model(name, k);
      models.push({ own, k, setting: setting.name, gram: await gramOf(model) });
      model.dispose();
    }

const all = [...drawn, ...models];
const { data } = await lib.ridgeDistances(
  drawn.map(({ gram }) => gram),
  all.map(({ gram }) => gram),
  { seed: 1, distinct: true },
);
const distance = (i, j) => data[i * all.length + j];
const of = (program) => drawn.flatMap(({ own }, i) => (own === program ? [i] : []));

/** As search/nearest.ts decides, with every draw looked at once. */
function verdict(at, program) {
  const near = of(program).map((i) => distance(i, at));
  let [worst, tried] = ['nearer', 0];
  for (const rival of names.keys()) {
    if (rival === program) continue;
    const far = of(rival).map((i) => distance(i, at));
    const count = far.filter((d, i) => near[i] < d).length;
    tried = far.length;
    if (lib.sideOf(tried - count, tried, 0.5, ALPHA / (names.length - 1)) === 'above') return 'farther';
    if (lib.sideOf(count, tried, 0.5, ALPHA) !== 'above') worst = 'open';
  }
  return worst;
}
function among(at, program) {
  const list = of(program);
  const pairs = list.filter((_, i) => i % 2 === 0 && i + 1 < list.length).map((i) => [i, list[list.indexOf(i) + 1]]);
  const nearer = pairs.filter(([i, j]) => distance(i, at) < distance(i, j)).length;
  return { above: 'among', below: 'outside' }[lib.sideOf(nearer, pairs.length, AMONG, ALPHA)] ?? 'open';
}

console.log(
  '| models | half | own program: nearer, open, farther | another: nearer, open, farther | own: among, open, outside | another: among, open, outside |\n|---|---|---|---|---|---|',
);
const settings = [...new Set(models.map(({ setting }) => setting))];
for (const setting of settings)
  for (const half of [0, 1]) {
    const counts = { own: {}, other: {}, amongOwn: {}, amongOther: {} };
    const add = (where, what) => (counts[where][what] = (counts[where][what] ?? 0) + 1);
    models.forEach(({ own, k, setting: its }, i) => {
      if (its !== setting || (k < MODELS / 2 ? 0 : 1) !== half) return;
      for (const program of names.keys()) {
        add(program === own ? 'own' : 'other', verdict(drawn.length + i, program));
        add(program === own ? 'amongOwn' : 'amongOther', among(drawn.length + i, program));
      }
    });
    const three = (where, keys) => keys.map((key) => counts[where][key] ?? 0).join(', ');
    const [nearest, inside] = [
      ['nearer', 'open', 'farther'],
      ['among', 'open', 'outside'],
    ];
    console.log(
      `| ${setting} | ${half + 1} | ${three('own', nearest)} | ${three('other', nearest)} | ${three('amongOwn', inside)} | ${three('amongOther', inside)} |`,
    );
  }
