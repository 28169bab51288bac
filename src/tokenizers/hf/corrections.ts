/**
 * Where @huggingface/tokenizers differs from the `tokenizers` library in what it does, its components get another method. Found by reading both and by
 * comparing them on generated texts (tests/tokenizers).
 */
// jsdom has no such globals
import { TextDecoder, TextEncoder } from 'node:util';
import type { Tokenizer as Library } from '@huggingface/tokenizers';
import { InputError } from '../../errors.js';
import { isControl, lowerCase, normalForm, pinned, withoutAccents, withoutMarks } from './unicode.js';

/** The library's components, as far as they are touched. */
interface Node {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly normalizers?: readonly (Node | null)[];
  readonly tokenizers?: readonly (Node | null)[];
  readonly decoders?: readonly (Node | null)[];
  pattern?: RegExp;
  normalize?: (text: string) => string;
  decode_chain?: (tokens: string[]) => string[];
}

interface ModelNode {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokens_to_ids: Map<string, number>;
  readonly unk_token: string | null | undefined;
  fuse_unk: boolean;
  encode(tokens: string[]): string[];
}

function walk(node: Node | null | undefined, visit: (node: Node, type: unknown) => void): void {
  if (!node) return;
  visit(node, node.config?.['type']);
  for (const child of [...(node.normalizers ?? []), ...(node.tokenizers ?? []), ...(node.decoders ?? [])])
    walk(child, visit);
}

const white = /\p{White_Space}/u;

function strip(text: string, left: boolean, right: boolean): string {
  let from = 0;
  let to = text.length;
  if (left) while (from < to && white.test(text[from]!)) from++;
  if (right) while (to > from && white.test(text[to - 1]!)) to--;
  return text.slice(from, to);
}

const isChinese = (c: string): boolean => {
  const at = c.codePointAt(0)!;
  return (
    (at >= 0x4e00 && at <= 0x9fff) ||
    (at >= 0x3400 && at <= 0x4dbf) ||
    (at >= 0x20000 && at <= 0x2a6df) ||
    (at >= 0x2a700 && at <= 0x2b73f) ||
    (at >= 0x2b740 && at <= 0x2b81f) ||
    (at >= 0x2b920 && at <= 0x2ceaf) ||
    (at >= 0xf900 && at <= 0xfaff) ||
    (at >= 0x2f800 && at <= 0x2fa1f)
  );
};

function bertNormalize(
  text: string,
  { clean_text, handle_chinese_chars, strip_accents, lowercase }: Readonly<Record<string, unknown>>,
): string {
  let out = text;
  if (clean_text === true)
    out = Array.from(out, (c) =>
      /[\t\n\r]/.test(c)
        ? ' '
        : c === '\0' || c === '\ufffd' || isControl(c)
          ? ''
          : /\p{White_Space}/u.test(c)
            ? ' '
            : c,
    ).join('');
  if (handle_chinese_chars === true) out = Array.from(out, (c) => (isChinese(c) ? ` ${c} ` : c)).join('');
  if (strip_accents === true) out = withoutAccents(out);
  return lowercase === true ? lowerCase(out) : out;
}

/** A run of byte tokens is one text if it is UTF-8, else a replacement character per byte. */
function byteFallback(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length === 0) return;
    try {
      out.push(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)));
    } catch {
      out.push('\ufffd'.repeat(bytes.length));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) {
      bytes.push(Number.parseInt(byte, 16));
      continue;
    }
    flush();
    out.push(token);
  }
  flush();
  return out;
}

// JavaScript's \s takes U+FEFF for white space and U+0085 not
const byteLevelPattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

const bytesOf = (text: string): string[] =>
  Array.from(new TextEncoder().encode(text), (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

/** The byte that a character of a byte-level text stands for: printable ones for themselves, the others in order from U+0100 on. */
function byteOf(c: string): number {
  const at = c.codePointAt(0)!;
  if (at < 0x100) return at;
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter(
    (byte) => byte < 0x21 || (byte > 0x7e && byte < 0xa1) || byte === 0xad,
  );
  return others[at - 0x100]!;
}

/** Text that the vocabulary lacks, without a token for the unknown, would be dropped without a word. */
function cannot(piece: string, ofBytes = false): never {
  const what = ofBytes
    ? `the byte 0x${byteOf(piece).toString(16).padStart(2, '0')} of the text (in UTF-8)`
    : JSON.stringify(piece.slice(0, 40));
  throw new InputError({
    what: `the tokenizer has no tokens for ${what}`,
    where: 'text',
    hint: 'leave it out of the text, or use a model that knows it',
  });
}

/** One piece at a time, so that runs of unknown text are joined within a piece only. */
function correctModel(model: ModelNode, kind: string, ofBytes: boolean): void {
  const { tokens_to_ids: ids, config } = model;
  const library = model.encode.bind(model);
  const unknown = typeof model.unk_token === 'string' && ids.has(model.unk_token) ? model.unk_token : undefined;
  const fallback = config['byte_fallback'] === true;
  const fuse = config['fuse_unk'] === true;
  const known = (c: string): boolean => ids.has(c) || (fallback && bytesOf(c).every((byte) => ids.has(byte)));

  const bpe = (piece: string): string[] => {
    if (unknown === undefined && !(config['ignore_merges'] === true && ids.has(piece)))
      for (const c of piece) if (!known(c)) cannot(c, ofBytes);
    const tokens = library([piece]);
    return fuse && unknown !== undefined
      ? tokens.filter((token, at) => token !== unknown || tokens[at - 1] !== unknown)
      : tokens;
  };
  const unigram = (piece: string): string[] => {
    const out: string[] = [];
    let run = '';
    const flush = (): void => {
      if (run === '') return;
      const bytes = fallback ? bytesOf(run) : [];
      if (bytes.length > 0 && bytes.every((byte) => ids.has(byte))) out.push(...bytes);
      else out.push(unknown ?? cannot(run));
      run = '';
    };
    for (const token of (model as unknown as { tokenize(text: string): string[] }).tokenize(piece)) {
      if (!ids.has(token)) run += token;
      else {
        flush();
        out.push(token);
      }
    }
    flush();
    return out;
  };
  const wordPiece = (piece: string): string[] => library([piece]);

  const one = kind === 'BPE' ? bpe : kind === 'Unigram' ? unigram : wordPiece;
  model.encode = (tokens) => {
    const out: string[] = [];
    for (const piece of tokens) for (const token of one(piece)) out.push(token);
    return out;
  };
  model.fuse_unk = false;
}

function pin(node: Node): void {
  if (node.pattern) node.pattern = pinned(node.pattern, node.config?.['unicode'] === 8 ? 8 : 16);
}

/** @param kind of model: BPE, Unigram, WordPiece */
export function correct(library: Library, kind: string): void {
  const {
    normalizer,
    pre_tokenizer: pre,
    decoder,
    model,
  } = library as unknown as {
    normalizer: Node | null;
    pre_tokenizer: Node | null;
    decoder: Node | null;
    model: ModelNode;
  };
  walk(normalizer, (node, type) => {
    pin(node);
    if (type === 'Lowercase') node.normalize = lowerCase;
    if (type === 'StripAccents') node.normalize = withoutMarks;
    if (type === 'NFC' || type === 'NFD' || type === 'NFKC' || type === 'NFKD')
      node.normalize = (text) => normalForm(text, type);
    if (type === 'BertNormalizer') node.normalize = (text) => bertNormalize(text, node.config!);
    if (type === 'Strip') {
      const { strip_left: left, strip_right: right } = node.config!;
      node.normalize = (text) => strip(text, left === true, right === true);
    }
  });
  let ofBytes = false;
  walk(pre, (node, type) => {
    if (type === 'ByteLevel') {
      node.pattern = byteLevelPattern;
      ofBytes = true;
    }
    pin(node);
  });
  walk(decoder, (node, type) => {
    pin(node);
    if (type === 'ByteFallback') node.decode_chain = byteFallback;
    if (type === 'Metaspace') {
      const { replacement, prepend_scheme: scheme } = node.config! as { replacement: string; prepend_scheme: string };
      // of the first token all marks go
      node.decode_chain = (tokens) =>
        tokens.map((token, at) => token.replaceAll(replacement, at === 0 && scheme !== 'never' ? '' : ' '));
    }
  });
  correctModel(model, kind, ofBytes);
}
