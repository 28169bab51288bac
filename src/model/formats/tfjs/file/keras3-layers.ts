/** Layers of Keras 3 that tfjs computes as Keras does: what tfjs reads of their configs, and what the rest must say for that. */

/** Keys that tfjs reads, and others with the one value at which they change nothing. */
interface KnownLayer {
  readonly reads: readonly string[];
  readonly needs: Readonly<Record<string, unknown>>;
}

/** Has no part in what a trained layer computes. Initialisers, regularisers and constraints are left out elsewhere. */
const idle = new Set([
  'name',
  'trainable',
  'dtype',
  'seed',
  'noise_shape',
  'synchronized',
  'renorm_clipping',
  'renorm_momentum',
  'autocast',
  'shared_object_id',
]);
const isTraining = (key: string): boolean => /_(initializer|regularizer|constraint)$/.test(key);

const layer = (reads: string, needs: Readonly<Record<string, unknown>> = {}): KnownLayer => ({
  reads: reads === '' ? [] : reads.split(' '),
  needs,
});
const quantised = { quantization_config: null, lora_rank: null, lora_alpha: null };
const convolution = 'filters kernel_size strides padding data_format dilation_rate activation use_bias';
const pooling = 'pool_size strides padding data_format';
const recurrent =
  'units activation use_bias dropout recurrent_dropout return_sequences return_state go_backwards stateful unroll';
// masks are refused, so that what becomes of masked outputs does not matter
const unmasked = { zero_output_for_mask: undefined };
const last = { data_format: 'channels_last' };

const known: Readonly<Record<string, KnownLayer>> = {
  InputLayer: layer('batch_input_shape', { sparse: false, ragged: false, optional: false }),
  Dense: layer('units activation use_bias', quantised),
  Activation: layer('activation'),
  Conv1D: layer(convolution, { groups: 1 }),
  Conv2D: layer(convolution, { groups: 1 }),
  Conv3D: layer(convolution, { groups: 1 }),
  Conv2DTranspose: layer('filters kernel_size strides padding data_format activation use_bias', {
    dilation_rate: [1, 1],
    output_padding: null,
    groups: 1,
  }),
  SeparableConv2D: layer(`${convolution} depth_multiplier`, { groups: 1 }),
  DepthwiseConv2D: layer('kernel_size strides padding depth_multiplier data_format activation use_bias', {
    dilation_rate: [1, 1],
  }),
  MaxPooling1D: layer('pool_size strides padding', last),
  AveragePooling1D: layer('pool_size strides padding', last),
  MaxPooling2D: layer(pooling),
  AveragePooling2D: layer(pooling),
  MaxPooling3D: layer(pooling),
  AveragePooling3D: layer(pooling),
  GlobalAveragePooling1D: layer('', { ...last, keepdims: false }),
  GlobalMaxPooling1D: layer('', { ...last, keepdims: false }),
  GlobalAveragePooling2D: layer('data_format', { keepdims: false }),
  GlobalMaxPooling2D: layer('data_format', { keepdims: false }),
  Flatten: layer('data_format'),
  Reshape: layer('target_shape'),
  Permute: layer('dims'),
  RepeatVector: layer('n'),
  ZeroPadding2D: layer('padding data_format'),
  Cropping2D: layer('cropping data_format'),
  UpSampling2D: layer('size data_format', { interpolation: 'nearest' }),
  Rescaling: layer('scale offset'),
  Dropout: layer('rate'),
  SpatialDropout1D: layer('rate'),
  GaussianNoise: layer('stddev'),
  GaussianDropout: layer('rate'),
  AlphaDropout: layer('rate'),
  BatchNormalization: layer('axis momentum epsilon center scale', { renorm: false }),
  LayerNormalization: layer('axis epsilon center scale', { rms_scaling: false }),
  Embedding: layer('input_dim output_dim', { ...quantised, mask_zero: false }),
  ReLU: layer('max_value', { negative_slope: 0, threshold: 0 }),
  LeakyReLU: layer('alpha'),
  ELU: layer('', { alpha: 1 }),
  PReLU: layer('shared_axes'),
  Softmax: layer('axis'),
  Add: layer(''),
  Multiply: layer(''),
  Average: layer(''),
  Maximum: layer(''),
  Minimum: layer(''),
  Concatenate: layer('axis'),
  Dot: layer('axes normalize'),
  SimpleRNN: layer(recurrent, unmasked),
  GRU: layer(`${recurrent} recurrent_activation`, { ...unmasked, reset_after: false }),
  LSTM: layer(`${recurrent} recurrent_activation unit_forget_bias`, unmasked),
  Bidirectional: layer('merge_mode layer'),
  TimeDistributed: layer('layer'),
};

/** Activation functions that both have. Not hard_sigmoid: its slope is 1/6 in Keras 3, and 0.2 in tfjs. */
const activations: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'linear',
      'relu',
      'tanh',
      'sigmoid',
      'softmax',
      'log_softmax',
      'elu',
      'selu',
      'softplus',
      'softsign',
      'gelu',
      'mish',
      'swish',
    ].map((name) => [name, name]),
  ),
  silu: 'swish',
};

const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

/**
 * The config of a layer in tfjs's words.
 * @param fail is told what is not the same in tfjs
 */
export function layerConfig(
  className: string,
  config: Readonly<Record<string, unknown>>,
  fail: (what: string) => never,
): Record<string, unknown> {
  if (!Object.hasOwn(known, className)) fail(`is a ${className.slice(0, 80)}, which tfjs has not, or not alike`);
  const { reads, needs } = known[className]!;
  const out: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [given, value] of Object.entries(config)) {
    if (isTraining(given)) continue;
    const key =
      given === 'batch_shape'
        ? 'batch_input_shape'
        : given === 'negative_slope' && className === 'LeakyReLU'
          ? 'alpha'
          : given;
    if (key === 'activation' || key === 'recurrent_activation') {
      if (typeof value === 'string' && Object.hasOwn(activations, value)) out[key] = activations[value];
      else wrong.push(`${key} = ${show(value)}`);
    } else if ((key === 'padding' && value === 'causal') || (key === 'data_format' && value !== 'channels_last'))
      wrong.push(`${key} = ${show(value)}`);
    else if (reads.includes(key) || key === 'name' || key === 'trainable' || key === 'dtype') out[key] = value;
    else if (
      !idle.has(key) &&
      !(Object.hasOwn(needs, key) && (needs[key] === undefined || JSON.stringify(needs[key]) === JSON.stringify(value)))
    )
      wrong.push(`${given} = ${show(value)}`);
  }
  if (wrong.length > 0) fail(`(${className}) has ${wrong.join(', ')}, which tfjs does not compute as Keras 3 does`);
  return out;
}
