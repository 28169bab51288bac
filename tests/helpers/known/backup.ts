/**
 * Which token is the first? Two heads know, and either suffices: a model whose minimal circuit is not unique. Neither head is necessary alone, both together are.
 *
 * The residual stream, for n = 3 tokens: 0-2 the token, 3-4 the position, 5-7 the first token. Heads 0 and 1 both see only the first position and write its token to 5-7, so that the logits
 * are 2 at the right token, 1 without one of the heads and 0 everywhere without both. Without both the answer is token 0, the first of equal logits. The claim is about zero ablation:
 * with a resampled head two tokens are written once each, and the answer is a tie.
 *
 * Spare: head 2 does the same and writes nothing.
 */
import { accuracy, pairs, range } from '../../../src/task/index.js';
import { task } from '../../../generators/task.js';
import { known, type Known } from './known.js';

/** @param n tokens: n^2 inputs */
export function backupOf(n: number): Known {
  const [place, first] = [n, n + 2];
  return known({
    name: 'backup heads',
    words: 'says the first of two tokens: heads 0 and 1 both copy it, and either suffices',
    config: {
      n_layers: 1,
      d_model: 2 * n + 2,
      n_ctx: 2,
      d_head: n,
      n_heads: 3,
      d_vocab: n,
      d_vocab_out: n,
      attn_only: true,
      normalization_type: null,
      attention_dir: 'bidirectional',
      attn_scale: 1,
    },
    task: task({
      name: 'first token',
      inputs: pairs(range(n), range(n)) as (readonly number[])[],
      behaviour: accuracy(([a]: readonly number[]) => a!),
      threshold: { atLeast: 1 },
    }),
    by: 'zero',
    circuits: [['blocks.0.attn.head.0'], ['blocks.0.attn.head.1']],
    spare: ['blocks.0.attn.head.1', 'blocks.0.attn.head.2'],
    write(set) {
      for (let i = 0; i < n; i++) set('embed.W_E', [i, i], 1);
      for (const position of [0, 1]) set('pos_embed.W_pos', [position, place + position], 1);
      for (const head of [0, 1, 2]) {
        set('blocks.0.attn.b_Q', [head, 0], 200);
        set('blocks.0.attn.W_K', [head, place, 0], 1);
        for (let i = 0; i < n; i++) {
          set('blocks.0.attn.W_V', [head, i, i], 1);
          if (head < 2) set('blocks.0.attn.W_O', [head, i, first + i], 1);
        }
      }
      for (let i = 0; i < n; i++) set('unembed.W_U', [first + i, i], 1);
    },
  });
}

export const backup = backupOf(3);
