// Limits that hold whenever one looks (src/statistics/binomial-sequence.ts). How often are they ever wrong, looking after every draw; and the interval for a fixed number, looked at as often? By simulation, and
// exactly, by summing over all sequences of draws. Then: how many draws until a part is decided, beside a fixed number of draws for each. Runs from the sources, without a build.
//   node lab/bench/necessity-sequential.mjs [repeats] [draws] [tests]
import { fromSources } from './sources.mjs';

const { atLeast, atMost, clopperPearson, random, sideOf } = await fromSources(
  'necessity-sequential',
  `
    export { atLeast, atMost, clopperPearson } from './src/statistics/binomial.js';
    export { sideOf } from './src/statistics/binomial-sequence.js';
    export { random } from './src/random.js';`,
);

const [repeats = 20000, most = 1000, tests = 8] = process.argv.slice(2).map(Number);
const alpha = 0.05;
const effect = 0.05;

/**
 * The counts at which a share is not ruled out, for every number of draws up to `most`.
 * @param above whether so many successes of so many draws rule it out from above; falls silent as successes get fewer
 */
function kept(above, below) {
  const [least, largest] = [new Int32Array(most + 1), new Int32Array(most + 1)];
  let [low, high] = [0, 0];
  for (let n = 1; n <= most; n++) {
    // with one draw more each limit moves up by one at most
    if (high < n && !above(high + 1, n)) high++;
    while (high >= 0 && above(high, n)) high--;
    while (low <= n && below(low, n)) low++;
    [least[n], largest[n]] = [low, high];
  }
  return { least, largest };
}

/** The chance that the count is ever outside, exactly. */
function everOutside(share, { least, largest }) {
  let alive = new Float64Array(most + 2);
  alive[0] = 1;
  let outside = 0;
  for (let n = 1; n <= most; n++) {
    const next = new Float64Array(most + 2);
    for (let k = 0; k < n; k++) {
      next[k] += alive[k] * (1 - share);
      next[k + 1] += alive[k] * share;
    }
    for (let k = 0; k <= n; k++)
      if (k < least[n] || k > largest[n]) {
        outside += next[k];
        next[k] = 0;
      }
    alive = next;
  }
  return outside;
}

function simulated(share, { least, largest }) {
  const stream = random(1, `share ${share}`);
  let outside = 0;
  for (let i = 0; i < repeats; i++) {
    let k = 0;
    for (let n = 1; n <= most; n++) {
      if (stream.unit() < share) k++;
      if (k < least[n] || k > largest[n]) {
        outside++;
        break;
      }
    }
  }
  return outside;
}

const percent = (x, digits = 2) => `${(100 * x).toFixed(digits)} %`;
const withInterval = (k, n) => {
  const { low, high } = clopperPearson(k, n, 0.95);
  return `${percent(k / n)} [${percent(low)}, ${percent(high)}]`;
};

console.log(
  `Ever wrong within ${most} draws, looking after each; ${repeats} sequences, 95 % confidence asked, so at most 5 %\n`,
);
console.log(
  '| share | confidence sequence, simulated | exactly | interval for a fixed number, looked at as often, exactly |\n|---|---|---|---|',
);
for (const share of [0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.95, 0.99, 1]) {
  const side = (k, n) =>
    share === 0
      ? k > 0
        ? 'above'
        : undefined
      : share === 1
        ? k < n
          ? 'below'
          : undefined
        : sideOf(k, n, share, alpha);
  const sequence = kept(
    (k, n) => side(k, n) === 'above',
    (k, n) => side(k, n) === 'below',
  );
  const fixed = kept(
    (k, n) => k > 0 && atLeast(k, n, share) < alpha / 2,
    (k, n) => k < n && atMost(k, n, share) < alpha / 2,
  );
  console.log(
    `| ${share} | ${withInterval(simulated(share, sequence), repeats)} | ${percent(everOutside(share, sequence))} | ${percent(everOutside(share, fixed))} |`,
  );
}

/** Draws until decided, and how it came out. */
function decide(share, stream, level) {
  let k = 0;
  for (let n = 1; n <= most; n++) {
    if (stream.unit() < share) k++;
    const side = sideOf(k, n, effect, level);
    if (side !== undefined) return { n, side };
  }
  return { n: most, side: undefined };
}

const fixedDraws = 200;
const level = alpha / tests;
/** Exact tests after so many draws, half of the error for each side. */
const decidedAfter = (k, n) =>
  atLeast(k, n, effect) <= level / 2 ? 'above' : atMost(k, n, effect) <= level / 2 ? 'below' : undefined;
const fixedSide = Array.from({ length: fixedDraws + 1 }, (_, k) => decidedAfter(k, fixedDraws));
const some = Math.min(repeats, 4000);
console.log(
  `\nDraws to decide whether a share is above ${percent(effect, 0)}, at most ${most}; ${tests} parts and ways, each at an error of ${percent(level)}; ${some} sequences. Beside it ${fixedDraws} draws for every part\n`,
);
console.log(
  `| share | draws: mean | median | 90 % | decided | wrongly | of ${fixedDraws} saved | decided by ${fixedDraws} | wrongly |\n|---|---|---|---|---|---|---|---|---|`,
);
for (const share of [0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.2, 0.5, 0.9, 1]) {
  const stream = random(2, `share ${share}`);
  const found = Array.from({ length: some }, () => decide(share, stream, level));
  const sides = Array.from({ length: some }, () => {
    let k = 0;
    for (let n = 0; n < fixedDraws; n++) if (stream.unit() < share) k++;
    return fixedSide[k];
  });
  const isWrong = (side) => (side === 'above' && share <= effect) || (side === 'below' && share >= effect);
  const draws = found.map(({ n }) => n).toSorted((a, b) => a - b);
  const mean = draws.reduce((a, b) => a + b) / some;
  const shareOf = (list, of) => percent(list.filter(of).length / some, 1);
  console.log(
    `| ${share} | ${mean.toFixed(0)} | ${draws[some >> 1]} | ${draws[Math.floor(0.9 * some)]} | ${shareOf(found, ({ side }) => side)} | ${shareOf(found, ({ side }) => isWrong(side))} | ${percent(1 - mean / fixedDraws, 0)} | ${shareOf(sides, (side) => side)} | ${shareOf(sides, isWrong)} |`,
  );
}
