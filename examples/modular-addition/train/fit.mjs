// One training run: full batch (or shuffled mini-batches) of the training pairs, AdamW, fixed seeds.
import { adamw } from './adamw.mjs';
import { batch, crossEntropy, logits, parameters } from './network.mjs';
import { stream } from './random.mjs';

/** All pairs of 0..p-1, in order. */
export const allPairs = (p) => Array.from({ length: p * p }, (_, i) => [Math.floor(i / p), i % p]);

/** The training pairs and the held-out ones: a random share by seed. */
export function split(p, share, seed) {
  const pairs = allPairs(p);
  const order = stream(seed, 1).permutation(pairs.length);
  const count = Math.round(share * pairs.length);
  return { train: order.slice(0, count).map((i) => pairs[i]), held: order.slice(count).map((i) => pairs[i]) };
}

const asTensors = (tf, size, weights) =>
  Object.fromEntries(parameters(size).map(({ name, shape }) => [name, tf.tensor2d(weights[name], shape)]));

/** Accuracy and mean cross-entropy on prepared rows. */
export function evaluate(tf, size, weights, rows) {
  return tf.tidy(() => {
    const out = logits(tf, size, asTensors(tf, size, weights), rows);
    const right = tf.equal(tf.argMax(out, 1), tf.argMax(rows.answer, 1));
    return {
      accuracy: tf.sum(tf.cast(right, 'float32')).dataSync()[0] / rows.size,
      loss: crossEntropy(tf, rows.answer, rows.size)(out).dataSync()[0],
    };
  });
}

/**
 * Trains `weights` in place.
 * @param options.batchSize undefined: full batch
 * @param options.report called every `every` steps with { step, loss, held, seconds }
 */
export function fit(tf, size, weights, options) {
  const { train, held, steps, learningRate, warmUp = 10, weightDecay, batchSize, seed, every = 250, report } = options;
  const optimiser = adamw(weights, { weightDecay });
  const names = parameters(size).map(({ name }) => name);
  const whole = batch(tf, size, train);
  const heldRows = batch(tf, size, held);
  const shuffle = stream(seed, 2);
  const started = process.hrtime.bigint();
  let queue = [];
  for (let step = 1; step <= steps; step++) {
    let rows = whole;
    if (batchSize !== undefined) {
      if (queue.length < batchSize) queue = shuffle.permutation(train.length);
      rows = batch(
        tf,
        size,
        queue.splice(0, batchSize).map((i) => train[i]),
      );
    }
    const { loss, gradients } = tf.tidy(() => {
      const tensors = asTensors(tf, size, weights);
      const objective = (...list) => {
        const named = Object.fromEntries(names.map((name, i) => [name, list[i]]));
        return crossEntropy(tf, rows.answer, rows.size)(logits(tf, size, named, rows));
      };
      const { value, grads } = tf.valueAndGrads(objective)(names.map((name) => tensors[name]));
      return {
        loss: value.dataSync()[0],
        gradients: Object.fromEntries(names.map((name, i) => [name, grads[i].dataSync()])),
      };
    });
    if (rows !== whole) rows.dispose();
    if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss} at step ${step}`);
    optimiser.step(gradients, learningRate * Math.min(step / warmUp, 1));
    if (report && (step % every === 0 || step === steps)) {
      report({
        step,
        loss,
        held: evaluate(tf, size, weights, heldRows),
        seconds: Number(process.hrtime.bigint() - started) / 1e9,
      });
    }
  }
  whole.dispose();
  heldRows.dispose();
}
