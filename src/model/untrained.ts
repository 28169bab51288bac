/** A control: the same architecture and the same weight statistics, nothing learned. */
import { random } from '../random.js';
import { transformer, type Transformer } from './transformer.js';

/**
 * The model with the entries of every weight tensor permuted at random: each tensor keeps its distribution of values
 * and loses its structure.
 */
export async function untrained(model: Transformer, seed: number): Promise<Transformer> {
  const weights = new Map(
    [...model.weights].map(([name, { shape, data }]) => {
      const order = random(seed, `untrained ${name}`).permutation(data.length);
      return [name, { shape, data: Float32Array.from(order, (from) => data[from]!) }];
    }),
  );
  return transformer(model.config, weights, { name: `${model.name} (untrained, seed ${seed})`, backend: model.backend });
}
