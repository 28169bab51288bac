// Distances between the modular-addition example's models, plainly and up to the task's symmetries: (a, b) -> (u a, u b) for the 42 units u, and the swap. Among the models are two made from
// `released` by relabelling its tokens with a unit: the same mechanism on other frequencies. Runs from the sources, without a build.
//   node lab/bench/symmetries.mjs [--inputs 400] [--seed 0] [--splits 3] [--measures ridge,cka] [--drawn 0] [--time 0]
// --drawn 10 adds the mean over so many implementations a side, made by resampling as `compare` does; --time 86 the seconds for so many Grams at once, and for blocks of 4.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spectrum } from '../../examples/modular-addition/train/mechanism.mjs';
import { fromSources, root } from './sources.mjs';

const {
  accuracy,
  addGrams,
  byIntervention,
  defineTask,
  featuresOf,
  gramOf,
  load,
  measures,
  pairs,
  random,
  range,
  relabelTokens,
  runExamples,
  shuffleInputs,
  transformer,
  upTo,
} = await fromSources(
  'symmetries',
  `
    export { load } from './src/model/load.js';
    export { transformer } from './src/model/formats/transformer/run/model.js';
    export { accuracy, pairs, range, runExamples, defineTask } from './src/task/index.js';
    export { featuresOf } from './src/representation/capture.js';
    export { addGrams, gramOf, shuffleInputs } from './src/representation/gram.js';
    export { measures, upTo } from './src/measure/index.js';
    export { byIntervention } from './src/implementations/index.js';
    export { random } from './src/random.js';
    export { relabelTokens } from './tests/helpers/relabel.js';`,
);

const { values } = parseArgs({
  options: Object.fromEntries(
    Object.entries({ inputs: '400', seed: '0', splits: '3', measures: 'ridge,cka', drawn: '0', time: '0' }).map(
      ([name, fallback]) => [name, { type: 'string', default: fallback }],
    ),
  ),
});
const [inputs, seed, splits, drawn, time] = ['inputs', 'seed', 'splits', 'drawn', 'time'].map((name) =>
  Number(values[name]),
);
const p = 43;
// 3 generates the units modulo 43
const addition = defineTask({
  name: `addition mod ${p}`,
  inputs: pairs(range(p), range(p)),
  behaviour: accuracy(([a, b]) => (a + b) % p),
  threshold: { atLeast: 0.99 },
  symmetries: { 'times 3': ([a, b]) => [(3 * a) % p, (3 * b) % p], swap: ([a, b]) => [b, a] },
});
const examples = addition.examples(inputs, seed);
const relabellings = addition.relabellings(examples);

const folder = join(root, 'examples', 'modular-addition', 'models');
const example = (name) => load(join(folder, `${name}.safetensors`), { backend: 'wasm' });
const models = new Map();
for (const name of ['released', 'quantised', 'retrained', 'constant-attention']) models.set(name, await example(name));
for (const u of [5, 20]) {
  const { config, weights } = models.get('released');
  models.set(
    `released x ${u}`,
    await transformer(
      config,
      relabelTokens(weights, (token) => (u * token) % p),
      { name: `released x ${u}`, backend: 'wasm' },
    ),
  );
}

async function represent(model, patch) {
  const sites = model.representationSites;
  const run = await runExamples(model, addition, examples, { capture: sites, ...(patch && { patch }) });
  const gram = addGrams(
    sites.map((name) =>
      gramOf(
        featuresOf(
          model.sites.find((site) => site.name === name),
          run.batches,
          'last',
        ),
        { where: name, constant: 'zero' },
      ),
    ),
  );
  return { gram, score: run.score };
}

const frequencies = ({ weights }) =>
  spectrum(weights.get('embed.W_E'))
    .filter(({ share }) => share >= 0.02)
    .map(({ k, share }) => `${k} (${Math.round(100 * share)})`)
    .join(', ');
console.log(`${examples.inputs.length} inputs, ${relabellings.length} relabellings, seed ${seed}, ${splits} splits\n`);
const names = [...models.keys()];
for (const [name, model] of models)
  console.log(`- ${name}: frequencies above 2 % (share of W_E's power, %) ${frequencies(model)}`);
const grams = [];
for (const [name, model] of models) {
  const { gram, score } = await represent(model);
  if (!addition.meets(score)) throw new Error(`${name} scores ${score}`);
  grams.push(gram);
}
// unrelated by construction
names.push('released, inputs shuffled');
grams.push(shuffleInputs(grams[0], random(seed, 'control').permutation(grams[0].n)));

for (const which of values.measures.split(',')) {
  const options = { seed, splits };
  const started = performance.now();
  const plain = await measures[which].distances(grams, options);
  const between = performance.now();
  const least = await upTo(measures[which], relabellings).distances(grams, options);
  const ended = performance.now();
  console.log(
    `\n## ${which}: plainly, up to symmetries (${((between - started) / 1000).toFixed(2)} s, ${((ended - between) / 1000).toFixed(1)} s)\n`,
  );
  console.log(`| | ${names.slice(1).join(' | ')} |\n|${'---|'.repeat(names.length)}`);
  const m = names.length;
  names.slice(0, -1).forEach((name, i) =>
    console.log(
      `| ${name} | ${names
        .slice(1)
        .map((_, j) =>
          j + 1 <= i ? '' : `${plain.data[i * m + j + 1].toFixed(3)}, ${least.data[i * m + j + 1].toFixed(3)}`,
        )
        .join(' | ')} |`,
    ),
  );
}

if (drawn > 0) {
  const baseline = models.get('released');
  const draw = async (model, label) => {
    const set = await byIntervention(model, {}).open({
      task: addition,
      examples,
      seed: random(seed, label).below(0x7fffffff),
      searchSeed: random(seed, 'search').below(0x7fffffff),
    });
    const found = [];
    for (let k = 0; found.length < drawn; k++) {
      const { model: of, patch } = await set.draw(k);
      const { gram, score } = await represent(of, patch);
      if (addition.meets(score)) found.push(gram);
    }
    return found;
  };
  const own = await draw(baseline, 'baseline');
  console.log(
    `\n## ridge, mean over ${drawn} implementations a side: plainly, up to symmetries\n\n| released against | siblings of released | siblings of the other | strangers |\n|---|---|---|---|`,
  );
  for (const [name, model] of models) {
    const all = [...own, ...(await draw(model, 'candidate'))];
    const m = all.length;
    const means = ({ data }) => {
      const sums = [
        [0, 0],
        [0, 0],
        [0, 0],
      ];
      for (let i = 0; i < m; i++)
        for (let j = 0; j < i; j++) {
          const at = sums[i < drawn ? 0 : j >= drawn ? 1 : 2];
          at[0] += data[i * m + j];
          at[1]++;
        }
      return sums.map(([sum, count]) => (sum / count).toFixed(3));
    };
    const a = means(await measures.ridge.distances(all, { seed, splits }));
    const b = means(await upTo(measures.ridge, relabellings).distances(all, { seed, splits }));
    console.log(`| ${name} | ${a.map((x, k) => `${x}, ${b[k]}`).join(' | ')} |`);
  }
}

if (time > 0) {
  const many = Array.from({ length: time }, (_, i) => grams[i % grams.length]);
  for (const which of values.measures.split(','))
    for (const some of [many.slice(0, 4), many]) {
      const started = performance.now();
      await upTo(measures[which], relabellings).distances(some, { seed, splits });
      console.log(
        `${which}, ${some.length} Grams: ${((performance.now() - started) / 1000).toFixed(1)} s, ${(process.memoryUsage().rss / 2 ** 30).toFixed(1)} GiB`,
      );
    }
}
for (const model of models.values()) model.dispose();
