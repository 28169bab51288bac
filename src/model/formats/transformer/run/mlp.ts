/** The MLP of a layer, plain or gated. */
import * as tf from '@tensorflow/tfjs-core';
import type { ActivationFunction } from '../graph/config.js';
import { normalise } from './norm.js';
import { affine, type ForwardPass } from './pass.js';

/**
 * x (1 + tanh u) / 2 with u = sqrt(2/pi) (x + 0.044715 x^3), written as x sigmoid(2u): on wasm tanh takes 20 times as long as the sigmoid.
 * `gelu_new`, `gelu_fast` and `gelu_pytorch_tanh` differ in TransformerLens only in how they associate the same product.
 */
function geluTanh(x: tf.Tensor2D): tf.Tensor2D {
  const twice = 2 * Math.sqrt(2 / Math.PI);
  const slope = tf.add(twice, tf.mul(twice * 0.044715, tf.square(x)));
  return tf.mul(x, tf.sigmoid(tf.mul(x, slope)));
}

const activations: Readonly<Record<ActivationFunction, (x: tf.Tensor2D) => tf.Tensor2D>> = {
  relu: (x) => tf.relu(x),
  gelu: (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(Math.SQRT1_2, x)))),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
};

/**
 * @param residual [rows x positions, d_model]
 * @returns what the layer adds to it; undefined once nothing more is wanted
 */
export function mlp(pass: ForwardPass, residual: tf.Tensor2D, block: string): tf.Tensor2D | undefined {
  const { config, tap, stopped, matrix, bias } = pass;
  const { d_mlp, d_model, gated_mlp } = config;
  const act = activations[config.act_fn!];
  const input = normalise(pass, tap(`${block}.hook_mlp_in`, residual, [d_model]), `${block}.ln2`, true);
  if (stopped()) return undefined;
  const [into, inBias] = [matrix(`${block}.mlp.W_in`), bias(`${block}.mlp.b_in`)];
  const pre = tap(
    `${block}.mlp.hook_pre`,
    gated_mlp ? tf.matMul(input, matrix(`${block}.mlp.W_gate`)) : affine(input, into, inBias),
    [d_mlp],
  );
  if (stopped()) return undefined;
  let post = tf.tidy(() => act(pre));
  if (gated_mlp) {
    // the bias comes after the product, as in TransformerLens
    const product = tf.mul(post, tap(`${block}.mlp.hook_pre_linear`, tf.matMul(input, into), [d_mlp])) as tf.Tensor2D;
    if (stopped()) return undefined;
    post = inBias === undefined ? product : tf.add(product, inBias);
  }
  post = tap(`${block}.mlp.hook_post`, post, [d_mlp]);
  if (stopped()) return undefined;
  return tap(`${block}.hook_mlp_out`, affine(post, matrix(`${block}.mlp.W_out`), bias(`${block}.mlp.b_out`)), [
    d_model,
  ]);
}
