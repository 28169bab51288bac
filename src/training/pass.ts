/** A pass that is differentiated: sources, bases whose variables come from the sources, and bases whose other components do, all in one batch. The forward pass is that of every transformer. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tokens } from '../model/input.js';
import { lengthsOf, longestOf } from '../model/input.js';
import type { SiteChange } from '../model/interventions.js';
import { maskOf } from '../model/replacement.js';
import type { TransformerConfig } from '../model/formats/transformer/graph/config.js';
import type { Weights } from '../model/formats/transformer/file/weights.js';
import { forward } from '../model/formats/transformer/run/forward.js';
import { unembedBlocks, type Parameters } from '../model/formats/transformer/run/parameters.js';
import { affine, type Taps } from '../model/formats/transformer/run/pass.js';
import { padded } from '../model/formats/transformer/run/ragged.js';
import { asWeights, uploadAll } from './weights.js';

/** What one pass is run on. */
export interface PassInput {
  /** the first `sources` rows are the sources of the rows after them, in order, again and again */
  readonly tokens: readonly Tokens[];
  readonly sources: number;
  /** what comes from each row's source, by site */
  readonly changes: ReadonlyMap<string, readonly SiteChange[]>;
  /** the class that each position should answer with, -1 where it does not count: [rows, positions], row-major */
  readonly targets: Int32Array;
  /** how much each position of a row counts */
  readonly weights: Float32Array;
}

/** What one pass gives. */
export interface PassResult {
  /** [rows, positions, classes], row-major */
  readonly logits: Float32Array;
  readonly positions: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

const oneHot = (indices: ArrayLike<number>, width: number): tf.Tensor2D => {
  const data = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) if (indices[i]! >= 0) data[i * width + indices[i]!] = 1;
  return tf.tensor2d(data, [indices.length, width]);
};

/** Embeds by products, which can be differentiated, and takes activations from sources. */
class LearningTaps implements Taps {
  constructor(
    private readonly parameters: Parameters,
    private readonly tokens: Int32Array,
    private readonly positions: number,
    private readonly sources: number,
    private readonly swapped: ReadonlyMap<string, readonly SiteChange[]>,
  ) {}

  changes(site: string): boolean {
    return this.swapped.has(site);
  }
  touches(site: string): boolean {
    return site === 'hook_embed' || site === 'hook_pos_embed' || this.swapped.has(site);
  }
  at(site: string, given: tf.Tensor): tf.Tensor {
    const x = this.embedded(site, given);
    const changes = this.swapped.get(site);
    if (changes === undefined) return x;
    const [rows, ...sizes] = x.shape as [number, ...number[]];
    const source = tf.slice(x, 0, this.sources);
    const put = tf.concat(Array<tf.Tensor>(rows / this.sources).fill(source), 0);
    const mask = maskOf(changes, x.shape, { from: 0, to: rows });
    return mask === undefined ? put : tf.where(tf.tensor(mask, [rows, ...sizes], 'bool'), put, x);
  }
  done(): boolean {
    return false;
  }

  private embedded(site: string, given: tf.Tensor): tf.Tensor {
    const [name, indices] =
      site === 'hook_embed'
        ? ['embed.W_E', this.tokens]
        : site === 'hook_pos_embed'
          ? ['pos_embed.W_pos', Int32Array.from(this.tokens, (_, at) => at % this.positions)]
          : [];
    if (name === undefined) return given;
    const table = this.parameters.tensors.get(name) as tf.Tensor2D;
    return tf.reshape(tf.matMul(oneHot(indices!, table.shape[0]), table), given.shape);
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
  return loss(logits);
}

function run(
  config: TransformerConfig,
  parameters: Parameters,
  { tokens, sources, changes }: Pick<PassInput, 'tokens' | 'sources' | 'changes'>,
): tf.Tensor2D {
  const lengths = lengthsOf(tokens);
  const positions = longestOf(tokens.map(({ length }) => length));
  const flat = padded(tokens, positions);
  const taps = new LearningTaps(parameters, flat, positions, sources, changes);
  const final = forward(config, parameters, { tokens: flat, rows: tokens.length, lengths }, taps, true)!;
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
    const values = new Map(names.map((name, i) => [name, Float32Array.from(found[i]!.dataSync())]));
    return {
      logits: Float32Array.from(logits!.dataSync()),
      positions: logits!.shape[0] / input.tokens.length,
      gradients: asWeights(config, weights, values),
    };
  } finally {
    parameters.dispose();
    logits?.dispose();
    for (const tensor of found) tensor.dispose();
  }
}
