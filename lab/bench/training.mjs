// Interchange training of models of 2 layers, d_model 64, on lists of 10 tokens: steps and processor time until all three accuracies are above 0.99.
//   node lab/bench/training.mjs distinct|sort|'count, repeats'|'count, values' [seed...] ['{"steps":3000}': options of train]
//   node lab/bench/training.mjs step        processor time of a step, by backend and number of inputs
//   node lab/bench/training.mjs small       the program of docs/training.md until it is accurate, on each backend
import { fromSources } from './sources.mjs';

const { program, permutationPrograms, random, backend, train, clock } = await fromSources(
  'training',
  `export { program } from './src/program/program.js';
   export { permutationPrograms } from './suites/n-permutation/programs.js';
   export { random } from './src/random.js';
   export { backend } from './src/tensor/backend.js';
   export { train } from './src/training/train.js';
   export { clock } from './src/signal.js';`,
);
const N = 10;
const vocabulary = Array.from({ length: N }, (_, i) => i);
const architecture = { n_layers: 2, n_heads: 4, d_model: 64, d_mlp: 128, act_fn: 'relu' };
const own = {
  distinct: ({ tokens, select, width, map, all, mean }) => {
    const count = width(select(tokens, tokens, '==')).named('count');
    const twice = map(count, (n) => n > 1).named('twice');
    return map(mean(all, twice).named('share'), (share) => share === 0).named('distinct');
  },
  sort: ({ tokens, indices, select, and, or, width, aggregate }) => {
    const before = or(select(tokens, tokens, '<'), and(select(tokens, tokens, '=='), select(indices, indices, '<')));
    return aggregate(select(width(before).named('place'), indices, '=='), tokens).named('sorted');
  },
};
const programOf = (name) =>
  own[name] ? program({ name, vocabulary, maxLength: N }, own[name]) : permutationPrograms(N)[name];

/** Half of them permutations, the others permutations of which some tokens are replaced; of any length, or of N tokens. */
function balanced(seed, anyLength) {
  const draw = random(seed, 'balanced');
  return Array.from({ length: 16384 }, () => {
    const length = anyLength ? 1 + draw.below(N) : N;
    const input = [...draw.permutation(length)];
    if (draw.below(2)) return input;
    const replaced = 1 + draw.below(length);
    for (let i = 0; i < replaced; i++) input[draw.below(length)] = draw.below(N);
    return input;
  });
}
const inputsFor = (name, seed) => (name === 'sort' ? undefined : balanced(seed, name !== 'distinct'));
const processor = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};
const reasonOf = ({ what, message }) => (what ?? message).split('\n')[0];
const percent = (value) => (100 * value).toFixed(1);

async function steps() {
  console.log('| backend | inputs of a loss | processor, s | wall, s |\n|---|---|---|---|');
  for (const [name, sizes, more] of [
    ['wasm', [16, 64, 256], 40],
    ['tfjs-node', [16, 64, 256], 40],
    ['tfjs-node-gpu', [16, 64, 256], 40],
    // a software adapter where there is no graphics card
    ['webgpu', [16], 10],
    ['cpu', [16], 2],
  ]) {
    const on = await backend({ backend: name }).catch((error) => error);
    if (on instanceof Error) {
      console.log(`| ${name} | not here: ${reasonOf(on)} | | |`);
      continue;
    }
    for (const batchSize of sizes) {
      // what comes before and after the steps is measured with one step, and taken off
      const measured = async (count) => {
        const [since, started] = [process.cpuUsage(), clock()];
        const { dispose } = await train(programOf('distinct'), {
          architecture,
          batchSize,
          backend: on,
          steps: count,
          inputs: balanced(0, false).slice(0, 512),
        });
        dispose();
        return [processor(since), (clock() - started) / 1000];
      };
      await measured(2);
      const [one, many] = [await measured(1), await measured(1 + more)];
      const [seconds, wall] = many.map((value, i) => ((value - one[i]) / more).toFixed(3));
      console.log(`| ${name} | ${batchSize} | ${seconds} | ${wall} |`);
    }
  }
}

/** The example of docs/training.md, on each backend that works here. */
async function small() {
  const repeated = program(
    { name: 'repeated', vocabulary: ['a', 'b'], maxLength: 3 },
    ({ tokens, select, width, map }) =>
      map(width(select(tokens, tokens, '==')).named('count'), (n) => n > 1).named('repeated'),
  );
  console.log('| backend | ended | steps | processor, s | wall, s |\n|---|---|---|---|---|');
  for (const name of ['wasm', 'tfjs-node', 'tfjs-node-gpu', 'webgpu', 'cpu']) {
    const on = await backend({ backend: name }).catch((error) => error);
    if (on instanceof Error) {
      console.log(`| ${name} | not here: ${reasonOf(on)} | | | |`);
      continue;
    }
    const [since, started] = [process.cpuUsage(), clock()];
    const {
      stopped,
      steps: taken,
      dispose,
    } = await train(repeated, {
      architecture: { n_layers: 1, n_heads: 2, d_model: 16, d_mlp: 16 },
      learningRate: 0.01,
      batchSize: 16,
      seed: 1,
      backend: on,
      seconds: 150,
    });
    dispose();
    console.log(
      `| ${name} | ${stopped} | ${taken} | ${processor(since).toFixed(1)} | ${((clock() - started) / 1000).toFixed(1)} |`,
    );
  }
}

/** Every number that `interchange` and `strict` are the lowest of, by name. */
const numbersOf = ({ interchanges: { sets, several, apart }, swaps }) => [
  ...sets.map(({ variables, all }) => [`${variables[0]} exchanged`, all.accuracy]),
  ...(several ? [['several exchanged', several.all.accuracy]] : []),
  ...apart.map(({ variables, all }) => [`${variables[0]} exchanged at some positions`, all.accuracy]),
  ...swaps.map(({ name, accuracy }) => [`free: ${name}`, accuracy]),
];

async function seeds(name, list, options) {
  console.log(
    '| program | seed | ended | steps | accuracy, interchange, strict (%) | lowest | processor, s | wall, s |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const seed of list) {
    const [since, started] = [process.cpuUsage(), clock()];
    const training = await train(programOf(name), {
      architecture,
      seed,
      inputs: inputsFor(name, seed),
      progress: ({ step, accuracies }) => {
        const { behaviour, interchange, strict } = accuracies;
        if (step % 500 === 0)
          console.error(`${name}, seed ${seed}, step ${step}: ${[behaviour, interchange, strict].map(percent)}`);
      },
      ...options,
    });
    const { behaviour, interchange, strict } = training.accuracy;
    const numbers = numbersOf(training.accuracy);
    const [lowest] = numbers.toSorted(([, a], [, b]) => a - b)[0];
    console.log(
      `| ${name} | ${seed} | ${training.stopped} | ${training.steps} | ${[behaviour, interchange, strict].map(percent).join(', ')} | ${lowest} | ${processor(since).toFixed(0)} | ${((clock() - started) / 1000).toFixed(0)} |`,
    );
    for (const [what, accuracy] of numbers) console.error(`${name}, seed ${seed}, ${what}: ${percent(accuracy)} %`);
    training.dispose();
  }
}

const [what = 'distinct', ...rest] = process.argv.slice(2);
const given = rest.filter((one) => !one.startsWith('{')).map(Number);
const options = JSON.parse(rest.find((one) => one.startsWith('{')) ?? '{}');
await (what === 'step'
  ? steps()
  : what === 'small'
    ? small()
    : seeds(what, given.length > 0 ? given : [1, 2, 3, 4, 5, 6], options));
