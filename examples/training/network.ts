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

/**
 * Trains a network on all pairs, all of them in one batch. Nothing is drawn at random but the first weights, by their seed.
 * @param afterEpoch waited for before the next one begins; `accuracy` is the mean over the epoch's steps
 */
export async function train(
  net: tfl.Sequential,
  epochs: number,
  afterEpoch: (epoch: number, accuracy: number) => Promise<void> | void = () => undefined,
): Promise<void> {
  const all = Array.from({ length: STEPS }, () => pairs).flat();
  const x = tf.tensor2d(all.flat(), [all.length, 2], 'int32');
  const y = tf.tidy(() =>
    tf.oneHot(
      tf.tensor1d(
        all.map(([a, b]) => (a + b) % prime),
        'int32',
      ),
      prime,
    ),
  );
  const optimizer = tf.train.adam(0.01, 0.9, 0.98);
  const loss = (target: tf.Tensor, logits: tf.Tensor): tf.Tensor => tf.losses.softmaxCrossEntropy(target, logits);
  net.compile({ optimizer, loss, metrics: ['accuracy'] });
  try {
    await net.fit(x, y, {
      epochs,
      batchSize: count,
      shuffle: false,
      verbose: 0,
      callbacks: { onEpochEnd: async (epoch, logs) => afterEpoch(epoch + 1, logs!.acc as number) },
    });
  } finally {
    tf.dispose([x, y]);
    optimizer.dispose();
  }
}
