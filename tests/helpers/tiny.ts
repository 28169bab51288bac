/**
 * A transformer small enough to compute by hand. Two tokens a, b in {0, 1}; it says 1 at the last position iff both are 1.
 *
 * The residual stream has three directions: x0 the token, x1 the mean of both tokens (written by head 0), x2 relu(x1) (written by
 * neuron 0). Attention is uniform because queries and keys are 0. Head 1 reads the token and writes nothing; neuron 1 reads x1 and
 * writes nothing; neuron 2 never fires. Logit 1 is 8 (x2 - 3/4), logit 0 is 0: 2 for (1,1), -2 for (0,1) and (1,0), -6 for (0,0).
 */
import type { BackendName } from '../../src/tensor/backend-names.js';
import { transformer } from '../../src/model/formats/transformer/run/transformer.js';
import type { Model } from '../../src/model/model.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { task } from '../../generators/task.js';

const tensor = (shape: number[], entries: Record<number, number> = {}) => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (const [at, value] of Object.entries(entries)) data[Number(at)] = value;
  return { shape, data };
};

export const tinyConfig = {
  n_layers: 1,
  d_model: 3,
  n_ctx: 2,
  d_head: 1,
  n_heads: 2,
  d_mlp: 3,
  d_vocab: 2,
  d_vocab_out: 2,
  act_fn: 'relu',
  normalization_type: null,
  attention_dir: 'bidirectional',
  positional_embedding_type: 'standard',
} as const;

export const tinyWeights = () =>
  new Map(
    Object.entries({
      'embed.W_E': tensor([2, 3], { 3: 1 }),
      'pos_embed.W_pos': tensor([2, 3]),
      'blocks.0.attn.W_Q': tensor([2, 3, 1]),
      'blocks.0.attn.W_K': tensor([2, 3, 1]),
      // both heads read x0
      'blocks.0.attn.W_V': tensor([2, 3, 1], { 0: 1, 3: 1 }),
      // head 0 writes x1
      'blocks.0.attn.W_O': tensor([2, 1, 3], { 1: 1 }),
      'blocks.0.attn.b_Q': tensor([2, 1]),
      'blocks.0.attn.b_K': tensor([2, 1]),
      'blocks.0.attn.b_V': tensor([2, 1]),
      'blocks.0.attn.b_O': tensor([3]),
      // neurons 0 and 1 read x1
      'blocks.0.mlp.W_in': tensor([3, 3], { 3: 1, 4: 1 }),
      'blocks.0.mlp.b_in': tensor([3]),
      // neuron 0 writes x2
      'blocks.0.mlp.W_out': tensor([3, 3], { 2: 1 }),
      'blocks.0.mlp.b_out': tensor([3]),
      'unembed.W_U': tensor([3, 2], { 5: 8 }),
      'unembed.b_U': tensor([2], { 1: -6 }),
    }),
  );

export const tiny = (backend: BackendName = 'cpu'): Promise<Model> =>
  transformer(tinyConfig, tinyWeights(), { name: 'tiny', backend });

/** All four inputs; the right answer is a AND b. */
export const both = () =>
  task({
    name: 'both',
    inputs: pairs(range(2), range(2)),
    behaviour: accuracy(([a = 0, b = 0]: readonly number[]) => a & b),
    threshold: { atLeast: 1 },
  });
