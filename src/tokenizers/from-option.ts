/** The tokenizer of a model that comes without one of its own. */
import type { Tokenizer, TokenizerOption } from './tokenizer.js';

/** A tokenizer as it is given; one that is named by its path, read. */
export async function tokenizerFrom(given: TokenizerOption): Promise<Tokenizer | undefined> {
  if (given === undefined || given === false) return undefined;
  return typeof given === 'string' ? (await import('./hf-tokenizer.js')).hfTokenizer(given) : given;
}
