// How often the tests of twins are wrong at the edge of what they test, looking after every block of two pairs: the median twin ratio is 1, or the median response cosine one half, exactly. Each false alarm is to
// come at a rate of at most its level. Runs from the sources, without a build.
//   node lab/bench/twins-false-alarms.mjs [repeats] [blocks]
import { fromSources } from './sources.mjs';

const { TwinTest, medianAbove, medianBelow, random, wilson } = await fromSources(
  'twins-false-alarms',
  `
    export { TwinTest, medianAbove, medianBelow } from './src/statistics/twins.js';
    export { random } from './src/random.js';
    export { wilson } from './src/statistics/intervals.js';`,
);

const [repeats = 20000, blocks = 20] = process.argv.slice(2).map(Number);
const level = 0.05;
const reached = (log, at) => log >= -Math.log(at);
const rate = (wrong) => {
  const { estimate, low, high } = wilson(wrong, repeats, 0.95);
  return `${(100 * estimate).toFixed(2)} % [${(100 * low).toFixed(2)}, ${(100 * high).toFixed(2)}]`;
};

/** Distances of a block whose ratios have the median 1 on side 1; side 2 says `other` of all of them. */
const ratios = {
  'half and half': (next) => [next.below(2) ? 2 : 0.5, next.below(2) ? 2 : 0.5],
  'log-normal': (next) => [Math.exp(0.3 * next.normal()), Math.exp(0.3 * next.normal())],
  'twins of a block alike': (next) => {
    const one = Math.exp(0.3 * next.normal());
    return [one, one];
  },
  'within-model distance shared': (next) => {
    const within = Math.exp(0.5 * next.normal());
    return [Math.exp(0.2 * next.normal()) / within, Math.exp(0.2 * next.normal()) / within];
  },
  'heavy above': (next) => [0, 1].map(() => (next.below(2) ? 1 + 10 / (0.01 + next.unit()) : 0.99)),
};

console.log(`${repeats} runs of ${blocks} blocks, every limit looked at after each\n`);
console.log('| ratio of median 1 | "nearer" at 5 % | "farther" at 2.5 % |\n| --- | --- | --- |');
for (const [name, draw] of Object.entries(ratios)) {
  const next = random(1, name);
  let [nearer, farther] = [0, 0];
  for (let run = 0; run < repeats; run++) {
    // what the other side says is certain: the worst case of a rule that both must agree on, or that one suffices for
    const [near, far] = [new TwinTest(1e-6), new TwinTest(1e-6)];
    for (let b = 0; b < blocks; b++) {
      const twins = draw(next);
      near.observe({ twins, siblings: [1, 1e3] }, []);
      far.observe({ twins, siblings: [1, 1] }, []);
    }
    if (reached(near.below(1), level)) nearer++;
    if (reached(far.beyond(1), level / 2)) farther++;
  }
  console.log(`| ${name} | ${rate(nearer)} | ${rate(farther)} |`);
}

const cosines = {
  '1 or 0': (next) => next.below(2),
  'at one half, or above it': (next) => (next.below(2) ? 0.5 : next.unit()),
  '0.9 or -0.7': (next) => (next.below(2) ? 0.9 : -0.7),
  uniform: (next) => next.unit(),
  'near one half': (next) => 0.4 + 0.2 * next.unit(),
};
console.log('\n| cosine of median one half | "alike" at 5 % | "unlike" at 2.5 % |\n| --- | --- | --- |');
for (const [name, draw] of Object.entries(cosines)) {
  const next = random(2, name);
  let [alike, unlike] = [0, 0];
  for (let run = 0; run < repeats; run++) {
    const values = Array.from({ length: 2 * blocks }, () => draw(next));
    if (reached(medianAbove(values, 0.5), level)) alike++;
    if (reached(medianBelow(values, 0.5), level / 2)) unlike++;
  }
  console.log(`| ${name} | ${rate(alike)} | ${rate(unlike)} |`);
}
