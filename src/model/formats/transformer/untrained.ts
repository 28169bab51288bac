/** A control: the same architecture and the same weight statistics, nothing learned. */
import { random } from '../../../random.js';
import type { Model } from '../../model.js';
import { withWeights } from './quantise.js';
import { transformer, type Transformer } from './run/model.js';

/**
 * The model with the entries of every weight tensor permuted at random: each tensor keeps its distribution of values
 * and loses its structure.
 * @throws ModelError for a model that is no transformer
 */
export async function untrained(model: Model, seed: number): Promise<Transformer> {
  const own = withWeights(model, 'untrained');
  const weights = new Map(
    [...own.weights].map(([name, { shape, data }]) => {
      const order = random(seed, `untrained ${name}`).permutation(data.length);
      return [name, { shape, data: Float32Array.from(order, (from) => data[from]!) }];
    }),
  );
  return transformer(own.config, weights, {
    name: `${own.name} (untrained, seed ${seed})`,
    backend: own.backend,
    tokenizer: own.tokenizer,
    copy: false,
  });
}
