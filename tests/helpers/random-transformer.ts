/** A small transformer with random weights, and copies of it with some noise. */
import { weightShapes } from '../../src/model/formats/transformer/file/weights.js';
import { parseConfig } from '../../src/model/formats/transformer/graph/config.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import { random } from '../../src/random.js';
import { entriesOf } from '../../src/shape.js';

export const vocabulary = 11;

const config = {
  n_layers: 2,
  d_model: 8,
  n_ctx: 2,
  d_head: 4,
  n_heads: 3,
  d_mlp: 12,
  d_vocab: vocabulary,
  d_vocab_out: vocabulary,
  act_fn: 'relu',
  normalization_type: null,
  attention_dir: 'causal',
  positional_embedding_type: 'standard',
} as const;

/** @param noise of the weights, in units of their own size @param changes of the sizes */
export function randomTransformer(
  name: string,
  noise = 0,
  changes: Partial<Record<'n_heads' | 'd_mlp' | 'n_layers' | 'd_head', number>> = {},
): Promise<Transformer> {
  const full = { ...config, ...changes };
  const weights = new Map(
    [...weightShapes(parseConfig(full))].map(([key, shape]) => {
      const [own, other] = [random(1, key), random(2, `${name} ${key}`)];
      const scale = 1 / Math.sqrt(shape.at(-2) ?? 8);
      return [
        key,
        {
          shape,
          data: Float32Array.from({ length: entriesOf(shape) }, () => scale * (own.normal() + noise * other.normal())),
        },
      ] as const;
    }),
  );
  return transformer(full, weights, { name });
}
