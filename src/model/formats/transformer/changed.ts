/** Copies of a transformer whose weights are changed a little: pruned, or noisy. */
import { OptionError } from '../../../errors.js';
import { random } from '../../../random.js';
import type { Model } from '../../model.js';
import { withWeights } from './quantise.js';
import { transformer, type Transformer } from './run/model.js';

type Tensor = { readonly shape: readonly number[]; readonly data: Float32Array };

function changed(
  model: Model,
  what: string,
  words: string,
  change: (tensor: Tensor, key: string) => Float32Array,
): Promise<Transformer> {
  const { name, config, weights, backend, tokenizer } = withWeights(model, what);
  const made = new Map(
    [...weights].map(([key, tensor]) => [key, { shape: tensor.shape, data: change(tensor as Tensor, key) }]),
  );
  return transformer(config, made, { name: `${name} (${words})`, backend, tokenizer, copy: false });
}

/**
 * Sets the given share of every matrix's entries to zero, those of the smallest magnitude; vectors stay. What is zero already counts among them.
 * @param share in [0, 1)
 * @throws ModelError for a model that is no transformer, OptionError
 */
export async function pruned(model: Model, share: number): Promise<Transformer> {
  if (!(share >= 0 && share < 1))
    throw new OptionError({ what: `a share of ${share} cannot be pruned`, where: 'pruned', hint: 'give 0 to 1' });
  return changed(model, 'pruned', `${Math.round(100 * share)} % pruned`, ({ shape, data }) => {
    const kept = data.slice();
    if (shape.length < 2) return kept;
    const smallest = Array.from(data, (_, i) => i).sort((a, b) => Math.abs(data[a]!) - Math.abs(data[b]!) || a - b);
    for (const i of smallest.slice(0, Math.floor(share * data.length))) kept[i] = 0;
    return kept;
  });
}

/**
 * Adds normal noise to every entry, of the given share of its tensor's root mean square.
 * @param share 0 or more
 * @throws ModelError for a model that is no transformer, OptionError
 */
export async function noisy(model: Model, share: number, seed: number): Promise<Transformer> {
  if (!(share >= 0) || !Number.isFinite(share))
    throw new OptionError({ what: `noise of ${share} is none`, where: 'noisy', hint: 'give a number of 0 or more' });
  return changed(model, 'noisy', `${Number((100 * share).toPrecision(2))} % noise`, ({ data }, key) => {
    const stream = random(seed, `noise ${key}`);
    const size = share * Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
    return data.map((x) => x + size * stream.normal());
  });
}
