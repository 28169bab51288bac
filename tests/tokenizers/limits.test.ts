/** Tokenizer files whose contents are valid and whose cost is not bounded by their form: time and lengths are. */
import { Script } from 'node:vm';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { FileError, InputError } from '../../src/errors.js';
import { inTime } from '../../src/tokenizers/hf/bounded.js';
import { patternSteps } from '../../src/tokenizers/hf/pattern.js';
import { hfTokenizer } from '../../src/tokenizers/hf-tokenizer.js';
import type { JsonObject } from '../../src/io/json.js';
import { errorOf } from '../helpers/error-of.js';

const letters = Object.fromEntries(['<unk>', ...'ab▁x'].map((token, id) => [token, id]));
const tokenizerOf = (parts: Record<string, unknown>, vocab: Record<string, number> = letters) =>
  hfTokenizer({
    tokenizer: { model: { type: 'BPE', vocab, merges: [], unk_token: '<unk>' }, ...parts } as unknown as JsonObject,
  });
const times = (count: number, part: unknown) => Array.from({ length: count }, () => part);
const replace = (pattern: string, content: string) => ({ type: 'Replace', pattern: { Regex: pattern }, content });

describe('a text that grows', () => {
  test.each([
    [
      'by replacements, forty times twice as long',
      { normalizer: { type: 'Sequence', normalizers: times(40, replace('a', 'aa')) } },
    ],
    ['by one replacement', { normalizer: replace('a', 'b'.repeat(1_000_000)) }],
    [
      'by what is put before it',
      { normalizer: { type: 'Sequence', normalizers: times(100, { type: 'Prepend', prepend: 'b'.repeat(1000) }) } },
    ],
    [
      'by bytes of bytes',
      {
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: times(40, { type: 'ByteLevel', add_prefix_space: false, use_regex: false }),
        },
      },
    ],
  ])('%s is stopped', async (_, parts) => {
    const tokenizer = await tokenizerOf(parts);
    const text = 'aä'.repeat(500);
    expect(() => tokenizer.encode(text)).toThrow(
      errorOf(InputError, /makes the text longer than 21000 characters, 20 times as long as it is/),
    );
    // a text after one that was stopped is judged by its own length
    expect(() => tokenizer.token('aä'.repeat(100))).toThrow(errorOf(InputError, /longer than 5000 /));
  });

  test('when it is decoded, too', async () => {
    const tokenizer = await tokenizerOf({ decoder: { type: 'Sequence', decoders: times(40, replace('a', 'aa')) } });
    const tokens = tokenizer.encode('a'.repeat(100));
    expect(tokens).toHaveLength(100);
    expect(() => tokenizer.decode(tokens)).toThrow(errorOf(InputError, /longer than 3000 characters/));
  });

  test('as normal forms and ordinary replacements do is none of these', async () => {
    const normalizers = [{ type: 'NFKC' }, replace(' ', '▁'), replace('x', '$&aab'), { type: 'Prepend', prepend: '▁' }];
    const tokenizer = await tokenizerOf({ normalizer: { type: 'Sequence', normalizers } });
    // the longest that a normal form makes of one character
    expect(tokenizer.encode('\ufdfa')).toHaveLength(19);
    expect(tokenizer.encode('\ufdfa'.repeat(100))).toHaveLength(1801);
    // a dollar sign in the new text is one
    expect(tokenizer.encode('ax')).toEqual([3, 1, 0, 0, 1, 1, 2]);
  });

  test('a tokenizer of more than 200 components, or with an added token of more than 256 characters, is refused', async () => {
    await expect(
      tokenizerOf({ normalizer: { type: 'Sequence', normalizers: times(200, { type: 'NFC' }) } }),
    ).rejects.toThrow(errorOf(FileError, /has 201 components, more than 200/));
    await expect(tokenizerOf({ added_tokens: [{ id: 5, content: 'a'.repeat(257) }] })).rejects.toThrow(
      errorOf(FileError, /content has 257 characters, more than 256/),
    );
  });
});

describe('time', () => {
  // the real watch, with less time on it than 10 seconds
  const hasty = () => {
    const run = Script.prototype.runInContext;
    return jest.spyOn(Script.prototype, 'runInContext').mockImplementation(function (this: Script, context, options) {
      return run.call(this, context, { ...(options as object), timeout: 200 }) as unknown;
    });
  };
  afterEach(() => void jest.restoreAllMocks());

  test.each([
    ['normaliser', { normalizer: replace('a*a*a*b', 'x') }],
    ['pre-tokeniser', { pre_tokenizer: { type: 'Split', pattern: { Regex: 'a*a*a*b' }, behavior: 'Isolated' } }],
    [
      'normaliser in a sequence',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, replace('a*a*a*x', 'x')] } },
    ],
  ])('a pattern of cubic cost in a %s is stopped on 500 characters', async (_, parts) => {
    const tokenizer = await tokenizerOf(parts);
    expect(tokenizer.encode('aax').length).toBeGreaterThan(0);
    const watch = hasty();
    expect(() => tokenizer.encode('a'.repeat(500))).toThrow(
      errorOf(InputError, /took longer than 10 seconds on a text of 500 characters, and was stopped/),
    );
    expect(watch).toHaveBeenCalledWith(expect.anything(), { timeout: 10_025 });
    // and the next text is not
    expect(tokenizer.encode('aax').length).toBeGreaterThan(0);
  });

  test('a decoder’s, too', async () => {
    const tokenizer = await tokenizerOf({
      decoder: { type: 'Sequence', decoders: [{ type: 'Fuse' }, replace('a*a*a*b', 'x')] },
    });
    const tokens = tokenizer.encode('a'.repeat(500));
    hasty();
    expect(() => tokenizer.decode(tokens)).toThrow(errorOf(InputError, /took longer than 10 seconds/));
  });

  test('a long text is watched whatever is done with it', () => {
    hasty();
    const spin = () => {
      for (;;);
    };
    expect(() => inTime(2001, spin)).toThrow(InputError);
    expect(inTime(1e6, () => inTime(1e6, () => 'inner'))).toBe('inner');
    expect(() => inTime(1e6, () => JSON.parse('{'))).toThrow(SyntaxError);
  });

  test('the steps of a pattern are counted for the text at hand', () => {
    // alternatives add, neighbours multiply; every repetition without a bound, and the place where a match begins, count for the length
    expect(patternSteps('a', 9)).toBe(10);
    expect(patternSteps('a*b|c', 9)).toBe(2 * 10 ** 2);
    expect(patternSteps('a*a*a*b', 500)).toBe(501 ** 4);
  });
});

test('a tokenizer of bytes that lacks one names the byte, not what stands for it', async () => {
  const vocab = Object.fromEntries([...'abĠ'].map((token, id) => [token, id]));
  const tokenizer = await hfTokenizer({
    tokenizer: {
      model: { type: 'BPE', vocab, merges: [] },
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
    },
  });
  expect(tokenizer.encode('a b')).toEqual([0, 2, 1]);
  for (const [text, byte] of [
    ['a\x13', '0x13'],
    ['\x00', '0x00'],
    ['c', '0x63'],
    ['\xad', '0xc2'],
    ['é', '0xc3'],
    ['\x7f', '0x7f'],
  ] as const) {
    expect(() => tokenizer.encode(text)).toThrow(
      errorOf(InputError, new RegExp(`no tokens for the byte ${byte} of the text`)),
    );
  }
});
