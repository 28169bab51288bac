// Which program is a model nearest to, by toImplement without a chain: of models compiled and trained on the six programs of n-permutation, how often is the verdict right, open and wrong?
//   node lab/simulations/nearest-trained.mjs [implementations of each program, default 48] [models of each algorithm and setting, default 8] [compiled: no trained ones]
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
   export { sideOf } from './src/statistics/binomial-sequence.js';
   export { clopperPearson } from './src/statistics/binomial.js';`,
);
const [N, ALPHA, AMONG, BLOCK] = [4, 0.05, 0.1, 8];
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
for (const setting of process.argv[4] === 'compiled'
  ? []
  : lib.trainedSettings(await lib.Zoo.open(join(root, 'lab', 'n-permutation', 'models'), N)))
  for (const [own, name] of names.entries())
    for (let k = 0; k < Math.min(MODELS, setting.count(name)); k++) {
      const model = await setting.model(name, k);
      models.push({ own, k, setting: setting.name, gram: await gramOf(model) });
      model.dispose();
    }

const all = [...drawn, ...models];
const grams = all.map(({ gram }) => gram);
const { data } = await lib.ridgeDistances(grams, grams, { seed: 1, distinct: true });
if (data.some((value) => !Number.isFinite(value))) throw new Error('a distance is no number');
const distance = (i, j) => data[i * all.length + j];
const of = (program) => drawn.flatMap(({ own }, i) => (own === program ? [i] : []));

/** Whether a model lies among the first so many implementations of a program: nearer to the first of a pair than the second is. */
function among(at, program, draws) {
  const list = of(program).slice(0, draws);
  const pairs = list.flatMap((i, k) => (k % 2 === 0 && k + 1 < list.length ? [[i, list[k + 1]]] : []));
  const nearer = pairs.filter(([i, j]) => distance(i, at) < distance(i, j)).length;
  return { above: 'among', below: 'outside' }[lib.sideOf(nearer, pairs.length, AMONG, ALPHA)] ?? 'open';
}
/**
 * As search/nearest.ts decides: it looks after every eight draws, and what is certain stays.
 * @returns the verdict, and what it would be if the model need not lie among the implementations of what it is nearest to
 */
function verdict(at, program, beside = names.keys()) {
  const near = of(program).map((i) => distance(i, at));
  const rivals = [...beside].filter((rival) => rival !== program);
  const is = new Map();
  const lies = new Map();
  let plain;
  for (let tried = BLOCK; tried <= DRAWS; tried += BLOCK) {
    for (const rival of rivals) {
      if (is.has(rival)) continue;
      const far = of(rival).map((i) => distance(i, at));
      const nearer = far.slice(0, tried).filter((d, i) => near[i] < d).length;
      const farther = far.slice(0, tried).filter((d, i) => near[i] > d).length;
      if (lib.sideOf(nearer, tried, 0.5, ALPHA) === 'above') is.set(rival, 'nearer');
      else if (lib.sideOf(farther, tried, 0.5, ALPHA / rivals.length) === 'above') is.set(rival, 'farther');
    }
    for (const one of [program, ...rivals]) {
      const where = among(at, one, tried);
      if (!lies.has(one) && where !== 'open') lies.set(one, where);
    }
    const all = rivals.map((rival) => is.get(rival));
    const nearest = all.every((one) => one === 'nearer');
    plain ??= all.includes('farther') ? 'farther' : nearest ? 'nearer' : undefined;
    if (rivals.some((rival) => is.get(rival) === 'farther' && lies.get(rival) === 'among'))
      return { nearest: 'farther', plain };
    if (nearest && lies.get(program) === 'among') return { nearest: 'nearer', plain };
  }
  return { nearest: 'open', plain: plain ?? 'open' };
}

/** Of each model: what is said of its own program and of each other, and which of all programs is nearest on average. */
const kindOf = (program) => names[program].slice(0, 4);
const found = models.map(({ own, k, setting }, i) => {
  const at = drawn.length + i;
  const means = [...names.keys()].map((program) => {
    const list = of(program);
    return list.reduce((sum, j) => sum + distance(j, at), 0) / list.length;
  });
  return {
    setting,
    half: k < MODELS / 2 ? 1 : 2,
    least: means.indexOf(Math.min(...means)) === own,
    beside: verdict(
      at,
      own,
      [...names.keys()].filter((program) => kindOf(program) !== kindOf(own)),
    ),
    verdicts: [...names.keys()].map((program) => ({
      own: program === own,
      ...verdict(at, program),
      among: among(at, program, DRAWS),
    })),
  };
});
const rate = (list, what) => {
  const count = list.filter(what).length;
  const { low, high } = lib.clopperPearson(count, list.length, 0.95);
  return `${count} of ${list.length} (${low.toFixed(2)} to ${high.toFixed(2)})`;
};
const heads = ['models', 'half', 'own: nearer', 'open', 'farther', 'another: nearer', 'own: among', 'another: among'];
const more = ['least mean distance is its own', 'own beside the other kind: nearer', 'farther'];
for (const rule of ['nearest', 'plain']) {
  console.log(
    `\n${rule === 'plain' ? 'if it need not lie among them' : 'the rule'}\n| ${[...heads, ...more].join(' | ')} |`,
  );
  console.log(`|${'---|'.repeat(heads.length + more.length)}`);
  for (const setting of new Set(models.map((one) => one.setting)))
    for (const half of [[1], [2], [1, 2]]) {
      const list = found.filter((one) => one.setting === setting && half.includes(one.half));
      const [own, others] = [true, false].map((is) =>
        list.flatMap(({ verdicts }) => verdicts).filter((one) => one.own === is),
      );
      const cells = [
        setting,
        half.length === 2 ? 'both' : half[0],
        ...['nearer', 'open', 'farther'].map((is) => rate(own, (one) => one[rule] === is)),
        rate(others, (one) => one[rule] === 'nearer'),
        ...[own, others].map((some) => rate(some, (one) => one.among === 'among')),
        rate(list, (one) => one.least),
        ...['nearer', 'farther'].map((is) => rate(list, ({ beside }) => beside[rule] === is)),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
}
