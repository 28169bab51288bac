// Checks of the training code against independent computations: node examples/modular-addition/train/check.mjs
// Exits 1 if one fails. Bounds are float32's and the differences' own errors, with room; the numbers are printed.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tfjs } from './backend.mjs';
import { fromTensors, load, toConfig, toTensors } from './files.mjs';
import { allPairs, fit, split } from './fit.mjs';
import { batch, crossEntropy, initial, logits, parameters } from './network.mjs';
import { stream } from './random.mjs';
import { recipes } from './recipes.mjs';
import { network } from './reference.mjs';

const tf = await tfjs();
let failed = false;
const expect = (what, value, atMost) => {
  const ok = value <= atMost;
  failed ||= !ok;
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${what}: ${typeof value === 'number' ? value.toExponential(1) : value} (at most ${atMost})`,
  );
};

const asTensors = (size, weights) =>
  Object.fromEntries(parameters(size).map(({ name, shape }) => [name, tf.tensor2d(weights[name], shape)]));

/** Largest difference between tfjs's logits and the float64 network's, by the largest logit. */
function logitError(size, tensors) {
  const rows = batch(tf, size, allPairs(size.p));
  const got = tf.tidy(() => logits(tf, size, asTensors(size, fromTensors(size, tensors)), rows).dataSync());
  rows.dispose();
  const net = network(toConfig(size), tensors);
  const wanted = allPairs(size.p).flatMap(([a, b]) => Array.from(net.run(a, b).logits));
  const largest = wanted.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
  return wanted.reduce((m, x, i) => Math.max(m, Math.abs(x - got[i])), 0) / largest;
}

/** Largest error of the float64 network's gradient against central differences along random directions. */
function gradientError(config, tensors) {
  const net = network(config, tensors);
  const { below, normal } = stream(1, 4);
  let worst = 0;
  for (let trial = 0; trial < 20; trial++) {
    const c = below(config.d_vocab);
    const at = [net.embedding(below(config.d_vocab)), net.embedding(below(config.d_vocab))];
    const gradients = net.gradient(...at, c);
    for (const which of [0, 1]) {
      const direction = at[which].map(() => normal());
      const moved = (h) =>
        net.forward(...at.map((e, i) => (i === which ? e.map((x, j) => x + h * direction[j]) : e))).logits[c];
      const numeric = (moved(1e-7) - moved(-1e-7)) / 2e-7;
      const exact = gradients[which].reduce((s, g, i) => s + g * direction[i], 0);
      worst = Math.max(worst, Math.abs(numeric - exact) / (Math.hypot(...gradients[which]) * Math.hypot(...direction)));
    }
  }
  return worst;
}

/** Mean cross-entropy of some pairs by the float64 network. */
function exactLoss(size, weights, pairs) {
  const net = network(toConfig(size), toTensors(size, weights));
  let sum = 0;
  for (const [a, b] of pairs) {
    const x = Array.from(net.run(a, b).logits);
    const m = Math.max(...x);
    sum += m + Math.log(x.reduce((s, v) => s + Math.exp(v - m), 0)) - x[(a + b) % size.p];
  }
  return sum / pairs.length;
}

/** Training's gradient (tfjs, float32) against differences of the exact loss, one random direction per parameter; worst relative error. */
function trainingGradientError(size) {
  const weights = initial(size, 5);
  const { normal } = stream(6, 5);
  for (const b of ['b_in', 'b_out']) weights[b] = weights[b].map(() => 0.1 * normal()); // away from where they start
  const pairs = split(size.p, 0.05, 7).train;
  const rows = batch(tf, size, pairs);
  const names = parameters(size).map(({ name }) => name);
  const gradients = tf.tidy(() => {
    const tensors = asTensors(size, weights);
    const objective = (...list) =>
      crossEntropy(
        tf,
        rows.answer,
        rows.size,
      )(logits(tf, size, Object.fromEntries(names.map((name, i) => [name, list[i]])), rows));
    return tf
      .grads(objective)(names.map((name) => tensors[name]))
      .map((g) => g.dataSync());
  });
  rows.dispose();
  let worst = 0;
  names.forEach((name, i) => {
    // Along the gradient itself: the slope there is its length, far above the rounding of float32 weights.
    const length = Math.hypot(...gradients[i]);
    // Small enough that no ReLU switches within it: the error then falls from 1e-3 to 1e-8 as h does.
    const h = 1e-5 * Math.hypot(...weights[name]);
    const shifted = (sign) => {
      const moved = weights[name].map((x, j) => x + (sign * h * gradients[i][j]) / length);
      const along = moved.reduce((s, x, j) => s + ((x - weights[name][j]) * gradients[i][j]) / length, 0); // as rounded
      return { loss: exactLoss(size, { ...weights, [name]: moved }, pairs), along };
    };
    const [up, down] = [shifted(1), shifted(-1)];
    worst = Math.max(worst, Math.abs((up.loss - down.loss) / (up.along - down.along) / length - 1));
  });
  return worst;
}

/** The weights after a few steps of a recipe. */
function fewSteps(recipe) {
  const weights = initial(recipe.size, recipe.seed);
  fit(tf, recipe.size, weights, { ...recipe, ...split(recipe.size.p, recipe.trainShare, recipe.seed), steps: 20 });
  return weights;
}

for (const name of ['released', 'constant-attention']) {
  const recipe = recipes[name];
  expect(`${name}: gradient of training against differences in float64`, trainingGradientError(recipe.size), 1e-3);
  const [one, two] = [fewSteps(recipe), fewSteps(recipe)];
  const differing = Object.keys(one).reduce((n, k) => n + one[k].filter((x, i) => !Object.is(x, two[k][i])).length, 0);
  expect(`${name}: weights that differ between two runs of 20 steps`, differing, 0);
}
for (const name of Object.keys(recipes)) {
  const base = fileURLToPath(new URL(`../models/${name}`, import.meta.url));
  const size = recipes[name].size ?? recipes[recipes[name].of].size;
  const { tensors } = load(base);
  expect(`${name}: tfjs against float64, logits`, logitError(size, tensors), 1e-5);
  expect(
    `${name}: gradient of a logit against differences`,
    gradientError(JSON.parse(readFileSync(`${base}.json`, 'utf8')), tensors),
    1e-7,
  );
}
expect('tensors left on the backend', tf.memory().numTensors, 0);
process.exitCode = failed ? 1 : 0;
