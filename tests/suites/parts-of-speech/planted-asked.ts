/**
 * A language model of the planted language that can be asked by prompts, written down and not trained: one head copies the group of the token before, and behind "=" that group's name is the likeliest
 * of all names. Elsewhere it predicts words as the other planted one does.
 */
import { kindOf, following, kinds, normal, vocabulary, write, type Kind, type Tensors } from './planted.js';

/** What prompts call the groups. */
const names: Readonly<Record<Kind, string>> = {
  article: 'article',
  noun: 'noun',
  verb: 'verb',
  'closing punctuation': 'period',
};
const all = [...vocabulary, '=', ...kinds.map((kind) => names[kind])];

const D = 32;
const HEADS = 2;
const HEAD = D / HEADS;
const CONTEXT = 64;
/** Columns of the stream: a token's group, random numbers, its position as waves, the group of the token before. */
const GROUP = 0;
const NOISE = 8;
const WAVES = 16;
const BEFORE = 24;
const rates = [1, 3, 7, 13].map((turns) => (2 * Math.PI * turns) / CONTEXT);

const groupOf = (token: number): number => {
  const kind = kindOf.get(all[token]!);
  return kind === undefined ? (all[token] === '=' ? 5 : 6) : kinds.indexOf(kind);
};

/** Writes the model to a folder. */
export function writeAskedModel(folder: string, seed: number): void {
  const draw = normal(seed, 'asked');
  const tensors: Tensors = new Map();
  const set = (name: string, shape: readonly number[], value: (row: number, column: number) => number): void => {
    const width = shape.at(-1)!;
    const size = shape.reduce((a, b) => a * b, 1);
    tensors.set(name, {
      shape,
      data: Float32Array.from({ length: size }, (_, i) => value(Math.floor(i / width), i % width)),
    });
  };
  set('transformer.wte.weight', [all.length, D], (token, column) => {
    if (column < NOISE) return column === GROUP + groupOf(token) ? 4 : 0;
    return column < WAVES ? draw(0.3) : 0;
  });
  const wave = (position: number, column: number): number => {
    const rate = rates[Math.floor((column - WAVES) / 2)]!;
    return column % 2 === 0 ? Math.cos(rate * position) : Math.sin(rate * position);
  };
  set('transformer.wpe.weight', [CONTEXT, D], (position, column) =>
    column >= WAVES && column < BEFORE ? 2 * wave(position, column) : 0,
  );
  // the second head: keys are the waves, queries the waves turned back by one position, values the group
  const turned = (row: number, column: number): number => {
    if (row < WAVES || row >= BEFORE || Math.floor(row / 2) !== Math.floor((column + WAVES) / 2)) return 0;
    const rate = rates[Math.floor((row - WAVES) / 2)]!;
    if (row % 2 === column % 2) return 12 * Math.cos(rate);
    return row % 2 === 0 ? -12 * Math.sin(rate) : 12 * Math.sin(rate);
  };
  set('transformer.h.0.attn.c_attn.weight', [D, 3 * D], (row, at) => {
    const [part, head, column] = [Math.floor(at / D), Math.floor((at % D) / HEAD), at % HEAD];
    if (head === 0) return draw(0.1);
    if (part === 0) return column < 8 ? turned(row, column) : 0;
    if (part === 1) return column < 8 && row === WAVES + column ? 1 : 0;
    return column < 8 && row === GROUP + column ? 1 : 0;
  });
  set('transformer.h.0.attn.c_attn.bias', [3 * D], () => 0);
  set('transformer.h.0.attn.c_proj.weight', [D, D], (row, column) => {
    if (row < HEAD) return column >= NOISE && column < WAVES ? draw(0.1) : 0;
    return row - HEAD < 8 && column === BEFORE + row - HEAD ? 0.5 : 0;
  });
  set('transformer.h.0.attn.c_proj.bias', [D], () => 0);
  for (const norm of ['h.0.ln_1', 'h.0.ln_2', 'ln_f']) {
    set(`transformer.${norm}.weight`, [D], () => 1);
    set(`transformer.${norm}.bias`, [D], () => 0);
  }
  set('transformer.h.0.mlp.c_fc.weight', [D, D], () => draw(0.1));
  set('transformer.h.0.mlp.c_fc.bias', [D], () => 0);
  set('transformer.h.0.mlp.c_proj.weight', [D, D], (_, column) => (column >= NOISE && column < WAVES ? draw(0.1) : 0));
  set('transformer.h.0.mlp.c_proj.bias', [D], () => 0);
  set('lm_head.weight', [all.length, D], (token, column) => {
    const kind = kinds[column - GROUP];
    if (token >= vocabulary.length) {
      // a name, which follows no word
      if (kind !== undefined) return -1;
      return all[token] === names[kinds[column - BEFORE] ?? 'article'] && column >= BEFORE ? 2 : 0;
    }
    return kind === undefined ? 0 : (Math.log(following(kind)[token]!) + 6) / 3;
  });
  write(
    folder,
    tensors,
    {
      architectures: ['GPT2LMHeadModel'],
      tie_word_embeddings: false,
      n_embd: D,
      n_head: HEADS,
      n_inner: D,
      n_positions: CONTEXT,
    },
    all,
  );
}
