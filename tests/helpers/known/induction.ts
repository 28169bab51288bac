/**
 * What came after this token the last time? The two-layer induction circuit (Olsson et al., 2022), with exact weights.
 *
 * An input is a beginning token, three distinct tokens and the first or the second of them again: [n, a, b, c, a] -> b, [n, a, b, c, b] -> c.
 * The residual stream, for n = 3 tokens: 0-3 the token, 4-8 the position, 9-12 the token before (written by head 0.0), 13-16 the answer (head 1.0), 17 what nobody reads.
 * Head 0.0 sees only the position before (the first position itself); head 1.0 looks for the position whose token before is the one here, and writes its token.
 * Scores differ by 200 at least, so that both patterns are exact.
 *
 * Spare: head 0.1 is head 0.0 but writes to direction 17, head 0.2 writes nothing; head 1.1 looks for the same token (finds itself and the first time) and writes to direction 17,
 * head 1.2 is head 1.0 but writes nothing.
 */
import { accuracy, range } from '../../../src/task/index.js';
import { task } from '../../../generators/task.js';
import { known, type Known } from './known.js';

const length = 5;

/** @param n tokens, at least three: 2 n (n - 1) (n - 2) inputs */
export function inductionOf(n: number): Known {
  const [place, before, answer, idle] = [n + 1, n + 6, 2 * n + 7, 3 * n + 8];
  const begin = n;
  const some = range(n);
  const inputs = some.flatMap((a) =>
    some.flatMap((b) =>
      some.flatMap((c) =>
        a === b || b === c || a === c
          ? []
          : [
              [begin, a, b, c, a],
              [begin, a, b, c, b],
            ],
      ),
    ),
  );
  return known({
    name: 'induction',
    words:
      'says what came after the last token the time before: head 0 of layer 0 copies the token before, head 0 of layer 1 looks for the token',
    config: {
      n_layers: 2,
      d_model: 3 * n + 9,
      n_ctx: length,
      d_head: Math.max(length, n + 1),
      n_heads: 3,
      d_vocab: n + 1,
      d_vocab_out: n + 1,
      attn_only: true,
      normalization_type: null,
      attention_dir: 'causal',
      attn_scale: 1,
    },
    task: task({
      name: 'induction',
      inputs: inputs as (readonly number[])[],
      behaviour: accuracy((input: readonly number[]) => input[input.indexOf(input.at(-1)!) + 1]!),
      threshold: { atLeast: 1 },
    }),
    by: 'resample',
    circuits: [['blocks.0.attn.head.0', 'blocks.1.attn.head.0']],
    spare: ['blocks.0.attn.head.1', 'blocks.0.attn.head.2', 'blocks.1.attn.head.1', 'blocks.1.attn.head.2'],
    write(set) {
      const tokens = range(n + 1);
      for (const token of tokens) set('embed.W_E', [token, token], 1);
      for (const position of range(length)) set('pos_embed.W_pos', [position, place + position], 1);
      for (const head of [0, 1, 2]) {
        // query: the position before; key: the position
        for (const position of range(length)) {
          set('blocks.0.attn.W_Q', [head, place + position, Math.max(0, position - 1)], 200);
          set('blocks.0.attn.W_K', [head, place + position, position], 1);
        }
        for (const token of tokens) set('blocks.0.attn.W_V', [head, token, token], 1);
        for (const token of tokens) {
          // query: the token; key: the token before, or (head 1) the token
          set('blocks.1.attn.W_Q', [head, token, token], 200);
          set('blocks.1.attn.W_K', [head, (head === 1 ? 0 : before) + token, token], 1);
          set('blocks.1.attn.W_V', [head, token, token], 1);
        }
      }
      for (const token of tokens) {
        set('blocks.0.attn.W_O', [0, token, before + token], 1);
        set('blocks.0.attn.W_O', [1, token, idle], token);
        set('blocks.1.attn.W_O', [0, token, answer + token], 1);
        set('blocks.1.attn.W_O', [1, token, idle], token);
        set('unembed.W_U', [answer + token, token], 1);
      }
    },
  });
}

export const induction = inductionOf(3);
