// The one-layer transformer as training sees it: every weight a matrix, every input pair a row.
// Attention heads lie side by side: W_Q, W_K, W_V [d_model, heads * d_head], W_O [heads * d_head, d_model].
import { stream } from './random.mjs';

/** Names, shapes and initial standard deviations of what is trained (those of Zhong et al. 2023); zero: starts at zero. */
export function parameters({ p, dModel, heads, dHead, dMlp, attention }) {
  const inner = heads * dHead;
  const d = 1 / Math.sqrt(dModel);
  return [
    { name: 'W_E', shape: [p, dModel], std: d },
    { name: 'W_pos', shape: [2, dModel], std: d },
    ...(attention === 'constant'
      ? []
      : [
          { name: 'W_Q', shape: [dModel, inner], std: d },
          { name: 'W_K', shape: [dModel, inner], std: d },
        ]),
    { name: 'W_V', shape: [dModel, inner], std: d },
    { name: 'W_O', shape: [inner, dModel], std: d },
    { name: 'W_in', shape: [dModel, dMlp], std: 1 / Math.sqrt(dMlp) },
    { name: 'b_in', shape: [1, dMlp], std: 0 },
    { name: 'W_out', shape: [dMlp, dModel], std: d },
    { name: 'b_out', shape: [1, dModel], std: 0 },
    { name: 'W_U', shape: [dModel, p], std: 1 / Math.sqrt(p) },
  ];
}

/** Fresh weights: a Float32Array per parameter, from the seed. */
export function initial(size, seed) {
  const weights = {};
  parameters(size).forEach(({ name, shape, std }, i) => {
    const { normal } = stream(seed, 100 + i);
    weights[name] = Float32Array.from({ length: shape[0] * shape[1] }, () => (std === 0 ? 0 : std * normal()));
  });
  return weights;
}

const oneHot = (tf, indices, depth) => {
  const data = new Float32Array(indices.length * depth);
  indices.forEach((k, i) => (data[i * depth + k] = 1));
  return tf.tensor2d(data, [indices.length, depth]);
};

/**
 * A batch of pairs on the backend: one-hot matrices, kept until `dispose`.
 * Looking a row up is a product with a one-hot matrix: its gradient is a product too.
 */
export function batch(tf, { p, heads, dHead }, pairs) {
  const held = {
    first: oneHot(
      tf,
      pairs.map(([a]) => a),
      p,
    ),
    second: oneHot(
      tf,
      pairs.map(([, b]) => b),
      p,
    ),
    answer: oneHot(
      tf,
      pairs.map(([a, b]) => (a + b) % p),
      p,
    ),
    ones: tf.ones([pairs.length, 1]),
    tokens: tf.ones([p, 1]),
    firstRow: tf.tensor2d([1, 0], [1, 2]),
    secondRow: tf.tensor2d([0, 1], [1, 2]),
    // [inner, heads]: sums the features of each head
    byHead: oneHot(
      tf,
      Array.from({ length: heads * dHead }, (_, i) => Math.floor(i / dHead)),
      heads,
    ),
  };
  held.toHead = tf.transpose(held.byHead);
  return { ...held, size: pairs.length, dispose: () => tf.dispose(Object.values(held)) };
}

/** Logits [pairs, p] at the last position. */
export function logits(tf, { dHead, attention }, w, rows) {
  const at = (position) => tf.add(w.W_E, tf.matMul(tf.matMul(rows.tokens, position), w.W_pos)); // [p, dModel]: every token at that position
  const atFirst = at(rows.firstRow);
  const atSecond = at(rows.secondRow);
  const first = (perToken) => tf.matMul(rows.first, perToken);
  const second = (perToken) => tf.matMul(rows.second, perToken);

  const valueFirst = first(tf.matMul(atFirst, w.W_V));
  const valueSecond = second(tf.matMul(atSecond, w.W_V));
  let z;
  if (attention === 'constant') {
    z = tf.mul(0.5, tf.add(valueFirst, valueSecond));
  } else {
    // Two keys: softmax over them is the logistic function of the difference of their scores.
    const query = second(tf.matMul(atSecond, w.W_Q));
    const keys = tf.sub(first(tf.matMul(atFirst, w.W_K)), second(tf.matMul(atSecond, w.W_K)));
    const onFirst = tf.sigmoid(tf.mul(1 / Math.sqrt(dHead), tf.matMul(tf.mul(query, keys), rows.byHead)));
    z = tf.add(valueSecond, tf.mul(tf.matMul(onFirst, rows.toHead), tf.sub(valueFirst, valueSecond)));
  }
  const mid = tf.add(second(atSecond), tf.matMul(z, w.W_O));
  const hidden = tf.relu(tf.add(tf.matMul(mid, w.W_in), tf.matMul(rows.ones, w.b_in)));
  const post = tf.add(tf.add(mid, tf.matMul(hidden, w.W_out)), tf.matMul(rows.ones, w.b_out));
  return tf.matMul(post, w.W_U);
}

/**
 * Mean cross-entropy. Its gradient is written out so that the entry of the right answer is minus the sum of the others:
 * softmax - 1 in float32 is noise once the model is confident, and that noise makes long runs jump.
 */
export function crossEntropy(tf, answer, size) {
  return tf.customGrad((x, save) => {
    const shifted = tf.sub(x, tf.max(x, 1, true));
    const exps = tf.exp(shifted);
    const sums = tf.sum(exps, 1, true);
    const wrong = tf.mul(tf.div(exps, sums), tf.sub(1, answer));
    const gradient = tf.mul(1 / size, tf.sub(wrong, tf.mul(answer, tf.sum(wrong, 1, true))));
    save([gradient]);
    const value = tf.mul(1 / size, tf.sum(tf.sub(tf.log(sums), tf.sum(tf.mul(shifted, answer), 1, true))));
    return { value, gradFunc: (dy, [saved]) => tf.mul(dy, saved) };
  });
}
