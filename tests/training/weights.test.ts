/** Weights at the start: attention looks at tokens that are alike. */
import { expect, test } from '@jest/globals';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import { configOf } from '../../src/training/architecture.js';
import { initialWeights } from '../../src/training/weights.js';
import { distinct } from './programs.js';

const config = configOf(distinct, { n_layers: 2, n_heads: 4, d_model: 64, d_mlp: 128 });
const deviationOf = (data: Float32Array): number =>
  Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);

test('keys begin as queries, tokens with a deviation of 1, and places in wide models, everything else smaller', () => {
  const weights = initialWeights(config, 1);
  for (const layer of [0, 1])
    expect(weights.get(`blocks.${layer}.attn.W_K`)!.data).toEqual(weights.get(`blocks.${layer}.attn.W_Q`)!.data);
  expect(weights.get('blocks.0.attn.W_Q')!.data).not.toEqual(weights.get('blocks.1.attn.W_Q')!.data);
  // 256 numbers and more: off by a fifth with a chance below 1e-5
  for (const name of ['embed.W_E', 'pos_embed.W_pos'])
    expect(Math.abs(deviationOf(weights.get(name)!.data) - 1)).toBeLessThan(0.2);
  for (const name of ['blocks.0.attn.W_Q', 'blocks.1.mlp.W_in'])
    expect(Math.abs(deviationOf(weights.get(name)!.data) / 0.1 - 1)).toBeLessThan(0.2);
  const narrow = initialWeights(configOf(distinct, { n_layers: 1, n_heads: 2, d_model: 32, d_mlp: 32 }), 1);
  expect(deviationOf(narrow.get('embed.W_E')!.data)).toBeGreaterThan(0.8);
  expect(deviationOf(narrow.get('pos_embed.W_pos')!.data)).toBeLessThan(0.2);
});

test('a model that learned nothing looks more at an equal token than at another one, in every head of the first layer', async () => {
  const site = 'blocks.0.attn.hook_pattern';
  const [equal, other] = [Array<number>(4).fill(0), Array<number>(4).fill(0)];
  for (let seed = 0; seed < 20; seed++) {
    const model = await transformer(config, initialWeights(config, seed), { backend: 'cpu' });
    const { activations } = await model.run([distinct.encode([0, 1, 0])], { capture: [site], logits: false });
    model.dispose();
    const { data } = activations.get(site)!;
    for (let head = 0; head < 4; head++) {
      // from the first token, behind the beginning, to the third and to the second
      equal[head]! += data[(head * 4 + 1) * 4 + 3]!;
      other[head]! += data[(head * 4 + 1) * 4 + 2]!;
    }
  }
  equal.forEach((share, head) => expect(share).toBeGreaterThan(1.5 * other[head]!));
});
