/** Characters of Unicode, as the `tokenizers` library takes it, whatever Unicode the Node at hand has: digests by make_unicode.py. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { hfTokenizer } from '../../src/tokenizers/hf-tokenizer.js';
import {
  isControl,
  lowerCase,
  normalForm,
  pinned,
  withoutAccents,
  withoutMarks,
} from '../../src/tokenizers/hf/unicode.js';

const told = JSON.parse(readFileSync(join(__dirname, 'fixtures', 'unicode.json'), 'utf8')) as Record<
  'normal' | 'sequences' | 'classes',
  Record<string, string>
>;
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const characters: string[] = [];
// as in the script
for (let at = 0; at < 0xe0200; at++)
  if (
    (at < 0x20000 && !(at >= 0xd800 && at < 0xe000)) ||
    (at >= 0x2a6c0 && at < 0x2a740) ||
    (at >= 0x2b720 && at < 0x2b760) ||
    (at >= 0x2f7f0 && at < 0x2fa30) ||
    at >= 0xe0000
  )
    characters.push(String.fromCodePoint(at));

const clean = (c: string): string =>
  /[\t\n\r]/.test(c) ? ' ' : c === '\0' || c === '\ufffd' || isControl(c) ? '' : /\p{White_Space}/u.test(c) ? ' ' : c;
const normal: Readonly<Record<string, (text: string) => string>> = {
  NFC: (text) => normalForm(text, 'NFC'),
  NFD: (text) => normalForm(text, 'NFD'),
  NFKC: (text) => normalForm(text, 'NFKC'),
  NFKD: (text) => normalForm(text, 'NFKD'),
  StripAccents: withoutMarks,
  BertAccents: withoutAccents,
  BertClean: (text) => Array.from(text, clean).join(''),
};

// the same numbers as in the script
const pool = [
  0x61, 0x45, 0x300, 0x323, 0x897, 0x1acf, 0x8d4, 0x1dfa, 0x301, 0x11938, 0x105d2, 0x307, 0xac00, 0x11a8, 0x16d67,
  0x113c5, 0x1e08f, 0xfdfa, 0x212b, 0x345, 0x1611e, 0x16129,
];
let state = 1;
const following = (below: number): number => (state = (state * 16807) % 2147483647) % below;
const sequences = Array.from({ length: 2000 }, () =>
  Array.from({ length: 6 }, () => String.fromCodePoint(pool[following(pool.length)]!)).join(''),
);

describe.each(Object.keys(normal))('%s', (name) => {
  test('of every character', () => expect(digest(characters.map(normal[name]!).join('\n'))).toBe(told.normal[name]));
  test('of sequences in which old and new characters meet', () =>
    expect(digest(sequences.map(normal[name]!).join('\n'))).toBe(told.sequences[name]));
});

describe('in patterns', () => {
  const held = (pattern: RegExp) =>
    characters
      .filter((c) => pattern.test(c))
      .map((c) => c.codePointAt(0))
      .join(',');
  test.each(['L', 'Lu', 'Ll', 'Lm', 'Lo', 'M', 'N', 'P', 'S'])('\\p{%s}', (name) => {
    const all = held(pinned(new RegExp(`^\\p{${name}}$`, 'u'), 16));
    expect(digest(all)).toBe(told.classes[name]);
    expect(held(pinned(new RegExp(`^[\\p{${name}}]$`, 'u'), 16))).toBe(all);
    expect(held(pinned(new RegExp(`^[^\\P{${name}}]$`, 'u'), 16))).toBe(all);
  });
  test('BERT’s punctuation', () =>
    expect(digest(held(pinned(/^[\p{P}\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E]$/u, 8)))).toBe(
      told.classes['punctuation'],
    ));

  test('everything else in a pattern stays what it is', () => {
    // characters that the flag v takes in another way than u does
    const source = String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${'`'}{|}~&&||--a-c-]+\p{L}{2,}(?<=\p{L})|[^\r\n\p{N}(-)+$$]?\u{41}\x42|[-\p{N}]|[a\-z]|\S`;
    const text =
      Array.from({ length: 0x180 }, (_, at) => String.fromCharCode(at)).join('') + 'a-zAB--&&||xy (B)+AB [1-2]';
    const [own, again] = [
      new RegExp(source.replace('&&||--', '&|'), 'gu'),
      pinned(new RegExp(source.replace('&&||--', '&|'), 'gu'), 16),
    ];
    expect(again.flags).toBe('gv');
    expect(text.match(again)).toEqual(text.match(own));
  });
});

test.each<readonly [string, readonly string[]]>([
  // o200k, DeepSeek: what tokenizers 0.23.2 cuts this text into
  [
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    ["It's", ' ', '123', '4', ' "', 'Äß', '"', ' //\n', ' ', ' x', '_y'],
  ],
  [
    String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${'`'}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    ['It', "'s", ' ', '1234', ' "', 'Äß', '"', ' //\n', ' ', ' x', '_y'],
  ],
])('patterns in use cut a text as before: %#', async (pattern, pieces) => {
  const text = 'It\'s 1234 "Äß" //\n  x_y';
  const tokens = ['[UNK]', ...new Set(pieces)];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const tokenizer = await hfTokenizer({
    tokenizer: {
      model: { type: 'WordPiece', vocab, unk_token: '[UNK]', continuing_subword_prefix: '##' },
      pre_tokenizer: { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated' },
    },
  });
  expect(tokenizer.encode(text).map((id) => tokens[id])).toEqual(pieces);
});

test('letters that came after Unicode 16 are no letters yet, in whatever Node: they keep their case, and are cut off', async () => {
  expect(lowerCase('ABC \u{16EA0}\ua7ceÄΣ')).toBe('abc \u{16EA0}\ua7ceäσ');
  const vocab = Object.fromEntries(['[UNK]', 'a', '\u{10940}', 'a\u{10940}', 'ɕ'].map((token, id) => [token, id]));
  const tokenizer = await hfTokenizer({
    tokenizer: {
      model: { type: 'WordPiece', vocab, unk_token: '[UNK]', continuing_subword_prefix: '##' },
      pre_tokenizer: { type: 'Split', pattern: { Regex: String.raw`\p{L}+` }, behavior: 'Isolated' },
    },
  });
  // Split by letters: what is none is a piece of its own
  expect(tokenizer.encode('a\u{10940}')).toEqual([1, 2]);
});
