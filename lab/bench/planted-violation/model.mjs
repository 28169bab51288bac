// A model of 6 layers and 8 heads, random but for what was planted in it. It says the first of its tokens.
//
// The residual stream: a token's one-hot, the position, the answer, and room for the rest. `writers` are heads that copy the first token into the answer,
// each with a weight of its own; all other heads read and write random directions of the room, which the answer is not read from.
import { accuracy, pairs, range, task, transformer, random } from '../../../dist/esm/index.js';

const vocabulary = 8;
const configOf = (positions) => ({
  n_layers: 6,
  n_heads: 8,
  d_head: 8,
  d_model: 64,
  n_ctx: positions,
  d_vocab: vocabulary,
  d_vocab_out: vocabulary,
  attn_only: true,
  normalization_type: null,
  attention_dir: 'causal',
  attn_scale: 1,
});

/** @param writers [layer, head, weight] of the heads that write the answer */
export function planted(positions, writers, backend) {
  const config = configOf(positions);
  const [place, answer, room] = [vocabulary, vocabulary + positions, 2 * vocabulary + positions];
  const { n_layers, n_heads, d_head, d_model } = config;
  const draw = random(1, 'planted');
  const weights = new Map();
  const tensor = (key, shape) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    weights.set(key, { shape, data });
    return (at, value) => (data[at.reduce((index, i, axis) => index * shape[axis] + i, 0)] = value);
  };
  const noise = (set, shape, within) => {
    const go = (at) =>
      at.length === shape.length
        ? within(at) && set(at, 0.3 * draw.normal())
        : range(shape[at.length]).forEach((i) => go([...at, i]));
    go([]);
  };
  const embed = tensor('embed.W_E', [vocabulary, d_model]);
  range(vocabulary).forEach((token) => embed([token, token], 1));
  noise(embed, [vocabulary, d_model], ([, j]) => j >= room);
  const put = tensor('pos_embed.W_pos', [positions, d_model]);
  range(positions).forEach((position) => put([position, place + position], 1));
  for (const layer of range(n_layers)) {
    const sets = Object.fromEntries(
      ['Q', 'K', 'V'].flatMap((kind) => [
        [`W_${kind}`, tensor(`blocks.${layer}.attn.W_${kind}`, [n_heads, d_model, d_head])],
        [`b_${kind}`, tensor(`blocks.${layer}.attn.b_${kind}`, [n_heads, d_head])],
      ]),
    );
    const out = tensor(`blocks.${layer}.attn.W_O`, [n_heads, d_head, d_model]);
    tensor(`blocks.${layer}.attn.b_O`, [d_model]);
    const mine = new Map(writers.filter(([where]) => where === layer).map(([, head, weight]) => [head, weight]));
    for (const kind of ['Q', 'K', 'V'])
      noise(sets[`W_${kind}`], [n_heads, d_model, d_head], ([head, j]) => !mine.has(head) && j >= room);
    noise(out, [n_heads, d_head, d_model], ([head, , j]) => !mine.has(head) && j >= room);
    for (const [head, weight] of mine) {
      sets.b_Q([head, 0], 200); // sees the first position only
      sets.W_K([head, place, 0], 1);
      for (const token of range(vocabulary)) {
        sets.W_V([head, token, token], 1);
        out([head, token, answer + token], weight);
      }
    }
  }
  const unembed = tensor('unembed.W_U', [d_model, vocabulary]);
  range(vocabulary).forEach((token) => unembed([answer + token, token], 1));
  tensor('unembed.b_U', [vocabulary]);
  return transformer(config, weights, { name: 'planted', backend });
}

/** Every sequence of the two tokens at its ends; what is between is drawn. */
export function firstToken(positions) {
  const draw = random(2, 'inputs');
  return task({
    name: 'first token',
    inputs: pairs(range(vocabulary), range(vocabulary)).map(([a, b]) => [
      a,
      ...Array.from({ length: positions - 2 }, () => draw.below(vocabulary)),
      b,
    ]),
    behaviour: accuracy(([first]) => first),
    threshold: { atLeast: 1 },
  });
}
