/** Random weights of a size at which nothing saturates: activations of order one everywhere, attention between uniform and one-hot. */
import { random } from '../../../src/random.js';
import type { TransformerConfig } from '../../../src/model/formats/transformer/graph/config.js';
import { weightShapes, type Weights } from '../../../src/model/formats/transformer/file/weights.js';
import { entriesOf } from '../../../src/shape.js';

/** Standard deviation of a weight: what reads n values of order one divides by sqrt(n), what writes adds half as much as is there. */
function spread(name: string, { d_model, d_mlp, d_head, n_heads }: TransformerConfig): number {
  if (/embed\.W_(E|pos)$/.test(name)) return 0.7;
  if (/\.b$|b_\w+$/.test(name)) return 0.3;
  if (name.endsWith('W_O')) return 0.5 / Math.sqrt(n_heads * d_head);
  if (name.endsWith('W_out')) return 0.5 / Math.sqrt(d_mlp);
  return 1 / Math.sqrt(d_model);
}

/**
 * Normal weights, the same for the same config and seed. Weights of normalisations are 1 give or take a quarter, and never near 0.
 * @param without names of weights to leave out, without their layer: `attn.b_Q`, `ln_final.b`, `unembed.W_U`
 */
export function randomWeights(config: TransformerConfig, seed: number, without: readonly string[] = []): Weights {
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, shape] of weightShapes(config)) {
    if (without.includes(name.replace(/^blocks\.\d+\./, ''))) continue;
    const stream = random(seed, name);
    const size = entriesOf(shape);
    const deviation = spread(name, config);
    const one = (): number => (name.endsWith('.w') ? 0.75 + 0.5 * stream.unit() : deviation * stream.normal());
    weights.set(name, { shape, data: Float32Array.from({ length: size }, one) });
  }
  return weights;
}
