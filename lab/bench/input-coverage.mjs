// Are the drawn inputs a random factor of the limits? Of the example's models: pairs of twins over many inputs, of which samples are drawn again and again. How much the log of the excess moves from
// sample to sample, what the groups of inputs within one sample say of that, and how often limits at 5 % miss the mean over all samples.
//   node lab/bench/input-coverage.mjs [redraws] [pairs] [inputs of the population]
import { join } from 'node:path';
import { fromSources, root } from './sources.mjs';

const {
  startSampling,
  byIntervention,
  load,
  accuracy,
  pairs,
  range,
  task,
  measures,
  subsetInputs,
  random,
  studentQuantile,
} = await fromSources(
  'input-coverage',
  `export { startSampling } from './src/implementations/sampling.ts';
     export { byIntervention } from './src/implementations/index.ts';
     export { load } from './src/model/load.ts';
     export { accuracy, pairs, range } from './src/task/index.ts';
     export { measures } from './src/measure/index.ts';
     export { subsetInputs } from './src/representation/gram.ts';
     export { random } from './src/random.ts';
     export { studentQuantile } from './src/statistics/distributions.ts';
     export { task } from './generators/task.ts';`,
);
const [redraws = 60, count = 6, population = 800] = process.argv.slice(2).map(Number);
const model = (name) => load(join(root, 'examples', 'modular-addition', 'models', `${name}.safetensors`));
const on = task({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});
const released = await model('released');

/** The log of cross-model over within-model distance of both sides, twins left out. */
async function excess(which, sides, at, seed) {
  const grams = sides.flat().map((gram) => subsetInputs(gram, at));
  const m = grams.length;
  const n = m / 2;
  const { data } = await measures[which].distances(grams, { seed, splits: 3, distinct: true });
  const mean = (row, column) => {
    let sum = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) sum += data[(row + i) * m + column + j];
    return sum / (n * (n - 1));
  };
  return [Math.log(mean(0, n) / mean(0, 0)), Math.log(mean(0, n) / mean(n, n))];
}
const meanOf = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values) => {
  const centre = meanOf(values);
  return values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / (values.length - 1);
};

console.log(
  `${count} pairs of twins, the models themselves among them, over ${population} inputs; ${redraws} samples of n of them\n`,
);
console.log('| candidate | measure | n | groups | sd over samples | sd by groups | too low | too high |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const name of ['finetuned-further', 'constant-attention']) {
  const candidate = await model(name);
  const sampling = await startSampling([byIntervention(released), byIntervention(candidate)], {
    task: on,
    examples: on.examples(population, 5),
    seed: 5,
    common: 'auto',
    minAcceptance: 0.2,
    sites: undefined,
    pool: 'last',
    perSite: 0,
    keepSites: false,
    signal: undefined,
    progress: [() => {}, () => {}],
    opened: () => {},
  });
  await sampling.fill(count);
  const sides = sampling.sides.map(({ drawn }) => drawn.map(({ gram }) => gram));
  for (const which of ['ridge', 'cka'])
    for (const [n, sizes] of [
      [100, [4]],
      [200, [4, 8]],
    ]) {
      const whole = [];
      const groups = sizes.map(() => []);
      for (let draw = 0; draw < redraws; draw++) {
        const stream = random(draw, `inputs ${n}`);
        const at = Array.from(stream.permutation(population)).slice(0, n);
        whole.push((await excess(which, sides, at, draw))[0]);
        for (const [s, G] of sizes.entries()) {
          const of = [];
          for (let g = 0; g < G; g++)
            of.push(
              (
                await excess(
                  which,
                  sides,
                  at.filter((_, i) => i % G === g),
                  draw,
                )
              )[0],
            );
          groups[s].push(Math.sqrt(((1 - n / population) * variance(of)) / G));
        }
      }
      const centre = meanOf(whole);
      for (const [s, G] of sizes.entries()) {
        const t = studentQuantile(0.95, G - 1);
        const missed = (sign) => whole.filter((y, i) => sign * (y - centre) > t * groups[s][i]).length;
        console.log(
          `| ${name} | ${which} | ${n} | ${G} | ${Math.sqrt(variance(whole)).toFixed(4)} | ${Math.sqrt(meanOf(groups[s].map((x) => x * x))).toFixed(4)} | ${missed(-1)} | ${missed(1)} |`,
        );
      }
    }
  candidate.dispose();
}
