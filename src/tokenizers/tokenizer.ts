/** From text to tokens and back. */
import * as z from 'zod';

/** Token ids, one per position. */
export type Tokens = readonly number[];

/** Turns text into tokens and back. */
export interface Tokenizer {
  /** what it is, for reports: `BPE, 50257 tokens` */
  readonly description: string;
  /** number of tokens it knows */
  readonly size: number;
  /**
   * Text as the model expects it, with the special tokens that the tokenizer's own rules add (a beginning-of-text token, say).
   * @throws InputError for text that it cannot represent
   */
  encode(text: string): Tokens;
  /** @throws InputError for an unknown token */
  decode(tokens: Tokens): string;
  /**
   * The one token that a piece of text is, without special tokens: ` Mary`.
   * @throws InputError where it is none or several
   */
  token(text: string): number;
}

/** What a loader's option `tokenizer` may be: a tokenizer, the path of one, or false for none. */
export type TokenizerOption = Tokenizer | string | false | undefined;

/** True for anything with a tokenizer's methods. */
const isTokenizer = (given: unknown): given is Tokenizer =>
  typeof given === 'object' &&
  given !== null &&
  (['encode', 'decode', 'token'] as const).every(
    (method) => typeof (given as Partial<Tokenizer>)[method] === 'function',
  );

/** For options that take a tokenizer and nothing else. */
export const tokenizerSchema = z.custom<Tokenizer>(isTokenizer, 'a tokenizer has encode, decode and token');

/** For options that take all of `TokenizerOption`. */
export const tokenizerOption = z.custom<Exclude<TokenizerOption, undefined>>(
  (given) => given === false || isTokenizer(given) || (typeof given === 'string' && given !== ''),
  'tokenizer must be a tokenizer, the path of one, or false',
);
