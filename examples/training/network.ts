// Addition modulo a prime as a small tfjs network, and everything that its training needs.
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

export const prime = 23;

/** Token ids to one-hot rows: an embedding without the gradient that tfjs's wasm backend lacks. */
class OneHot extends tfl.layers.Layer {
  static className = 'OneHot';
  override computeOutputShape(shape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return [...(shape as tfl.Shape), prime];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.oneHot(tf.cast(Array.isArray(inputs) ? inputs[0]! : inputs, 'int32'), prime);
  }
}

/** Two tokens, [batch, 2], to the logits of their sum. */
export function network(seed: number): tfl.Sequential {
  const from = (n: number) => tfl.initializers.glorotNormal({ seed: seed * 10 + n });
  return tfl.sequential({
    layers: [
      new OneHot({ inputShape: [2], dtype: 'int32', name: 'tokens' }),
      tfl.layers.dense({ units: 24, useBias: false, kernelInitializer: from(1), name: 'embed' }),
      tfl.layers.flatten({ name: 'pair' }),
      tfl.layers.dense({ units: 96, activation: 'relu', kernelInitializer: from(2), name: 'hidden' }),
      tfl.layers.dense({ units: prime, kernelInitializer: from(3), name: 'logits' }),
    ],
  });
}

const count = prime * prime;
const pairs = Array.from({ length: count }, (_, i) => [Math.floor(i / prime), i % prime] as const);

/** Steps of an epoch, each on all pairs. */
const STEPS = 20;

/** All pairs in one batch, again and again: what `fitDataset` reads. It disposes what it is given. */
function batches() {
  const x = tf.tensor2d(pairs.flat(), [count, 2], 'int32');
  const y = tf.tidy(() =>
    tf.oneHot(
      tf.tensor1d(
        pairs.map(([a, b]) => (a + b) % prime),
        'int32',
      ),
      prime,
    ),
  );
  const next = async () => ({ value: { xs: x.clone(), ys: y.clone() }, done: false });
  return { dataset: { iterator: async () => ({ next }), size: Infinity }, dispose: () => tf.dispose([x, y]) };
}

/** Trains a network on all pairs. Nothing is drawn at random but the first weights, by their seed. */
export async function train(
  net: tfl.Sequential,
  epochs: number,
  callbacks: tfl.CustomCallbackArgs = {},
): Promise<void> {
  const { dataset, dispose } = batches();
  const optimizer = tf.train.adam(0.01, 0.9, 0.98);
  const loss = (target: tf.Tensor, logits: tf.Tensor): tf.Tensor => tf.losses.softmaxCrossEntropy(target, logits);
  net.compile({ optimizer, loss, metrics: ['accuracy'] });
  try {
    await net.fitDataset(dataset, { epochs, batchesPerEpoch: STEPS, verbose: 0, callbacks });
  } finally {
    dispose();
    optimizer.dispose();
  }
}
