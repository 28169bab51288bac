// Twin ratio, response cosine and outcome of pairs of the calibration's networks, a kind at a time. What came out: lab/twins.md. Runs from the sources, without a build.
//   node lab/bench/twins.mjs [pairs of a kind] [inputs] [seed] [measure] [kind ...]
// Imitating networks have twice as many neurons as what they imitate: toBeDerivedFrom leaves those undecided, and here the first half of them is paired.
import { join } from 'node:path';
import { fromSources, root } from './sources.mjs';

const {
  CommonSampler,
  Zoo,
  byIntervention,
  comparedInputs,
  components,
  distinctness,
  drawTwins,
  openTwins,
  prunedAsFarAsItGoes,
  quantise,
  random,
} = await fromSources(
  'twins',
  `
    export { distinctness } from './lab/calibration/tasks.js';
    export { prunedAsFarAsItGoes } from './lab/calibration/prune.js';
    export { Zoo } from './lab/calibration/zoo.js';
    export { components } from './src/circuit/component.js';
    export { CommonSampler } from './src/implementations/common.js';
    export { comparedInputs } from './src/implementations/inputs.js';
    export { byIntervention } from './src/implementations/index.js';
    export { drawTwins, openTwins } from './src/verdict/twins/draw-twins.js';
    export { quantise } from './src/model/formats/transformer/quantise.js';
    export { random } from './src/random.js';`,
);

const [count = 5, inputs = 128, seed = 0] = process.argv.slice(2, 5).map(Number);
const measure = process.argv[5] ?? 'cka';
const only = process.argv.slice(6);
const zoo = await Zoo.open(join(root, 'lab/calibration/models'));
const own = [];
const copied = async (model) => (own.push(model), model);
const recipes = ['learned', 'constant', 'sort', 'count', 'rank'];
const pick = (stream, list) => list[stream.below(list.length)];
const some = (stream, recipe) => zoo.model(recipe, pick(stream, zoo.numbers(recipe)));
const descendant = (recipe) => async (stream) => {
  const number = pick(stream, zoo.numbers(recipe));
  return [await zoo.model('learned', number), await zoo.model(recipe, number)];
};

const kinds = {
  itself: async (stream) => {
    const model = await some(stream, pick(stream, recipes));
    return [model, model];
  },
  '8 bits': async (stream) => {
    const model = await some(stream, pick(stream, recipes));
    return [model, await copied(await quantise(model, 8))];
  },
  'fine-tuned': descendant('finetuned'),
  pruned: async (stream) => {
    const model = await some(stream, pick(stream, recipes));
    return [model, await copied(await prunedAsFarAsItGoes(model, 0.05 + 0.25 * stream.unit()))];
  },
  imitating: descendant('imitating'),
  distilled: descendant('distilled'),
  'another run': async (stream) => {
    const recipe = pick(stream, recipes);
    const [a, b] = stream.permutation(zoo.numbers(recipe).length);
    return [await zoo.model(recipe, zoo.numbers(recipe)[a]), await zoo.model(recipe, zoo.numbers(recipe)[b])];
  },
  'constant attention': async (stream) => [
    await zoo.model('learned', pick(stream, zoo.needing('learned'))),
    await some(stream, 'constant'),
  ],
  'another variable': async (stream) => {
    const [a, b] = stream.permutation(3);
    const variables = ['sort', 'count', 'rank'];
    return [await some(stream, variables[a]), await some(stream, variables[b])];
  },
};

/** As `openTwins`, on the components that both models have. */
async function inPart(models, options) {
  const sets = models.map((model) => byIntervention(model));
  const compared = await comparedInputs(options.on, sets, options.inputs, options.seed);
  const theirs = new Map(components(models[1]).map((one) => [one.name, one]));
  const pairs = components(models[0]).flatMap((one) => (theirs.has(one.name) ? [[one, theirs.get(one.name)]] : []));
  const sampler = await CommonSampler.start(sets, pairs, {
    task: options.on,
    examples: compared.examples,
    rows: compared.rows,
    seed: options.seed,
    searchSeed: options.seed,
    minAcceptance: options.minAcceptance,
    pool: options.pool,
    perSite: 8,
    keepSites: false,
  });
  return { compared, sampler };
}

const shown = ({ estimate, low, high }) =>
  `${estimate.toFixed(2)} [${low.toFixed(2)}, ${high > 100 ? '-' : high.toFixed(2)}]`;

for (const [kind, drawn] of Object.entries(kinds)) {
  if (only.length > 0 && !only.includes(kind)) continue;
  const results = [];
  for (let index = 0; index < count; index++) {
    const stream = random(seed + index, `twins ${kind}`);
    const models = await drawn(stream);
    const options = {
      on: distinctness,
      seed: stream.below(0x7fffffff),
      budget: { draws: 40 },
      levels: { alpha: 0.05, beta: 0.05 },
      inputs,
      pool: 'last',
      measure,
      splits: 3,
      minAcceptance: 0.2,
      say: () => undefined,
    };
    const started = performance.now();
    const open = kind === 'imitating' ? await inPart(models, options) : await openTwins(models, options);
    if (!open.sampler) {
      console.log(kind, index, open.finding);
      continue;
    }
    const { twins } = await drawTwins(open, options);
    const seconds = (performance.now() - started) / 1000;
    results.push(twins);
    console.log(
      `${kind} ${index}: ${models.map(({ name }) => name).join(' | ')}: ${twins.outcome} after ${twins.pairs}, ratio ${shown(twins.ratio)}, of means ${shown(twins.meanRatio)}, cosine ${twins.cosine ? shown(twins.cosine) : '-'}, still ${twins.still}, ${seconds.toFixed(1)} s`,
    );
  }
  const range = (of) => {
    const values = results.map(of).toSorted((a, b) => a - b);
    return `${values[0]?.toFixed(2)} to ${values.at(-1)?.toFixed(2)}`;
  };
  const outcomes = ['derived', 'open', 'not derived'].map(
    (name) => `${results.filter(({ outcome }) => outcome === name).length} ${name}`,
  );
  console.log(
    `| ${kind} (${results.length}) | ${outcomes.join(', ')} | ${range(({ ratio }) => ratio.estimate)} | ${range(({ meanRatio }) => meanRatio.estimate)} | ${range(({ cosine }) => cosine?.estimate ?? NaN)} | ${range(({ pairs }) => pairs)} |`,
  );
  for (const model of own.splice(0)) model.dispose();
}
await zoo.dispose();
