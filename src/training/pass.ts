/** A pass that is differentiated: sources, bases whose variables come from the sources, and bases whose other components do, all in one batch. The forward pass is that of every transformer. */
import * as tf from '@tensorflow/tfjs-core';
import type { TransformerConfig } from '../model/formats/transformer/graph/config.js';
import type { Weights } from '../model/formats/transformer/file/weights.js';
import { forward } from '../model/formats/transformer/run/forward.js';
import { unembedBlocks, type Parameters } from '../model/formats/transformer/run/parameters.js';
import { affine, type Taps } from '../model/formats/transformer/run/pass.js';
import { padded } from '../model/formats/transformer/run/ragged.js';
import type { Backend } from '../tensor/backend.js';
import { registerGradients } from '../tensor/gradients.js';
import type { PassInput, Swap } from './pass-input.js';
import { asWeights, uploadAll } from './weights.js';

/** What one pass gives. */
export interface PassResult {
  /** [rows, positions, classes], row-major */
  readonly logits: Float32Array;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

const oneHot = (indices: ArrayLike<number>, width: number): tf.Tensor2D => {
  const data = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) data[i * width + indices[i]!] = 1;
  return tf.tensor2d(data, [indices.length, width]);
};

/** Rows moved up by some, and those that fall out put at the end. */
const rolled = (x: tf.Tensor, by: number): tf.Tensor => {
  const rows = x.shape[0]!;
  return by % rows === 0 ? x : tf.concat([tf.slice(x, by, rows - by), tf.slice(x, 0, by)], 0);
};

/** With its own gradient: those of slices and choices would be several times as much work. */
function swapped(activation: tf.Tensor, { offset, mask }: Swap): tf.Tensor {
  const rows = activation.shape[0]! / 3;
  const halves = (x: tf.Tensor): [sources: tf.Tensor, bases: tf.Tensor] => [
    tf.slice(x, 0, rows),
    tf.slice(x, rows, 2 * rows),
  ];
  const swap = tf.customGrad((x, save) => {
    const [sources, bases] = halves(x as tf.Tensor);
    const taken = tf.tensor(mask, bases.shape, 'bool');
    (save as tf.GradSaveFunc)([taken]);
    const put = tf.concat([rolled(sources, offset), sources], 0);
    return {
      value: tf.concat([sources, tf.where(taken, put, bases)], 0),
      gradFunc: (dy, [where]) => {
        const [ofSources, ofBases] = halves(dy);
        const through = tf.where(where!, ofBases, tf.fill(ofBases.shape, 0, 'float32'));
        const back = tf.add(rolled(tf.slice(through, 0, rows), rows - offset), tf.slice(through, rows, rows));
        return tf.concat([tf.add(ofSources, back), tf.sub(ofBases, through)], 0);
      },
    };
  });
  return swap(activation);
}

/** Embeds by products, which can be differentiated, and takes activations from sources. */
class LearningTaps implements Taps {
  constructor(
    private readonly parameters: Parameters,
    private readonly tokens: Int32Array,
    private readonly positions: number,
    private readonly swaps: ReadonlyMap<string, readonly Swap[]>,
  ) {}

  changes(site: string): boolean {
    return this.swaps.has(site);
  }
  touches(site: string): boolean {
    return site === 'hook_embed' || site === 'hook_pos_embed' || this.swaps.has(site);
  }
  at(site: string, given: tf.Tensor): tf.Tensor {
    const x = this.embedded(site, given);
    return (this.swaps.get(site) ?? []).reduce(swapped, x);
  }
  done(): boolean {
    return false;
  }

  private embedded(site: string, given: tf.Tensor): tf.Tensor {
    if (site !== 'hook_embed' && site !== 'hook_pos_embed') return given;
    const indices = site === 'hook_embed' ? this.tokens : this.tokens.map((_, at) => at % this.positions);
    const table = this.parameters.tensors.get(site === 'hook_embed' ? 'embed.W_E' : 'pos_embed.W_pos') as tf.Tensor2D;
    return tf.reshape(tf.matMul(oneHot(indices, table.shape[0]), table), given.shape);
  }
}

/** The sum over positions of weight times cross entropy. */
export function weighedLoss(logits: tf.Tensor2D, targets: Int32Array, weights: Float32Array): tf.Scalar {
  const loss = tf.customGrad((x, save) => {
    const wanted = oneHot(targets, logits.shape[1]);
    const share = tf.tensor2d(weights, [weights.length, 1]);
    const given = x as tf.Tensor2D;
    const probabilities = tf.softmax(given);
    (save as tf.GradSaveFunc)([probabilities, wanted, share]);
    // its value is found on the host, in double precision: here it is what is differentiated
    return {
      value: tf.sum(tf.slice(probabilities, [0, 0], [1, 1])) as tf.Scalar,
      gradFunc: (_dy, saved) => {
        const [p, y, w] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        return tf.mul(tf.sub(p, y), w);
      },
    };
  });
  return loss(logits) as tf.Scalar;
}

/** Logits of what the unembedding reads, [rows x positions, classes]. */
export function logitsOf(config: TransformerConfig, { tensors }: Parameters, final: tf.Tensor2D): tf.Tensor2D {
  const columns = unembedBlocks(config).map(({ weight, bias }) =>
    affine(final, tensors.get(weight) as tf.Tensor2D, tensors.get(bias)),
  );
  return columns.length === 1 ? columns[0]! : tf.concat(columns, 1);
}

function run(
  config: TransformerConfig,
  parameters: Parameters,
  { tokens, swaps }: Pick<PassInput, 'tokens' | 'swaps'>,
): tf.Tensor2D {
  const positions = tokens[0]!.length;
  const flat = padded(tokens, positions);
  const taps = new LearningTaps(parameters, flat, positions, swaps);
  const alone = { known: undefined, before: () => undefined };
  const final = forward(
    config,
    parameters,
    { tokens: flat, rows: tokens.length, lengths: undefined },
    taps,
    true,
    alone,
  )!;
  return logitsOf(config, parameters, final);
}

/** Logits, and the gradient of the weighed cross entropy by every weight. */
export async function differentiated(
  backend: Backend,
  config: TransformerConfig,
  weights: Weights,
  input: PassInput,
): Promise<PassResult> {
  registerGradients();
  const { names, logits, gradients } = backend.within(() => {
    const parameters = uploadAll(config, weights);
    try {
      const own = [...parameters.tensors.keys()];
      let answers: tf.Tensor2D | undefined;
      const found = tf.grads((...given: tf.Tensor[]) => {
        const tensors = new Map(own.map((name, i) => [name, given[i] as tf.Tensor2D]));
        const all = run(config, { ...parameters, tensors }, input);
        answers = tf.keep(tf.clone(all));
        return weighedLoss(all, input.targets, input.weights);
      })(own.map((name) => parameters.tensors.get(name)!));
      return { names: own, logits: answers!, gradients: found };
    } finally {
      parameters.dispose();
    }
  });
  try {
    // copied: on some backends it is the tensor's own memory
    const read = async (tensor: tf.Tensor): Promise<Float32Array> => new Float32Array(await tensor.data());
    const values = new Map(
      await Promise.all(
        names.map(async (name, i): Promise<[string, Float32Array]> => [name, await read(gradients[i]!)]),
      ),
    );
    return { logits: await read(logits), gradients: asWeights(config, weights, values) };
  } finally {
    tf.dispose([logits, ...gradients]);
  }
}
