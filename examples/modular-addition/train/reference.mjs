// The same network again, one input at a time, in float64 and with its gradient by hand.
// It shares no code with the training network: what the mechanism statistics say does not rest on tfjs,
// and each checks the other (check.mjs).

/**
 * @param config the model's JSON config
 * @param tensors its tensors by TransformerLens's names
 * @param options.pattern 'learned' (default), or a number per head: the weight on the first position, whatever the input
 */
export function network(config, tensors, options = {}) {
  const { d_model: D, n_heads: H, d_head: K, d_mlp: M, d_vocab: P } = config;
  const t = Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, Float64Array.from(data)]));
  const W = (name) => t[`blocks.0.${name}`];
  const [WQ, WK, WV, WO] = ['W_Q', 'W_K', 'W_V', 'W_O'].map((n) => W(`attn.${n}`));
  const [bQ, bK, bV, bO] = ['b_Q', 'b_K', 'b_V', 'b_O'].map((n) => W(`attn.${n}`));
  const [Win, bin, Wout, bout] = ['W_in', 'b_in', 'W_out', 'b_out'].map((n) => W(`mlp.${n}`));
  const E = t['embed.W_E'];
  const pos = t['pos_embed.W_pos'];
  const U = t['unembed.W_U'];
  const bU = t['unembed.b_U'];

  /** x W + b for matrices [heads, D, K], laid out [heads * K] */
  const project = (x, w, b) => {
    const out = new Float64Array(H * K);
    for (let h = 0; h < H; h++)
      for (let j = 0; j < K; j++) {
        let sum = b[h * K + j];
        for (let i = 0; i < D; i++) sum += x[i] * w[(h * D + i) * K + j];
        out[h * K + j] = sum;
      }
    return out;
  };
  /** adds g W^T to x: the way back through `project` */
  const back = (x, g, w) => {
    for (let h = 0; h < H; h++)
      for (let i = 0; i < D; i++) {
        let sum = 0;
        for (let j = 0; j < K; j++) sum += g[h * K + j] * w[(h * D + i) * K + j];
        x[i] += sum;
      }
  };

  /** Everything of one input, given its two embeddings (before positions are added). */
  function forward(e0, e1) {
    const x0 = e0.map((v, i) => v + pos[i]);
    const x1 = e1.map((v, i) => v + pos[D + i]);
    const q = project(x1, WQ, bQ);
    const k0 = project(x0, WK, bK);
    const k1 = project(x1, WK, bK);
    const v0 = project(x0, WV, bV);
    const v1 = project(x1, WV, bV);
    const onFirst = new Float64Array(H);
    const z = new Float64Array(H * K);
    for (let h = 0; h < H; h++) {
      let s0 = 0;
      let s1 = 0;
      for (let j = h * K; j < (h + 1) * K; j++) {
        s0 += q[j] * k0[j];
        s1 += q[j] * k1[j];
      }
      const m = Math.max(s0, s1);
      const [a0, a1] = [Math.exp((s0 - m) / Math.sqrt(K)), Math.exp((s1 - m) / Math.sqrt(K))];
      onFirst[h] = options.pattern ? options.pattern[h] : a0 / (a0 + a1);
      for (let j = h * K; j < (h + 1) * K; j++) z[j] = onFirst[h] * v0[j] + (1 - onFirst[h]) * v1[j];
    }
    const mid = x1.map((v, i) => v + bO[i]);
    for (let j = 0; j < H * K; j++) for (let i = 0; i < D; i++) mid[i] += z[j] * WO[j * D + i];
    const pre = Float64Array.from(bin);
    for (let i = 0; i < D; i++) for (let n = 0; n < M; n++) pre[n] += mid[i] * Win[i * M + n];
    const post = mid.map((v, i) => v + bout[i]);
    for (let n = 0; n < M; n++) if (pre[n] > 0) for (let i = 0; i < D; i++) post[i] += pre[n] * Wout[n * D + i];
    const logits = Float64Array.from(bU);
    for (let i = 0; i < D; i++) for (let c = 0; c < P; c++) logits[c] += post[i] * U[i * P + c];
    return { q, k0, k1, v0, v1, onFirst, pre, logits };
  }

  const embedding = (a) => E.slice(a * D, (a + 1) * D);

  return {
    embedding,
    forward,
    run: (a, b) => forward(embedding(a), embedding(b)),

    /** Gradients of logit c with respect to the two embeddings, both of a learned pattern. */
    gradient(e0, e1, c) {
      const { q, k0, k1, v0, v1, onFirst, pre } = forward(e0, e1);
      const post = new Float64Array(D);
      for (let i = 0; i < D; i++) post[i] = U[i * P + c];
      const mid = Float64Array.from(post);
      for (let n = 0; n < M; n++) {
        if (pre[n] <= 0) continue;
        let g = 0;
        for (let i = 0; i < D; i++) g += post[i] * Wout[n * D + i];
        for (let i = 0; i < D; i++) mid[i] += g * Win[i * M + n];
      }
      const x0 = new Float64Array(D);
      const x1 = Float64Array.from(mid);
      const [gq, gk0, gk1, gv0, gv1] = Array.from({ length: 5 }, () => new Float64Array(H * K));
      for (let h = 0; h < H; h++) {
        const a = onFirst[h];
        let ga = 0;
        for (let j = h * K; j < (h + 1) * K; j++) {
          let gz = 0;
          for (let i = 0; i < D; i++) gz += mid[i] * WO[j * D + i];
          gv0[j] = a * gz;
          gv1[j] = (1 - a) * gz;
          ga += gz * (v0[j] - v1[j]);
        }
        const gs = options.pattern ? 0 : (ga * a * (1 - a)) / Math.sqrt(K); // of the difference of scores
        for (let j = h * K; j < (h + 1) * K; j++) {
          gq[j] = gs * (k0[j] - k1[j]);
          gk0[j] = gs * q[j];
          gk1[j] = -gs * q[j];
        }
      }
      back(x0, gk0, WK);
      back(x0, gv0, WV);
      back(x1, gq, WQ);
      back(x1, gk1, WK);
      back(x1, gv1, WV);
      return [x0, x1];
    },
  };
}
