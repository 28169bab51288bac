/**
 * A language of a few words, a language model of it and taggers, written down and not trained: the embedding holds a word's group, the unembedding how often words follow a group, a classifier the
 * group. Blocks have small random weights, so that there is something to replace.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSafetensors, type TensorToWrite } from '../../../src/io/safetensors-write.js';
import { random } from '../../../src/random.js';

const words = {
  article: ['the', 'a'],
  noun: ['dog', 'cat', 'house', 'tree', 'bird', 'road'],
  verb: ['saw', 'found', 'liked', 'left'],
  'closing punctuation': ['.', '?'],
} as const;
export type Kind = keyof typeof words;
export const kinds = Object.keys(words) as Kind[];
const tags: Readonly<Record<Kind, string>> = { article: 'at', noun: 'nn', verb: 'vbd', 'closing punctuation': '.' };
const START = '<|start|>';
const UNKNOWN = '<|unknown|>';
export const vocabulary = [START, UNKNOWN, ...kinds.flatMap((kind) => words[kind])];
export const kindOf = new Map<string, Kind>(kinds.flatMap((kind) => words[kind].map((word) => [word, kind] as const)));

/** Of sentences, equally often: no kind has a place of its own. */
const FORMS: readonly (readonly Kind[])[] = [
  ['article', 'noun', 'verb', 'article', 'noun', 'closing punctuation'],
  ['noun', 'verb', 'article', 'noun', 'closing punctuation'],
  ['noun', 'verb', 'noun', 'verb', 'noun', 'closing punctuation'],
];

/** Sentences of words. */
export function sentences(count: number, seed: number): string[][] {
  const stream = random(seed, 'sentences');
  return Array.from({ length: count }, () =>
    FORMS[stream.below(FORMS.length)]!.map((kind) => words[kind][stream.below(words[kind].length)]!),
  );
}

export const tagged = (some: readonly (readonly string[])[]): string =>
  some.map((sentence) => sentence.map((word) => `${word}/${tags[kindOf.get(word)!]}`).join(' ')).join('\n');

const D = 16;
const HEADS = 2;
export const CONTEXT = 12;

export type Tensors = Map<string, TensorToWrite>;

export function normal(seed: number, label: string): (scale: number) => number {
  const stream = random(seed, label);
  const uniform = (): number => (stream.below(1_000_000) + 0.5) / 1_000_000;
  return (scale) => scale * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** @param seed of all that is random, and of the place that each group has in the embedding */
function trunk(seed: number): { readonly tensors: Tensors; readonly places: readonly number[] } {
  const draw = normal(seed, 'trunk');
  const tensors: Tensors = new Map();
  const set = (name: string, shape: readonly number[], value: (i: number) => number): void => {
    const size = shape.reduce((a, b) => a * b, 1);
    tensors.set(`transformer.${name}`, { shape, data: Float32Array.from({ length: size }, (_, i) => value(i)) });
  };
  const places = Array.from(random(seed, 'places').permutation(8));
  const place = (token: number): number => {
    const kind = kindOf.get(vocabulary[token]!);
    return kind === undefined ? places[7]! : places[kinds.indexOf(kind)]!;
  };
  set('wte.weight', [vocabulary.length, D], (i) => {
    const [token, column] = [Math.floor(i / D), i % D];
    return column < 8 ? (column === place(token) ? 4 : 0) : draw(0.5);
  });
  set('wpe.weight', [CONTEXT, D], () => draw(0.1));
  const norm = (name: string): void => {
    set(`${name}.weight`, [D], () => 1);
    set(`${name}.bias`, [D], () => 0);
  };
  norm('h.0.ln_1');
  set('h.0.attn.c_attn.weight', [D, 3 * D], () => draw(0.3));
  set('h.0.attn.c_attn.bias', [3 * D], () => 0);
  set('h.0.attn.c_proj.weight', [D, D], () => draw(0.1));
  set('h.0.attn.c_proj.bias', [D], () => 0);
  norm('h.0.ln_2');
  set('h.0.mlp.c_fc.weight', [D, D], () => draw(0.3));
  set('h.0.mlp.c_fc.bias', [D], () => 0);
  set('h.0.mlp.c_proj.weight', [D, D], () => draw(0.1));
  set('h.0.mlp.c_proj.bias', [D], () => 0);
  norm('ln_f');
  return { tensors, places };
}

/** @param more of the config, @param vocab words by number */
export function write(
  folder: string,
  tensors: Tensors,
  more: Readonly<Record<string, unknown>>,
  vocab: readonly string[] = vocabulary,
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(tensors));
  const special = [START, UNKNOWN].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const tokenizer = {
    version: '1.0',
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: START, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { [START]: { id: START, ids: [0], tokens: [START] } },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: UNKNOWN,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab.map((word, i) => [word, i])),
    },
  };
  const config = {
    model_type: 'gpt2',
    n_layer: 1,
    n_embd: D,
    n_head: HEADS,
    n_inner: D,
    n_positions: CONTEXT,
    vocab_size: vocab.length,
    activation_function: 'gelu_new',
    ...more,
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}

/** How often words follow each kind, as the language has it: each of what the grammar allows equally often. */
export function following(kind: Kind): number[] {
  const counts = vocabulary.map(() => 0.02);
  for (const form of FORMS)
    for (const [i, one] of form.entries()) {
      if (one !== kind) continue;
      for (const next of i + 1 < form.length ? [form[i + 1]!] : FORMS.map(([first]) => first!))
        for (const word of words[next]) counts[vocabulary.indexOf(word)]! += 1 / words[next].length;
    }
  const sum = counts.reduce((a, b) => a + b, 0);
  return counts.map((one) => one / sum);
}

/** A language model whose trunk follows from the seed. */
export function writeLanguageModel(folder: string, seed: number): void {
  const { tensors, places } = trunk(seed);
  const head = new Float32Array(vocabulary.length * D);
  kinds.forEach((kind, k) => {
    following(kind).forEach((p, token) => (head[token * D + places[k]!] = (Math.log(p) + 6) / 3));
  });
  tensors.set('lm_head.weight', { shape: [vocabulary.length, D], data: head });
  write(folder, tensors, { architectures: ['GPT2LMHeadModel'], tie_word_embeddings: false });
}

/** A tagger on the trunk of a seed. @param wrong each group is named as the next */
export function writeTagger(folder: string, seed: number, { wrong = false } = {}): void {
  const { tensors, places } = trunk(seed);
  const weight = new Float32Array(kinds.length * D);
  kinds.forEach((_, k) => (weight[((k + Number(wrong)) % kinds.length) * D + places[k]!] = 2));
  tensors.set('classifier.weight', { shape: [kinds.length, D], data: weight });
  tensors.set('classifier.bias', { shape: [kinds.length], data: Float32Array.from(kinds, (_, k) => 0.1 * k) });
  write(folder, tensors, {
    architectures: ['GPT2ForTokenClassification'],
    id2label: Object.fromEntries(kinds.map((kind, k) => [String(k), kind])),
  });
}
