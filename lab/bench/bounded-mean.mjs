// How often the bet on a mean in [0, 1] is wrong at the edge of the tolerance, looked at after every one of 512 observations. lab/responses.md has the numbers.
//   node lab/bench/bounded-mean.mjs [--runs 20000] [--seed 0]
import { parseArgs } from 'node:util';
import { fromSources } from './sources.mjs';

const { BoundedMean, clopperPearson, random } = await fromSources(
  'bounded-mean',
  `
    export { BoundedMean } from './src/statistics/bounded-mean.js';
    export { clopperPearson } from './src/statistics/binomial.js';
    export { random } from './src/random.js';`,
);
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '0' } },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
const MOST = 512;
const MEAN = 0.15;

/** Laws with that mean. */
const laws = {
  'all or nothing': (stream) => Number(stream.unit() < MEAN),
  'uniform from 0 to twice the mean': (stream) => 2 * MEAN * stream.unit(),
  'mostly near nothing, else half': (stream) => (stream.unit() < 0.7 ? 0 : 0.5),
  'mostly near the mean, rarely 1': (stream) => (stream.unit() < 0.05 ? 1 : 0.1 / 0.95),
};
console.log('| law | says | level | wrong | upper limit (95 %) |\n|---|---|---|---|---|');
for (const [name, draw] of Object.entries(laws))
  for (const [side, level] of [
    ['above', 0.05],
    ['below', 0.05],
    ['above', 0.05 / 8],
  ]) {
    let wrong = 0;
    for (let run = 0; run < runs; run++) {
      const stream = random(seed + run, `${name} ${side} ${level}`);
      const mean = new BoundedMean(MEAN);
      for (let i = 0; i < MOST; i++) {
        mean.observe(draw(stream));
        if (!mean.is(side, level)) continue;
        wrong++;
        break;
      }
    }
    const { high } = clopperPearson(wrong, runs, 0.9);
    console.log(`| ${name} | ${side} | ${level} | ${(wrong / runs).toFixed(4)} | ${high.toFixed(4)} |`);
  }
