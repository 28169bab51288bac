/**
 * From text to token ids: added tokens are cut out of the text as it is, then of the normalised text; what is left is cut into pieces, which the model turns into
 * tokens. The order is that of the `tokenizers` library; the JavaScript library takes a text that equals an added token's normalised form for that token.
 */
import type { Tokenizer as Library } from '@huggingface/tokenizers';
import type { AddedToken } from './vocabulary.js';

interface Components {
  readonly normalizer: ((text: string) => string) | null;
  readonly pre_tokenizer: ((text: string, options: { section_index: number }) => string[]) | null;
  readonly model: (pieces: string[]) => string[];
}

interface Node {
  readonly next: Map<string, Node>;
  token?: AddedToken;
}

const white = /\p{White_Space}/u;

/** Finds added tokens in a text: the leftmost, of those the longest. */
class Cutter {
  private readonly root: Node = { next: new Map() };

  constructor(tokens: readonly (readonly [content: string, token: AddedToken])[]) {
    for (const [content, token] of tokens) {
      if (content === '') continue;
      let node = this.root;
      for (const unit of content.split('')) {
        let next = node.next.get(unit);
        if (next === undefined) node.next.set(unit, (next = { next: new Map() }));
        node = next;
      }
      node.token = token;
    }
  }

  /** Text and tokens by turns. `start` says where a text began. */
  cut(text: string): readonly (AddedToken | { readonly text: string; readonly start: number })[] {
    const parts: (AddedToken | { text: string; start: number })[] = [];
    let from = 0;
    for (let at = 0; at < text.length;) {
      let node: Node | undefined = this.root;
      let found: AddedToken | undefined;
      let end = at;
      for (let i = at; i < text.length; i++) {
        node = node.next.get(text[i]!);
        if (node === undefined) break;
        if (node.token !== undefined) [found, end] = [node.token, i + 1];
      }
      if (found === undefined) {
        at++;
        continue;
      }
      // some take the white space around them
      let before = at;
      if (found.lstrip) while (before > from && white.test(text[before - 1]!)) before--;
      if (found.rstrip) while (end < text.length && white.test(text[end]!)) end++;
      if (before > from) parts.push({ text: text.slice(from, before), start: from });
      parts.push(found);
      from = at = end;
    }
    if (from < text.length) parts.push({ text: text.slice(from), start: from });
    return parts;
  }
}

/** @returns encodes a text, without special tokens around it; a token without an id comes out as undefined */
export function pipeline(
  library: Library,
  added: readonly AddedToken[],
  ids: ReadonlyMap<string, number>,
): (text: string) => (number | undefined)[] {
  const { normalizer, pre_tokenizer: pre, model } = library as unknown as Components;
  const normalise = (text: string): string => (normalizer === null ? text : normalizer(text));
  const raw = new Cutter(added.filter((token) => !token.normalized).map((token) => [token.content, token]));
  const normalised = new Cutter(
    added.filter((token) => token.normalized).map((token) => [normalise(token.content), token]),
  );
  return (text) => {
    const out: (number | undefined)[] = [];
    for (const part of raw.cut(text)) {
      if ('id' in part) {
        out.push(part.id);
        continue;
      }
      for (const own of normalised.cut(normalise(part.text))) {
        if ('id' in own) {
          out.push(own.id);
          continue;
        }
        // pre-tokenisers that treat the beginning of a text in their own way ask for the 0
        const pieces =
          pre === null ? [own.text] : pre(own.text, { section_index: part.start === 0 && own.start === 0 ? 0 : 1 });
        for (const token of model(pieces)) out.push(ids.get(token));
      }
    }
    return out;
  };
}
