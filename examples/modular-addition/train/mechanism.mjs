// How does a model add? Measures on its weights and outputs, one table row per model:
//   node examples/modular-addition/train/mechanism.mjs [base ...]
// where a base is a path without .safetensors; default: the models of this example, and the two public ones of
// modular-addition/ in the folder that the environment variable CONGRUITY_MODELS names, if it is set.
//
// Gradient symmetricity (definition 4.1) and distance irrelevance (4.2) are those of Zhong, Liu, Tegmark, Andreas,
// "The Clock and the Pizza", NeurIPS 2023. The paper: a clock has about 0.33 and 0.85, a pizza 0.99 and 0.17.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stream } from './random.mjs';
import { network } from './reference.mjs';
import { read } from './safetensors.mjs';

const mean = (xs) => xs.reduce((a, b) => a + b, 0) / xs.length;
const std = (xs) => {
  const m = mean(xs);
  return Math.sqrt(mean(xs.map((x) => (x - m) ** 2)));
};

/** Share of the power of each frequency 1..(p-1)/2 in a [p, d] matrix's columns, the column means left out; largest first. */
export function spectrum({ shape: [p, d], data }) {
  const power = [];
  for (let k = 1; k <= (p - 1) / 2; k++) {
    let sum = 0;
    for (let j = 0; j < d; j++) {
      let re = 0;
      let im = 0;
      for (let a = 0; a < p; a++) {
        re += data[a * d + j] * Math.cos((2 * Math.PI * k * a) / p);
        im += data[a * d + j] * Math.sin((2 * Math.PI * k * a) / p);
      }
      sum += re * re + im * im;
    }
    power.push({ k, power: sum });
  }
  const total = power.reduce((a, b) => a + b.power, 0);
  return power.map(({ k, power: x }) => ({ k, share: x / total })).sort((x, y) => y.share - x.share);
}

/** logits[a][b]: what the network says for every pair; patterns[a][b][head]: its attention to the first position. */
function everything(net, p) {
  const runs = Array.from({ length: p }, (_, a) => Array.from({ length: p }, (_, b) => net.run(a, b)));
  return {
    logits: runs.map((row) => row.map((r) => r.logits)),
    patterns: runs.map((row) => row.map((r) => r.onFirst)),
  };
}

/** Share of pairs whose largest logit is the sum's. */
export function accuracy(logits) {
  const p = logits.length;
  let right = 0;
  logits.forEach((row, a) => row.forEach((x, b) => (right += x.indexOf(Math.max(...x)) === (a + b) % p ? 1 : 0)));
  return right / (p * p);
}

/** Mean over a - b of the deviation of the right answer's logit over a + b, by the deviation over all pairs. 1: the distance does not matter. */
export function distanceIrrelevance(logits) {
  const p = logits.length;
  const right = Array.from({ length: p }, (_, difference) =>
    Array.from({ length: p }, (_, b) => logits[(b + difference) % p][b][(2 * b + difference) % p]),
  );
  return mean(right.map(std)) / std(right.flat());
}

/** Share of the variance of the centred logits (over c, per pair) that a function of a + b - c alone explains. */
export function sumShare(logits) {
  const p = logits.length;
  const byOffset = new Float64Array(p);
  let total = 0;
  logits.forEach((row, a) =>
    row.forEach((x, b) => {
      const m = mean(Array.from(x));
      x.forEach((v, c) => {
        byOffset[(a + b - c + p) % p] += (v - m) / (p * p);
        total += (v - m) ** 2;
      });
    }),
  );
  return (p * p * byOffset.reduce((s, v) => s + v * v, 0)) / total;
}

/** Mean cosine of the gradients of a random logit with respect to the two embeddings, over random (a, b, c). */
export function gradientSymmetricity(net, p, samples = 2000, seed = 0) {
  const { below } = stream(seed, 3);
  const cosines = Array.from({ length: samples }, () => {
    const [g0, g1] = net.gradient(net.embedding(below(p)), net.embedding(below(p)), below(p));
    let [dot, n0, n1] = [0, 0, 0];
    g0.forEach((x, i) => {
      dot += x * g1[i];
      n0 += x * x;
      n1 += g1[i] * g1[i];
    });
    return dot / Math.sqrt(n0 * n1);
  });
  return mean(cosines);
}

/** All measures of one model. */
export function mechanism(config, tensors) {
  const p = config.d_vocab;
  const net = network(config, tensors);
  const { logits, patterns } = everything(net, p);
  const heads = Array.from({ length: config.n_heads }, (_, h) => patterns.flat().map((x) => x[h]));
  const frozen = network(config, tensors, { pattern: heads.map(mean) });
  const shares = spectrum(tensors['embed.W_E']);
  return {
    accuracy: accuracy(logits),
    gradientSymmetricity: gradientSymmetricity(net, p),
    distanceIrrelevance: distanceIrrelevance(logits),
    sumShare: sumShare(logits),
    /** deviation of each head's attention to the first position over all pairs: 0 for constant attention */
    attentionDeviation: heads.map(std),
    /** accuracy with every head's pattern held at its mean */
    accuracyMeanPattern: accuracy(everything(frozen, p).logits),
    top5: shares.slice(0, 5).reduce((s, x) => s + x.share, 0),
    frequencies: shares.filter((x) => x.share >= 0.02).map((x) => x.k),
    frequencyShares: shares.filter((x) => x.share >= 0.02).map((x) => x.share),
  };
}

const cells = (name, m) => [
  name,
  `${(100 * m.accuracy).toFixed(2)} %`,
  m.gradientSymmetricity.toFixed(3),
  m.distanceIrrelevance.toFixed(3),
  m.sumShare.toFixed(3),
  `${(100 * m.accuracyMeanPattern).toFixed(1)} %`,
  m.attentionDeviation.map((x) => x.toFixed(2)).join(' '),
  `${(100 * m.top5).toFixed(1)} %`,
  m.frequencies.map((k, i) => `${k} (${(100 * m.frequencyShares[i]).toFixed(0)})`).join(', '),
];

function main(args) {
  const here = fileURLToPath(new URL('../models/', import.meta.url));
  const shared = process.env.CONGRUITY_MODELS;
  const bases =
    args.length > 0
      ? args
      : [
          ...['released', 'quantised', 'finetuned', 'finetuned-further', 'constant-attention', 'retrained'].map(
            (n) => here + n,
          ),
          ...(shared ? ['clock', 'pizza'].map((n) => `${shared}/modular-addition/${n}`) : []),
        ];
  const rows = [
    [
      'model',
      'accuracy',
      'gradient symmetricity',
      'distance irrelevance',
      'logit variance by a+b-c',
      'accuracy, mean pattern',
      'deviation of attention, by head',
      'W_E power in top 5',
      'frequencies above 2 % (share)',
    ],
    Array(9).fill('---'),
  ];
  for (const base of bases) {
    if (!existsSync(`${base}.safetensors`)) {
      console.error(`${base.split('/').at(-1)}: not there, left out`);
      continue;
    }
    const config = JSON.parse(readFileSync(`${base}.json`, 'utf8'));
    const { tensors } = read(`${base}.safetensors`);
    rows.push(cells(base.split('/').at(-1), mechanism(config, tensors)));
  }
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
