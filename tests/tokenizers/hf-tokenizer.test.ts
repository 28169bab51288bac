/** Tokenizers against what transformers (Python) made of the same files and texts: make_tokenizers.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../src/errors.js';
import { hfTokenizer } from '../../src/tokenizers/hf-tokenizer.js';
import type { Tokenizer } from '../../src/tokenizers/tokenizer.js';
import { errorOf } from '../helpers/error-of.js';
import { anyText } from '../helpers/any-text.js';

interface Golden {
  readonly name: string;
  readonly size: number;
  /** text, what transformers encodes, what it decodes from that */
  readonly cases: readonly (readonly [string, number[], string])[];
  /** any tokens, and what it decodes */
  readonly streams: readonly (readonly [number[], string])[];
}

// another run of the script, with more texts, where one wants to look further
const folder = process.env['CONGRUITY_TOKENIZER_FIXTURES'] ?? join(__dirname, 'fixtures');
const goldens = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Golden[];

describe.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (name, { size, cases, streams }) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await hfTokenizer(join(folder, name));
  });

  test('encodes as transformers does', () => {
    const wrong = cases.flatMap(([text, ids]) => {
      let got: unknown;
      try {
        got = tokenizer.encode(text);
      } catch (error) {
        got = (error as Error).message;
      }
      return JSON.stringify(got) === JSON.stringify(ids)
        ? []
        : [{ text: JSON.stringify(text), got: JSON.stringify(got), ids: JSON.stringify(ids) }];
    });
    expect(wrong).toEqual([]);
  });

  test('decodes as transformers does', () => {
    const all = [...cases.map(([, ids, text]) => [ids, text] as const), ...streams];
    const wrong = all.flatMap(([ids, text]) => {
      const got = tokenizer.decode(ids);
      return got === text ? [] : [{ ids: JSON.stringify(ids), got: JSON.stringify(got), text: JSON.stringify(text) }];
    });
    expect(wrong).toEqual([]);
  });

  test('knows its tokens, and no others', () => {
    expect(tokenizer.size).toBe(size);
    expect(tokenizer.description).toMatch(new RegExp(`^(BPE|Unigram|WordPiece), ${size} tokens$`));
    for (const token of [-1, size, 0.5, NaN, 2 ** 40, '1' as unknown as number])
      expect(() => tokenizer.decode([token])).toThrow(InputError);
  });

  test('takes nothing but text', () => {
    for (const text of [undefined, null, 1, ['a'], {}, new String('a')])
      expect(() => tokenizer.encode(text as string)).toThrow(InputError);
    expect(() => tokenizer.encode('a\ud83d')).toThrow(errorOf(InputError, /surrogate/));
    expect(() => tokenizer.encode('a'.repeat(1_000_001))).toThrow(InputError);
    expect(() => tokenizer.decode('ab' as unknown as number[])).toThrow(InputError);
  });

  test('a text that is one token is that token, and any other is an error', () => {
    const around = tokenizer.encode('').length;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: 0, max: size - 1 }).map((id) => tokenizer.decode([id])),
          fc.constantFrom(...cases.map(([text]) => text)),
        ),
        (text) => {
          const all = tokenizer.encode(text);
          if (all.length === around + 1) expect(all).toContain(tokenizer.token(text));
          else expect(() => tokenizer.token(text)).toThrow(InputError);
        },
      ),
    );
  });
});

describe('round trips', () => {
  const texts = fc
    .oneof(fc.string(), fc.string({ unit: 'grapheme' }), anyText())
    .filter((text) => !/\p{Surrogate}/u.test(text));
  const lines = fc
    .array(fc.constantFrom('the', ' store', '  ', '\n', "'s", ' Mary', '12', 'é', '\t', '日', '👍🏽', '"', '\\'), {
      maxLength: 12,
    })
    .map((words) => words.join(''));

  test.each(['gpt2', 'llama3', 'digits'])('%s: any text comes back, whatever it is', async (name) => {
    const tokenizer = await hfTokenizer(join(folder, name));
    const start = tokenizer.decode(tokenizer.encode(''));
    fc.assert(
      fc.property(fc.oneof(texts, lines), (text) =>
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(start + text),
      ),
    );
  });

  test('neox: any text comes back in normal form C', async () => {
    const tokenizer = await hfTokenizer(join(folder, 'neox'));
    fc.assert(
      fc.property(fc.oneof(texts, lines), (text) =>
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.normalize('NFC')),
      ),
    );
  });

  test.each(['llama', 'llama-metaspace'])(
    '%s: any text comes back, after the first token and the space it is given',
    async (name) => {
      const tokenizer = await hfTokenizer(join(folder, name));
      fc.assert(
        // the mark itself stands for a space, and special tokens take no space before them
        fc.property(
          fc.oneof(texts, lines).filter((text) => !/[▁<]/.test(text)),
          (text) => {
            const spaced = name === 'llama-metaspace' && text.startsWith(' ') ? text : text === '' ? '' : ` ${text}`;
            expect(tokenizer.decode(tokenizer.encode(text))).toBe(`<s>${spaced}`);
          },
        ),
      );
    },
  );
});

test('a text without tokens, and without a token for the unknown, is an error', async () => {
  const tokenizer = await hfTokenizer({
    tokenizer: { model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] } },
  });
  expect(tokenizer.encode('abba')).toEqual([2, 1, 0]);
  expect(tokenizer.token('ab')).toBe(2);
  expect(() => tokenizer.encode('abc')).toThrow(errorOf(InputError, /no tokens for "c"/));
  expect(() => tokenizer.token('ba')).toThrow(errorOf(InputError, /2 tokens, not one: "b" "a"/));
});

test('an added token that is normalised is looked for in the normalised text, and a text that is its normal form is not it', async () => {
  const tokenizer = await hfTokenizer({
    tokenizer: {
      added_tokens: [{ id: 1, content: '<s>', special: true, normalized: true }],
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      model: {
        type: 'BPE',
        vocab: { '<unk>': 0, '<s>': 1, '▁': 2, a: 3, '<': 4, s: 5, '>': 6 },
        merges: [],
        unk_token: '<unk>',
      },
    },
  });
  // what tokenizers 0.23 encodes with this file
  expect(tokenizer.encode('<s>')).toEqual([1]);
  expect(tokenizer.encode('▁<s>')).toEqual([2, 1]);
  expect(tokenizer.encode('a <s>')).toEqual([2, 3, 1]);
  expect(tokenizer.encode('a<s>')).toEqual([2, 3, 4, 5, 6]);
});
