/**
 * Are the two tokens equal? Two heads copy, one neuron for each token compares.
 *
 * The residual stream, for n = 3 tokens: 0-2 the token, 3-4 the position, 5-7 the first token (written by head 0), 8-10 the second (head 1), 11 whether they are equal,
 * 12 and 13 what nobody reads. Head 0 sees only the first position and head 1 only the second: the scores differ by 200, and exp(-200) is 0 in float32,
 * so that copies are exact. Neuron i is relu(first_i + second_i - 1): 1 where both are i. Logit 1 is 2 equal - 1, logit 0 is 0.
 *
 * Spare: head 2 copies the first token and writes nothing, head 3 copies it into direction 12; neuron n does what neuron 0 does and writes nothing, neuron n + 1 never fires
 * (it would write to the answer), neuron n + 2 writes to direction 13.
 */
import { accuracy, pairs, range } from '../../../src/task/index.js';
import { task } from '../../../generators/task.js';
import { known, type Known } from './known.js';

/** @param n tokens: n^2 inputs */
export function copyAndCompareOf(n: number): Known {
  const [place, first, second, equal, idle] = [n, n + 2, 2 * n + 2, 3 * n + 2, 3 * n + 3];
  const [mute, shut, unread] = [n, n + 1, n + 2];
  const tokens = range(n);
  const neuron = (i: number): string => `blocks.0.mlp.neuron.${i}`;
  return known({
    name: 'copy and compare',
    words:
      'says whether two tokens are equal: head 0 copies the first, head 1 the second, a neuron for each token compares',
    config: {
      n_layers: 1,
      d_model: 3 * n + 5,
      n_ctx: 2,
      d_head: n,
      n_heads: 4,
      d_mlp: n + 3,
      d_vocab: n,
      d_vocab_out: 2,
      act_fn: 'relu',
      normalization_type: null,
      attention_dir: 'bidirectional',
      attn_scale: 1,
    },
    task: task({
      name: 'equal tokens',
      inputs: pairs(tokens, tokens) as (readonly number[])[],
      behaviour: accuracy(([a, b]: readonly number[]) => (a === b ? 1 : 0)),
      threshold: { atLeast: 1 },
    }),
    by: 'resample',
    circuits: [['blocks.0.attn.head.0', 'blocks.0.attn.head.1', ...tokens.map(neuron)]],
    spare: ['blocks.0.attn.head.2', 'blocks.0.attn.head.3', ...[mute, shut, unread].map(neuron)],
    write(set) {
      for (const i of tokens) set('embed.W_E', [i, i], 1);
      for (const position of [0, 1]) set('pos_embed.W_pos', [position, place + position], 1);
      for (const [head, sees] of [
        [0, 0],
        [1, 1],
        [2, 0],
        [3, 0],
      ] as const) {
        set('blocks.0.attn.b_Q', [head, 0], 200);
        set('blocks.0.attn.W_K', [head, place + sees, 0], 1);
        for (const i of tokens) set('blocks.0.attn.W_V', [head, i, i], 1);
      }
      for (const i of tokens) {
        set('blocks.0.attn.W_O', [0, i, first + i], 1);
        set('blocks.0.attn.W_O', [1, i, second + i], 1);
        set('blocks.0.attn.W_O', [3, i, idle], i);
      }
      for (const [at, token] of [...tokens.map((i) => [i, i] as const), [mute, 0], [shut, 0], [unread, 1]] as const) {
        set('blocks.0.mlp.W_in', [first + token, at], 1);
        set('blocks.0.mlp.W_in', [second + token, at], 1);
        set('blocks.0.mlp.b_in', [at], at === shut ? -3 : -1);
      }
      for (const at of [...tokens, shut]) set('blocks.0.mlp.W_out', [at, equal], 1);
      set('blocks.0.mlp.W_out', [unread, idle + 1], 1);
      set('unembed.W_U', [equal, 1], 2);
      set('unembed.b_U', [1], -1);
    },
  });
}

export const copyAndCompare = copyAndCompareOf(3);
