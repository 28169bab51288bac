// Random transformers in TransformerLens's names: GPT-2's architecture in several sizes.
export const POSITIONS = 16;
export const INPUTS = 200;

const config = (n_layers, d_model, n_heads, d_vocab) => ({
  n_layers,
  d_model,
  n_ctx: POSITIONS,
  d_head: d_model / n_heads,
  n_heads,
  d_mlp: 4 * d_model,
  d_vocab,
  d_vocab_out: d_vocab,
  act_fn: 'gelu_new',
  normalization_type: 'LN',
  attention_dir: 'causal',
  positional_embedding_type: 'standard',
});
export const sizes = {
  '2 layers, d 64': config(2, 64, 4, 512),
  '6 layers, d 512': config(6, 512, 8, 512),
  '12 layers, d 768': config(12, 768, 12, 512),
  'GPT-2 small': { ...config(12, 768, 12, 50257), n_ctx: 1024 },
};

/** xorshift: fast enough for 124 million weights, and the same everywhere. */
function* shifts(seed) {
  let x = seed | 1;
  for (;;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x;
  }
}
function noise(count, scale, seed) {
  const data = new Float32Array(count);
  let x = (seed * 2654435761) | 1;
  for (let i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    data[i] = (x / 2 ** 31) * scale;
  }
  return data;
}

/** [name, shape, values] one by one, so that a large model need not be in memory twice. */
export function* weightsOf(config) {
  const { n_layers, d_model: d, n_heads: h, d_head: k, d_mlp: m, d_vocab, n_ctx } = config;
  let seed = 1;
  const tensor = (name, shape, scale) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return [name, shape, scale === undefined ? new Float32Array(count).fill(1) : noise(count, scale, seed++)];
  };
  yield tensor('embed.W_E', [d_vocab, d], 0.05);
  yield tensor('pos_embed.W_pos', [n_ctx, d], 0.02);
  const wide = Math.sqrt(3 / d);
  for (let layer = 0; layer < n_layers; layer++) {
    const at = `blocks.${layer}`;
    for (const norm of ['ln1', 'ln2']) {
      yield tensor(`${at}.${norm}.w`, [d]);
      yield tensor(`${at}.${norm}.b`, [d], 0.01);
    }
    for (const kind of ['Q', 'K', 'V']) {
      yield tensor(`${at}.attn.W_${kind}`, [h, d, k], wide);
      yield tensor(`${at}.attn.b_${kind}`, [h, k], 0.01);
    }
    yield tensor(`${at}.attn.W_O`, [h, k, d], wide / Math.sqrt(n_layers));
    yield tensor(`${at}.attn.b_O`, [d], 0.01);
    yield tensor(`${at}.mlp.W_in`, [d, m], wide);
    yield tensor(`${at}.mlp.b_in`, [m], 0.01);
    yield tensor(`${at}.mlp.W_out`, [m, d], Math.sqrt(3 / m) / Math.sqrt(n_layers));
    yield tensor(`${at}.mlp.b_out`, [d], 0.01);
  }
  yield tensor('ln_final.w', [d]);
  yield tensor('ln_final.b', [d], 0.01);
  yield tensor('unembed.W_U', [d, d_vocab], wide);
  yield tensor('unembed.b_U', [d_vocab], 0.01);
}

export const residualSites = ({ n_layers }) => [
  'blocks.0.hook_resid_pre',
  ...Array.from({ length: n_layers }, (_, layer) => `blocks.${layer}.hook_resid_post`),
];

export function inputsOf({ d_vocab }) {
  const next = shifts(7);
  return Array.from({ length: INPUTS }, () =>
    Array.from({ length: POSITIONS }, () => (next.next().value >>> 0) % d_vocab),
  );
}
