/** The tokens of a tokenizer.json: its model's vocabulary and what is added to it. */
import type { Json, JsonObject } from '../../io/json.js';
import { isObject } from '../../io/json.js';
import type { TokenizerSection } from './read.js';

/** A token that is looked for in the text before anything else happens to it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

const maxTokens = 4_000_000;
/** UTF-16 units of an added token */
const maxAdded = 256;

/** @throws FileError unless ids are distinct integers */
function checkIds(part: TokenizerSection, ids: Iterable<readonly [string, Json]>): Map<string, number> {
  const tokens = new Map<string, number>();
  const taken = new Map<number, string>();
  for (const [token, id] of ids) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= maxTokens)
      part.fail(`token ${JSON.stringify(token)} has the id ${JSON.stringify(id)}, not an integer below ${maxTokens}`);
    else {
      const other = taken.get(id);
      if (other !== undefined)
        part.fail(`tokens ${JSON.stringify(other)} and ${JSON.stringify(token)} have the same id ${id}`);
      taken.set(id, token);
      tokens.set(token, id);
    }
  }
  return tokens;
}

/** The model's own tokens, by kind of model. */
export function modelTokens(model: TokenizerSection, kind: string): Map<string, number> {
  if (kind !== 'Unigram') return checkIds(model, Object.entries(model.part('vocab').object));
  const vocabulary = model.list('vocab').map((entry, at): readonly [string, number] => {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || typeof entry[1] !== 'number')
      return model.fail(`vocab[${at}] is not a token and its score`);
    return [entry[0], at];
  });
  if (vocabulary.length === 0) model.fail('vocab is empty');
  const tokens = checkIds(model, vocabulary);
  if (tokens.size < vocabulary.length) model.fail('a token comes twice in vocab');
  return tokens;
}

/** Every merge joins two tokens to a third. That also makes cycles impossible: what is joined is longer than its parts. */
export function checkMerges(model: TokenizerSection, tokens: ReadonlyMap<string, number>): void {
  model.list('merges').forEach((merge, at) => {
    const pair: readonly Json[] =
      typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? (merge as readonly Json[]) : [];
    const [left, right] = pair;
    if (pair.length !== 2 || typeof left !== 'string' || typeof right !== 'string' || left === '' || right === '')
      return model.fail(`merges[${at}] is not a pair of tokens`);
    for (const token of [left, right, left + right])
      if (!tokens.has(token))
        model.fail(`merges[${at}] needs the token ${JSON.stringify(token)}, which is not in vocab`);
    if (model.flag('byte_fallback', false) && [left, right].some((token) => /^<0x[0-9A-F]{2}>$/.test(token)))
      model.fail(`merges[${at}] joins byte tokens, which is not supported`);
  });
  const lists = model.list('merges').filter((merge) => typeof merge !== 'string').length;
  if (lists !== 0 && lists !== model.list('merges').length) model.fail('merges are written in two ways');
}

function addedToken(part: TokenizerSection, id: number, special?: boolean): AddedToken {
  part.only('single_word', [null, false]);
  const isSpecial = part.flag('special', special ?? false);
  // looked for at every place of a text
  if (part.text('content').length > maxAdded)
    part.fail(`content has ${part.text('content').length} characters, more than ${maxAdded}`);
  return {
    id,
    content: part.text('content'),
    special: isSpecial,
    normalized: part.flag('normalized', !isSpecial),
    lstrip: part.flag('lstrip', false),
    rstrip: part.flag('rstrip', false),
  };
}

const namedTokens = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/** The text of a special token, which tokenizer_config.json gives as such or as an object. */
function specialContent(config: JsonObject, key: string): string | undefined {
  const value = config[key];
  if (typeof value === 'string') return value;
  return isObject(value) && typeof value['content'] === 'string' ? value['content'] : undefined;
}

/**
 * Added tokens: those of tokenizer.json, then, as transformers does, the special ones that only tokenizer_config.json has.
 * @param tokens of the model; those that are new are put in
 */
export function addedTokens(
  root: TokenizerSection,
  config: TokenizerSection,
  tokens: Map<string, number>,
): AddedToken[] {
  const added: AddedToken[] = [];
  const contents = new Set<string>();
  let next = tokens.size;
  const add = (part: TokenizerSection, token: AddedToken): void => {
    if (token.content === '' || contents.has(token.content)) return;
    const id = tokens.get(token.content) ?? next;
    if (token.id !== id && token.id !== -1)
      part.fail(
        `the token ${JSON.stringify(token.content)} has the id ${token.id}, but by the order of tokens it is ${id}`,
      );
    tokens.set(token.content, id);
    if (id >= next) next = id + 1;
    contents.add(token.content);
    added.push({ ...token, id });
  };
  if (root.has('added_tokens'))
    for (const part of root.parts('added_tokens')) add(part, addedToken(part, part.count('id', maxTokens)));

  const decoder = config.optional('added_tokens_decoder');
  for (const key of Object.keys(decoder?.object ?? {})) {
    const part = decoder!.part(key);
    if (!/^\d{1,8}$/.test(key)) decoder!.fail(`${JSON.stringify(key)} is not the id of a token`);
    add(part, addedToken(part, Number(key)));
  }
  const special = (content: string): void =>
    add(config, { id: -1, content, special: true, normalized: false, lstrip: false, rstrip: false });
  for (const key of namedTokens) {
    const content = specialContent(config.object, key);
    if (content !== undefined) special(content);
  }
  for (const key of ['additional_special_tokens', 'extra_special_tokens']) {
    const value = config.object[key];
    for (const one of Array.isArray(value) ? (value as readonly Json[]) : isObject(value) ? Object.values(value) : []) {
      const content = typeof one === 'string' ? one : isObject(one) ? specialContent({ one }, 'one') : undefined;
      if (content !== undefined) special(content);
    }
  }
  return added;
}
