/**
 * llama2.c's tokenizer.bin: an int32, the longest token's length; then for every token a float32 score, an int32 length and its bytes.
 * As in sentencepiece, pieces are merged by score; unknown characters become their bytes (tokens 3 to 258).
 */
import { FileError, InputError, OptionError } from '../errors.js';
import { checkKeys } from '../options.js';
import { readLimited } from '../io/files.js';
import type { Tokenizer, Tokens } from './tokenizer.js';

export interface Llama2cTokenizerOptions {
  /** how many tokens the model knows: the file must have as many */
  readonly size?: number | undefined;
}

const begin = 1;
const firstByte = 3;
const maxFile = 128_000_000;
const maxTokens = 2 ** 24;
const maxTokenBytes = 65_536;
/** UTF-16 units of one text */
const maxText = 1_000_000;

interface Piece {
  /** its bytes, as characters U+0000 to U+00FF: tokens need not be UTF-8 */
  readonly bytes: string;
  readonly score: number;
}

const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function parse(bytes: Uint8Array, where: string): Piece[] {
  const fail = (what: string): never => {
    throw new FileError({ what, where, hint: 'the file is damaged or no tokenizer of llama2.c: export it again' });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) fail(`the file has ${bytes.length} bytes, fewer than its longest token's length takes`);
  const longest = view.getInt32(0, true);
  if (longest < 1 || longest > maxTokenBytes)
    fail(`the longest token is said to have ${longest} bytes, not 1 to ${maxTokenBytes}`);
  const pieces: Piece[] = [];
  for (let at = 4; at < bytes.length;) {
    const id = pieces.length;
    if (id >= maxTokens) fail(`the file has more than ${maxTokens} tokens`);
    if (at + 8 > bytes.length) fail(`the file ends within token ${id}`);
    const score = view.getFloat32(at, true);
    const length = view.getInt32(at + 4, true);
    at += 8;
    if (!Number.isFinite(score)) fail(`token ${id} has the score ${score}`);
    if (length < 0 || length > longest)
      fail(`token ${id} has ${length} bytes, but the longest is said to have ${longest}`);
    if (at + length > bytes.length) fail(`the file ends within token ${id}`);
    pieces.push({ bytes: Buffer.from(bytes.subarray(at, at + length)).toString('latin1'), score });
    at += length;
  }
  if (pieces.length === 0) fail('the file has no tokens');
  return pieces;
}

/** A piece of the text on its way to a token. Neighbours are linked, so that a merge costs no copying. */
interface Link {
  token: number;
  bytes: string;
  readonly at: number;
  before: Link | undefined;
  after: Link | undefined;
  gone: boolean;
}

interface Merge {
  readonly left: Link;
  readonly right: Link;
  readonly token: number;
  readonly bytes: string;
  readonly score: number;
}

/** The better of two merges comes first: the higher score, of equal ones the one further left. */
const precedes = (a: Merge, b: Merge): boolean => a.score > b.score || (a.score === b.score && a.left.at < b.left.at);

/** A binary heap. */
class Queue {
  private readonly heap: Merge[] = [];

  push(merge: Merge): void {
    const { heap } = this;
    let at = heap.push(merge) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!precedes(heap[at]!, heap[up]!)) break;
      [heap[at], heap[up]] = [heap[up]!, heap[at]!];
      at = up;
    }
  }

  pop(): Merge | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    heap[0] = last;
    for (let at = 0; ;) {
      let best = at;
      for (const down of [2 * at + 1, 2 * at + 2])
        if (down < heap.length && precedes(heap[down]!, heap[best]!)) best = down;
      if (best === at) return top;
      [heap[at], heap[best]] = [heap[best]!, heap[at]!];
      at = best;
    }
  }
}

class Llama2cTokenizer implements Tokenizer {
  readonly description: string;
  readonly size: number;
  private readonly ids = new Map<string, number>();

  constructor(private readonly pieces: readonly Piece[]) {
    this.size = pieces.length;
    this.description = `llama2.c, ${this.size} tokens`;
    // of equal pieces the first is meant
    pieces.forEach(({ bytes }, id) => {
      if (!this.ids.has(bytes)) this.ids.set(bytes, id);
    });
  }

  encode(text: string): Tokens {
    this.check(text);
    return [begin, ...(text === '' ? [] : this.merged(` ${text}`))];
  }

  token(text: string): number {
    this.check(text);
    const tokens = this.merged(text);
    if (tokens.length === 1) return tokens[0]!;
    throw new InputError({
      what: `${JSON.stringify(text.slice(0, 60))} is ${tokens.length} tokens, not one${tokens.length > 1 && tokens.length < 9 ? `: ${tokens.map((id) => JSON.stringify(this.decode([id]))).join(' ')}` : ''}`,
      where: 'token',
      hint: 'choose a text that is one token; a space before it, or none, makes a difference',
    });
  }

  decode(tokens: Tokens): string {
    if (!Array.isArray(tokens))
      throw new InputError({
        what: 'what is to be decoded is not a list of tokens',
        where: 'decode',
        hint: 'give a list of token ids',
      });
    const parts = tokens.map((token, at) => {
      const piece = this.pieces[token];
      if (piece === undefined)
        throw new InputError({
          what: `token ${String(token)} at ${at} is unknown to the tokenizer, which has ${this.size}`,
          where: 'decode',
          hint: 'check that the tokens are of this model',
        });
      if (token === begin && at === 0) return '';
      const byte = /^<0x([0-9A-F]{2})>$/.exec(piece.bytes)?.[1];
      const bytes = byte === undefined ? piece.bytes : String.fromCharCode(Number.parseInt(byte, 16));
      // encoding put a space before the text
      return at > 0 && tokens[at - 1] === begin && bytes.startsWith(' ') ? bytes.slice(1) : bytes;
    });
    return Buffer.from(parts.join(''), 'latin1').toString('utf8');
  }

  private check(text: unknown): void {
    const fail = (what: string, hint: string): never => {
      throw new InputError({ what, where: 'text', hint });
    };
    if (typeof text !== 'string')
      return fail(`a tokenizer takes text, not ${text === null ? 'null' : typeof text}`, 'give a string');
    if (text.length > maxText)
      fail(`the text has ${text.length} characters, more than ${maxText}`, 'give shorter texts');
    if (/\p{Surrogate}/u.test(text))
      fail('the text holds half of a surrogate pair, which is no character', 'repair the text');
  }

  /** Characters, or the bytes of those that are no token, merged for as long as two neighbours make a token: the one with the best score first. */
  private merged(text: string): number[] {
    let first: Link | undefined;
    let last: Link | undefined;
    let count = 0;
    const add = (token: number): void => {
      const link: Link = {
        token,
        bytes: this.pieces[token]!.bytes,
        at: count++,
        before: last,
        after: undefined,
        gone: false,
      };
      if (last === undefined) first = link;
      else last.after = link;
      last = link;
    };
    for (const c of text) {
      const bytes = asBytes(c);
      const known = this.ids.get(bytes);
      if (known !== undefined) add(known);
      else
        for (let i = 0; i < bytes.length; i++) {
          const byte = bytes.charCodeAt(i);
          const token = firstByte + byte;
          if (this.pieces[token]?.bytes !== `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`) {
            throw new InputError({
              what: `the tokenizer has no tokens for ${JSON.stringify(c)}`,
              where: 'text',
              hint: 'leave it out of the text, or use a model that knows it',
            });
          }
          add(token);
        }
    }
    const queue = new Queue();
    const consider = (left: Link | undefined, right: Link | undefined): void => {
      if (left === undefined || right === undefined) return;
      const bytes = left.bytes + right.bytes;
      const token = this.ids.get(bytes);
      if (token !== undefined) queue.push({ left, right, token, bytes, score: this.pieces[token]!.score });
    };
    for (let link = first; link !== undefined; link = link.after) consider(link, link.after);
    for (let merge = queue.pop(); merge !== undefined; merge = queue.pop()) {
      const { left, right, token, bytes } = merge;
      // one of them has been merged with another since
      if (left.gone || right.gone || left.after !== right || left.bytes.length + right.bytes.length !== bytes.length)
        continue;
      left.token = token;
      left.bytes = bytes;
      left.after = right.after;
      if (right.after !== undefined) right.after.before = left;
      right.gone = true;
      consider(left.before, left);
      consider(left, left.after);
    }
    const tokens: number[] = [];
    for (let link = first; link !== undefined; link = link.after) tokens.push(link.token);
    return tokens;
  }
}

/**
 * The tokenizer of a llama2.c model. Encoding puts the beginning-of-text token (1) first and a space before the text; decoding leaves both out again.
 * Special tokens written out in a text are text.
 * @param path of a tokenizer.bin
 * @throws FileError where it is missing, damaged or hostile, or has another number of tokens than `size`
 */
export async function llama2cTokenizer(path: string, options: Llama2cTokenizerOptions = {}): Promise<Tokenizer> {
  checkKeys(options, ['size'], 'tokenizer options');
  if (typeof path !== 'string' || path === '')
    throw new OptionError({
      what: `the path of a tokenizer is ${JSON.stringify(path)}`,
      where: 'llama2cTokenizer',
      hint: 'give the path of a tokenizer.bin',
    });
  const pieces = parse(await readLimited(path, path, maxFile), path);
  const { size } = options;
  if (size !== undefined && size !== pieces.length)
    throw new FileError({
      what: `the tokenizer has ${pieces.length} tokens, but the model knows ${size}`,
      where: path,
      hint: 'use the tokenizer of this model',
    });
  return new Llama2cTokenizer(pieces);
}
