/** Limits on what a tokenizer's components do with a text: the time their patterns take, and how long they make it. */
import type { Tokenizer as Library } from '@huggingface/tokenizers';
import { inTime, type Lengths } from './bounded.js';
import { patternSteps } from './pattern.js';

interface Component {
  readonly config?: {
    readonly type?: unknown;
    readonly pattern?: { readonly Regex?: string };
    readonly content?: unknown;
  };
  readonly normalizers?: readonly (Component | null)[];
  readonly tokenizers?: readonly (Component | null)[];
  readonly decoders?: readonly (Component | null)[];
  readonly pattern?: RegExp;
  normalize?: (text: string) => string;
  pre_tokenize?: (text: string | string[], options?: unknown) => string[];
  pre_tokenize_text?: (text: string, options?: unknown) => string[];
  decode_chain?: (tokens: string[]) => string[];
}

function* all(node: Component | null | undefined): Generator<Component> {
  if (!node) return;
  yield node;
  for (const child of [...(node.normalizers ?? []), ...(node.tokenizers ?? []), ...(node.decoders ?? [])])
    yield* all(child);
}

/** @returns how many components there are */
export function limit(library: Library, lengths: Lengths): number {
  const {
    normalizer,
    pre_tokenizer: pre,
    decoder,
  } = library as unknown as {
    normalizer: Component | null;
    pre_tokenizer: Component | null;
    decoder: Component | null;
  };
  let count = 0;
  for (const node of [...all(normalizer), ...all(pre), ...all(decoder)]) {
    count++;
    const source = node.config?.pattern?.Regex;
    const timed = <T>(length: number, work: () => T): T =>
      source === undefined ? work() : inTime(length, work, patternSteps(source, length));
    // a replacement, in a normaliser or a decoder
    const content = node.config?.content;
    const replaced = (text: string): string =>
      timed(text.length, () => lengths.replace(text, node.pattern!, (content as string).replaceAll('$$', '$')));
    const isReplacement = node.pattern !== undefined && typeof content === 'string';
    const { normalize, pre_tokenize: cut, pre_tokenize_text: cutText, decode_chain: decode } = node;
    if (normalize !== undefined)
      node.normalize = (text) => {
        const out = isReplacement ? replaced(text) : normalize.call(node, text);
        lengths.check(out.length);
        return out;
      };
    if (cut !== undefined && cutText !== undefined) {
      node.pre_tokenize_text = (text, options) => timed(text.length, () => cutText.call(node, text, options));
      node.pre_tokenize = (text, options) => {
        const out = cut.call(node, text, options);
        lengths.checkAll(out);
        return out;
      };
    }
    if (decode !== undefined)
      node.decode_chain = (tokens) => {
        const out = isReplacement ? tokens.map(replaced) : decode.call(node, tokens);
        lengths.checkAll(out);
        return out;
      };
  }
  return count;
}
