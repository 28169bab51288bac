// How often the confidence limits of docs/bounds.md are wrong, and how loose they are, on random worlds where the truth is known by enumeration. Exit 1 where a limit is wrong more often than
// its alpha beyond doubt. Runs from the sources, without a build.
//   node lab/bench/bounds-coverage.mjs [--worlds 40] [--samples 250] [--members 300] [--share 0.9] [--alpha 0.05] [--draws 38] [--seed 0]
import { parseArgs } from 'node:util';
import { fromSources } from './sources.mjs';

const { clopperPearson, coreBounds, drawsNeeded, random } = await fromSources(
  'bounds-coverage',
  `
    export { coreBounds, drawsNeeded } from './src/bounds/core-bounds.js';
    export { clopperPearson } from './src/statistics/binomial.js';
    export { random } from './src/random.js';`,
);
const { values } = parseArgs({
  options: Object.fromEntries(
    Object.entries({
      worlds: '40',
      samples: '250',
      members: '300',
      share: '0.9',
      alpha: '0.05',
      draws: '',
      seed: '0',
    }).map(([name, fallback]) => [name, { type: 'string', default: fallback }]),
  ),
});
const [worlds, samples, N, share, alpha, seed] = ['worlds', 'samples', 'members', 'share', 'alpha', 'seed'].map(
  (name) => Number(values[name]),
);
const draws = values.draws === '' ? drawsNeeded(share, alpha) : Number(values.draws);

/** 2 N points of R^k: the first half is one side */
const euclidean = (k, point) => (r) => {
  const apart = 3 * r.unit();
  const width = 0.3 + r.unit();
  const all = Array.from({ length: 2 * N }, (_, i) => point(r, k, i < N ? 0 : apart, i < N ? 1 : width));
  return (i, j) => Math.hypot(...all[i].map((v, f) => v - all[j][f]));
};
const normal = (r, k, shift, scale) => Array.from({ length: k }, (_, f) => scale * r.normal() + (f === 0 ? shift : 0));
const heavy = (r, k, shift, scale) => {
  const stretch = 1 / Math.sqrt(-Math.log(1 - r.unit()));
  return normal(r, k, 0, scale * stretch).map((v, f) => v + (f === 0 ? shift : 0));
};
const kinds = {
  'normal, 2 dimensions': euclidean(2, normal),
  'normal, 20 dimensions': euclidean(20, normal),
  'heavy tails, 3 dimensions': euclidean(3, heavy),
  'a tenth or so far off': (r) => {
    const far = 0.05 + 0.1 * r.unit();
    return euclidean(2, (s, k, shift, scale) => normal(s, k, s.unit() < far ? 20 : shift, scale))(r);
  },
  tree: (r) => {
    // nodes hang from earlier ones; both sides all over the tree, or the second below one node
    const depth = [0];
    const up = [0];
    for (let i = 1; i < 2 * N; i++) {
      up.push(r.below(i < N ? i : Math.max(1, i - N + 3)));
      depth.push(depth[up[i]] + r.unit());
    }
    return (i, j) => {
      let [a, b] = [i, j];
      while (a !== b)
        if (a > b) a = up[a];
        else b = up[b];
      return depth[i] + depth[j] - 2 * depth[a];
    };
  },
  ultrametric: (r) => {
    const height = [0];
    for (let level = 1; level < 12; level++) height.push(height.at(-1) + r.unit() ** 2);
    const leaf = Array.from({ length: 2 * N }, (_, i) => (r.unit() < 0.5 ? 0 : i < N ? 0 : 1024) + r.below(1024));
    return (i, j) => (leaf[i] === leaf[j] ? 0 : height[32 - Math.clz32(leaf[i] ^ leaf[j])]);
  },
  // the hardest for the upper limit: a little more than may be left out, at one distance from all else
  'two values, just above what is left out': (r) => {
    const odd = Math.ceil((1 - share) * N + 1e-9) + r.below(3);
    const value = (i) => (i < N && i >= N - odd ? 1 : 0);
    return (i, j) => Math.abs(value(i) - value(j));
  },
};

const quantile = (of) => Float64Array.from(of).sort()[Math.ceil(share * of.length - 1e-9) - 1];

/** One world: what is true of it, and what samples say. */
function one(kind, w) {
  const r = random(seed, `${kind} ${w}`);
  const d = kinds[kind](r);
  const side = [0, N].map((start) => Array.from({ length: N }, (_, i) => start + i));
  const centre = [0, N + r.below(N)];
  if (kind.startsWith('two values')) centre[1] = N;
  const radius = [0, 1].map((i) => quantile(side[i].map((h) => d(h, centre[i]))));
  const core = [0, 1].map((i) => [centre[i], ...side[i].filter((h) => d(h, centre[i]) <= radius[i])]);
  const directed = (i, k) =>
    quantile(side[i].map((h) => core[k].reduce((least, g) => Math.min(least, d(h, g)), Infinity)));
  const strangers = (i, k) => quantile(side[i].map((h) => d(h, centre[k]))) - radius[k];
  const distance = Math.max(directed(0, 1), directed(1, 0));
  const necessary = Math.max(0, strangers(0, 1), strangers(1, 0));
  const found = { n: 0, over: 0, under: 0, nOver: 0, nUnder: 0, distance, low: 0, high: 0, sufficient: 0 };
  const tiny = 1e-9;
  for (let s = 0; s < samples; s++) {
    const members = [0, 1].flatMap((i) => [centre[i], ...Array.from({ length: draws }, () => side[i][r.below(N)])]);
    const size = members.length;
    const data = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < i; j++) data[i * size + j] = data[j * size + i] = d(members[i], members[j]);
    const sideAt = (from) => ({
      centre: from,
      random: Array.from({ length: draws }, (_, k) => from + 1 + k),
      others: [],
      complete: false,
    });
    const bounds = coreBounds({ size, low: data, high: data }, [sideAt(0), sideAt(draws + 1)], { share, alpha });
    found.n++;
    found.over += bounds.distance.high < distance - tiny;
    found.under += bounds.distance.low > distance + tiny;
    found.nOver += bounds.necessary.high < necessary - tiny;
    found.nUnder += bounds.necessary.low > necessary + tiny;
    found.low += bounds.distance.low / samples;
    found.high += bounds.distance.high / samples;
    found.sufficient += bounds.sufficient / samples;
  }
  return found;
}

const rate = (misses, n) => {
  const { low, high } = clopperPearson(misses, n, 0.95);
  return { low, text: `${((100 * misses) / n).toFixed(2)} [${(100 * low).toFixed(2)}, ${(100 * high).toFixed(2)}]` };
};
console.log(
  `share ${share}, alpha ${alpha}, ${draws} random draws a side, ${worlds} worlds of each kind, ${samples} samples of each; percent of samples in which a limit is wrong, 95 % interval\n`,
);
console.log(
  '| worlds | distance: upper | lower | necessary: upper | lower | worst world, any limit | means over worlds: lower limit, truth, upper limit, by the sufficient condition |',
);
console.log('|---|---|---|---|---|---|---|');
let bad = false;
for (const kind of Object.keys(kinds)) {
  const all = Array.from({ length: worlds }, (_, w) => one(kind, w));
  const sum = (of) => all.reduce((total, each) => total + each[of], 0);
  const rates = ['over', 'under', 'nOver', 'nUnder'].map((which) => rate(sum(which), sum('n')));
  bad ||= rates.some(({ low }) => low > alpha);
  const worst = Math.max(
    ...all.flatMap((each) => ['over', 'under', 'nOver', 'nUnder'].map((which) => each[which] / each.n)),
  );
  const mean = (of) => (sum(of) / worlds).toFixed(2);
  console.log(
    `| ${kind} | ${rates.map(({ text }) => text).join(' | ')} | ${(100 * worst).toFixed(1)} | ${['low', 'distance', 'high', 'sufficient'].map(mean).join(', ')} |`,
  );
}
if (bad) {
  console.error('\na limit is wrong more often than alpha');
  process.exitCode = 1;
}
