/** A pass that is differentiated: sources, bases whose variables come from the sources, and bases whose other components do, all in one batch. The forward pass is that of every transformer. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tokens } from '../model/input.js';
import type { TransformerConfig } from '../model/formats/transformer/graph/config.js';
import type { Weights } from '../model/formats/transformer/file/weights.js';
import { forward } from '../model/formats/transformer/run/forward.js';
import { unembedBlocks, type Parameters } from '../model/formats/transformer/run/parameters.js';
import { affine, type Taps } from '../model/formats/transformer/run/pass.js';
import { padded } from '../model/formats/transformer/run/ragged.js';
import { asWeights, uploadAll } from './weights.js';

/** What comes from a source at one site, in one of the blocks of rows. */
export interface Swap {
  /** 1: bases whose variables are exchanged; 2: bases whose other components are */
  readonly block: 1 | 2;
  /** row i takes from source i + offset, counted round */
  readonly offset: number;
  /** 1 where it does: [rows of the block, ...site], row-major */
  readonly mask: Uint8Array;
}

/** What one pass is run on: three blocks of as many rows, all of one length. Sources, and twice bases. */
export interface PassInput {
  readonly tokens: readonly Tokens[];
  readonly swaps: ReadonlyMap<string, readonly Swap[]>;
  /** the class that each position should answer with: [rows, positions], row-major */
  readonly targets: Int32Array;
  /** how much each position counts: 0 where there is no answer */
  readonly weights: Float32Array;
}

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
    const swaps = this.swaps.get(site);
    if (swaps === undefined) return x;
    const rows = x.shape[0]! / 3;
    const blocks = [0, 1, 2].map((block) => tf.slice(x, block * rows, rows));
    for (const { block, offset, mask } of swaps) {
      const source =
        offset === 0
          ? blocks[0]!
          : tf.concat([tf.slice(blocks[0]!, offset, rows - offset), tf.slice(blocks[0]!, 0, offset)], 0);
      blocks[block] = tf.where(tf.tensor(mask, source.shape, 'bool'), source, blocks[block]!);
    }
    return tf.concat(blocks, 0);
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
function weighedLoss(logits: tf.Tensor2D, targets: Int32Array, weights: Float32Array): tf.Scalar {
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

function run(
  config: TransformerConfig,
  parameters: Parameters,
  { tokens, swaps }: Pick<PassInput, 'tokens' | 'swaps'>,
): tf.Tensor2D {
  const positions = tokens[0]!.length;
  const flat = padded(tokens, positions);
  const taps = new LearningTaps(parameters, flat, positions, swaps);
  const final = forward(config, parameters, { tokens: flat, rows: tokens.length, lengths: undefined }, taps, true)!;
  const columns = unembedBlocks(config).map(({ weight, bias }) =>
    affine(final, parameters.tensors.get(weight) as tf.Tensor2D, parameters.tensors.get(bias)),
  );
  return columns.length === 1 ? columns[0]! : tf.concat(columns, 1);
}

/** Logits, and the gradient of the weighed cross entropy by every weight. Synchronous; to be called within a backend that has gradients. */
export function differentiated(config: TransformerConfig, weights: Weights, input: PassInput): PassResult {
  const parameters = uploadAll(config, weights);
  let logits: tf.Tensor2D | undefined;
  let found: tf.Tensor[] = [];
  try {
    const names = [...parameters.tensors.keys()];
    found = tf.grads((...given: tf.Tensor[]) => {
      const tensors = new Map(names.map((name, i) => [name, given[i] as tf.Tensor2D]));
      const own = run(config, { ...parameters, tensors }, input);
      logits = tf.keep(tf.clone(own));
      return weighedLoss(own, input.targets, input.weights);
    })(names.map((name) => parameters.tensors.get(name)!));
    // copied: on some backends this is the tensor's own memory
    const values = new Map(names.map((name, i) => [name, new Float32Array(found[i]!.dataSync())]));
    return {
      logits: new Float32Array(logits!.dataSync()),
      gradients: asWeights(config, weights, values),
    };
  } finally {
    parameters.dispose();
    logits?.dispose();
    for (const tensor of found) tensor.dispose();
  }
}
