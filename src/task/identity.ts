/** What a run over examples depends on besides the model: for what is kept between runs (docs/cache.md). */
import { exactKey } from '../exact-key.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import type { Behaviour } from './behaviour.js';
import type { Encoded } from './encode.js';

/** An encoding is one task's, and is asked for again and again. */
const known = new WeakMap<Encoded, string>();
const identities = new WeakMap<Encoded, string>();

/** The inputs as a model takes them, and the batches they run in. */
export function encodedKey(encoded: Encoded): string | undefined {
  const found = known.get(encoded);
  if (found !== undefined) return found;
  const text = exactKey([encoded.inputs, encoded.groups]);
  if (text !== undefined) known.set(encoded, text);
  return text;
}

/** See `Task.identity`. */
export function taskIdentity<I>(
  { behaviour, threshold }: { readonly behaviour: Behaviour<I>; readonly threshold: object },
  inputs: readonly I[],
  encoded: Encoded,
  tokenizer: Tokenizer | undefined,
): string | undefined {
  const found = identities.get(encoded);
  if (found !== undefined) return found;
  const { name, better, relative, best, position = -1 } = behaviour;
  const key = encodedKey(encoded);
  if (key === undefined || !behaviour.identity) return undefined;
  const each: unknown[] = [];
  for (const input of inputs) {
    const own = behaviour.identity(input, tokenizer);
    if (own === undefined) return undefined;
    each.push([typeof position === 'function' ? position(input, tokenizer) : position, own]);
  }
  const text = exactKey([key, { ...threshold }, { name, better, relative, best }, each]);
  if (text !== undefined) identities.set(encoded, text);
  return text;
}
