/**
 * Normalisers, pre-tokenisers and decoders of a tokenizer.json, rewritten so that @huggingface/tokenizers (JavaScript) does with them what the `tokenizers`
 * library (Rust), with which models are trained, does. Only what was compared with that is let through; the rest is refused by name.
 */
import type { Json, JsonObject } from '../../io/json.js';
import { patternFault } from './pattern.js';
import type { TokenizerSection } from './read.js';

const maxNesting = 8;

const refuse = (part: TokenizerSection, kind: string): never =>
  part.fail(`the ${kind} ${JSON.stringify(part.object['type'] ?? null)} is not known here`);

/** A pattern as a regular expression: plain strings are escaped. */
function regex(part: TokenizerSection, key: string): string {
  const pattern = part.part(key);
  const [text, ...rest] = Object.keys(pattern.object);
  if (rest.length > 0 || (text !== 'String' && text !== 'Regex'))
    return pattern.fail('a pattern is either a String or a Regex');
  const source =
    text === 'Regex' ? pattern.text('Regex') : pattern.text('String').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (source === '') pattern.fail('the pattern is empty');
  const fault = patternFault(source);
  if (fault !== undefined)
    pattern.fail(`the pattern ${JSON.stringify(source.slice(0, 60))} might take very long on some texts: ${fault}`);
  return source;
}

function* members(part: TokenizerSection, key: string, depth: number): Generator<TokenizerSection> {
  if (depth >= maxNesting) part.fail(`components are nested more than ${maxNesting} deep`);
  yield* part.parts(key);
}

// in JavaScript's replaceAll a dollar sign in the new text means something
const literal = (content: string): string => content.replaceAll('$', '$$$$');

export function normalizer(part: TokenizerSection | undefined, depth = 0): JsonObject | null {
  if (part === undefined) return null;
  const type = part.text('type');
  switch (type) {
    case 'Sequence':
      return { type, normalizers: [...members(part, 'normalizers', depth)].map((one) => normalizer(one, depth + 1)) };
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
    case 'Lowercase':
    case 'StripAccents':
      return { type };
    case 'Prepend':
      return { type, prepend: part.text('prepend') };
    case 'Strip':
      return { type, strip_left: part.flag('strip_left', true), strip_right: part.flag('strip_right', true) };
    case 'Replace':
      return { type, pattern: { Regex: regex(part, 'pattern') }, content: literal(part.text('content')) };
    case 'BertNormalizer': {
      const lowercase = part.flag('lowercase', true);
      return {
        type,
        clean_text: part.flag('clean_text', true),
        handle_chinese_chars: part.flag('handle_chinese_chars', true),
        strip_accents: part.flag('strip_accents', lowercase),
        lowercase,
      };
    }
    default:
      return refuse(part, 'normaliser');
  }
}

const isolated = (pattern: string): JsonObject => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});
/** Only what matches is kept. */
const matches = (pattern: string): JsonObject => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Removed',
  invert: true,
});

/** Rust's tables of punctuation are those of Unicode 8: corrections.ts looks at this. */
const ofUnicode8 = (component: JsonObject): JsonObject => ({ ...component, unicode: 8 });
const punctuation = '\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E';
// what Rust's regular expressions take for a word: besides letters, marks, digits and connectors the two joiners
const word = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200C\\u200D';

function metaspace(part: TokenizerSection, first: boolean): JsonObject {
  const replacement = part.text('replacement', '\u2581');
  if ([...replacement].length !== 1) part.fail('replacement is not one character');
  const scheme = part.text('prepend_scheme', part.flag('add_prefix_space', true) ? 'always' : 'never');
  if (!['always', 'first', 'never'].includes(scheme))
    part.fail(`prepend_scheme is ${JSON.stringify(scheme)}, not always, first or never`);
  if (scheme === 'first' && !first)
    part.fail('prepend_scheme first is supported only in a pre-tokeniser that comes first');
  const spaces = { type: 'Metaspace', replacement, prepend_scheme: scheme };
  if (!part.flag('split', true)) return spaces;
  const mark = replacement.replaceAll(/[.*+?^${}()|[\]\\-]/g, '\\$&');
  // every mark begins a piece
  return { type: 'Sequence', pretokenizers: [spaces, isolated(`${mark}[^${mark}]*|[^${mark}]+`)] };
}

function split(part: TokenizerSection): JsonObject {
  const pattern = regex(part, 'pattern');
  const invert = part.flag('invert', false);
  const behavior = part.text('behavior');
  if (behavior === 'Isolated') return isolated(pattern); // what matches and what does not are pieces either way
  if (behavior === 'Removed') return { type: 'Split', pattern: { Regex: pattern }, behavior, invert };
  return part.fail(`behavior ${JSON.stringify(behavior)} is not supported`);
}

export function preTokenizer(part: TokenizerSection | undefined, first = true, depth = 0): JsonObject | null {
  if (part === undefined) return null;
  const type = part.text('type');
  switch (type) {
    case 'Sequence':
      return {
        type,
        pretokenizers: [...members(part, 'pretokenizers', depth)].map((one, at) =>
          preTokenizer(one, first && at === 0, depth + 1),
        ),
      };
    case 'ByteLevel':
      return { type, add_prefix_space: part.flag('add_prefix_space', true), use_regex: part.flag('use_regex', true) };
    case 'Metaspace':
      return metaspace(part, first);
    case 'Split':
      return split(part);
    case 'Digits':
      return isolated(part.flag('individual_digits', false) ? '\\p{N}' : '\\p{N}+');
    case 'Punctuation': {
      const behavior = part.text('behavior', 'Isolated');
      if (behavior === 'Isolated') return ofUnicode8(isolated(`[${punctuation}]`));
      if (behavior === 'Contiguous') return ofUnicode8(isolated(`[${punctuation}]+`));
      return part.fail(`behavior ${JSON.stringify(behavior)} is not supported`);
    }
    case 'Whitespace':
      return matches(`[${word}]+|[^${word}\\s]+`);
    case 'WhitespaceSplit':
      return matches('\\S+');
    case 'BertPreTokenizer':
      return ofUnicode8(matches(`[^\\s${punctuation}]+|[${punctuation}]`));
    default:
      return refuse(part, 'pre-tokeniser');
  }
}

export function decoder(part: TokenizerSection | undefined, depth = 0): JsonObject | null {
  if (part === undefined) return null;
  const type = part.text('type');
  switch (type) {
    case 'Sequence':
      return { type, decoders: [...members(part, 'decoders', depth)].map((one) => decoder(one, depth + 1)) };
    case 'ByteLevel':
    case 'ByteFallback':
    case 'Fuse':
      return { type };
    case 'Metaspace':
      return {
        type,
        replacement: part.text('replacement', '\u2581'),
        prepend_scheme: part.text('prepend_scheme', part.flag('add_prefix_space', true) ? 'always' : 'never'),
      };
    case 'Replace':
      return { type, pattern: { Regex: regex(part, 'pattern') }, content: literal(part.text('content')) };
    case 'Strip': {
      const content = part.text('content');
      if (content.length !== 1) part.fail('content is not one character');
      return { type, content, start: part.count('start', 1000), stop: part.count('stop', 1000) };
    }
    case 'WordPiece':
      return { type, prefix: part.text('prefix', '##'), cleanup: part.flag('cleanup', true) };
    default:
      return refuse(part, 'decoder');
  }
}

/** Special tokens around a text, by their ids. */
export interface Around {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function template(part: TokenizerSection): Around {
  const special = part.part('special_tokens');
  const before: number[] = [];
  const after: number[] = [];
  let seen = false;
  for (const item of part.parts('single')) {
    const sequence = item.optional('Sequence');
    if (sequence !== undefined) {
      if (seen || sequence.text('id') !== 'A') item.fail('the template of one text must hold the text A once');
      seen = true;
      continue;
    }
    const token = special.part(item.part('SpecialToken').text('id'));
    for (const id of token.list('ids')) {
      if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) token.fail(`ids hold ${JSON.stringify(id)}`);
      else (seen ? after : before).push(id);
    }
  }
  if (!seen) part.fail('the template of one text does not hold the text');
  return { before, after };
}

/** A pair of a token and its id. */
function tokenId(part: TokenizerSection, key: string): number {
  const [token, id] = part.list(key) as readonly [Json?, Json?];
  return typeof token === 'string' && typeof id === 'number' && Number.isInteger(id) && id >= 0
    ? id
    : part.fail(`${key} is not a token and its id`);
}

/** What a post-processor puts around a text. */
export function around(part: TokenizerSection | undefined, depth = 0): Around {
  if (part === undefined) return { before: [], after: [] };
  switch (part.text('type')) {
    case 'ByteLevel':
      return { before: [], after: [] };
    case 'TemplateProcessing':
      return template(part);
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { before: [tokenId(part, 'cls')], after: [tokenId(part, 'sep')] };
    case 'Sequence': {
      let all: Around = { before: [], after: [] };
      for (const one of members(part, 'processors', depth)) {
        const { before, after } = around(one, depth + 1);
        all = { before: [...before, ...all.before], after: [...all.after, ...after] };
      }
      return all;
    }
    default:
      return refuse(part, 'post-processor');
  }
}
