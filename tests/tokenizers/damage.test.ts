/** Damaged and hostile tokenizer files. */
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FileError, InputError } from '../../src/errors.js';
import { patternFault } from '../../src/tokenizers/hf/pattern.js';
import { hfTokenizer } from '../../src/tokenizers/hf-tokenizer.js';
import { parseJson, type JsonObject } from '../../src/io/json.js';
import { errorOf } from '../helpers/error-of.js';

const fixtures = join(__dirname, 'fixtures');
const names = ['gpt2', 'neox', 'llama', 'llama-metaspace', 'llama3', 'digits', 'whitespace', 'unigram', 'wordpiece'];
// eslint-disable-next-line typescript/no-explicit-any -- a JSON tree to be damaged anywhere
type Edit = Record<string, any>;
const read = (name: string, file = 'tokenizer.json'): Edit =>
  JSON.parse(readFileSync(join(fixtures, name, file), 'utf8')) as Edit;
const attempt = (tokenizer: unknown, config: unknown = {}): Promise<unknown> =>
  hfTokenizer({ tokenizer: tokenizer as JsonObject, config: config as JsonObject }).catch((error: unknown) => error);
const refusal = async (name: string, change: (tokenizer: Edit) => void, config?: Edit): Promise<string> => {
  const tokenizer = read(name);
  change(tokenizer);
  const error = await attempt(tokenizer, config);
  expect(error).toBeInstanceOf(FileError);
  return (error as Error).message;
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterAll(() => rm(root, { recursive: true }));

// [what, tokenizer, what is changed, the message]
const refused: readonly (readonly [string, string, (tokenizer: Edit) => void, RegExp])[] = [
  ['no model', 'gpt2', (t) => delete t['model'], /model is nothing, not an object/],
  [
    'an unknown model',
    'gpt2',
    (t) => (t['model'].type = 'WordLevel'),
    /"WordLevel" is none of BPE, Unigram, WordPiece/,
  ],
  ['an id that is no integer', 'gpt2', (t) => (t['model'].vocab['a'] = 1.5), /token "a" has the id 1\.5/],
  ['an id beyond all bounds', 'gpt2', (t) => (t['model'].vocab['a'] = 4e9), /token "a" has the id 4000000000/],
  ['one id twice', 'gpt2', (t) => (t['model'].vocab['a'] = 3), /have the same id 3/],
  ['a merge of what is no token', 'gpt2', (t) => t['model'].merges.push(['a', '♥']), /needs the token "♥"/],
  ['a merge to what is no token', 'gpt2', (t) => t['model'].merges.push(['a', '~']), /needs the token "a~"/],
  ['a merge of nothing', 'gpt2', (t) => t['model'].merges.push(['', 'a']), /is not a pair/],
  ['a merge of three', 'llama', (t) => t['model'].merges.push('a b c'), /is not a pair/],
  ['merges written in two ways', 'gpt2', (t) => t['model'].merges.push(t['model'].merges[0].join(' ')), /two ways/],
  ['random merges', 'gpt2', (t) => (t['model'].dropout = 0.1), /dropout = 0\.1/],
  ['a suffix of words', 'gpt2', (t) => (t['model'].end_of_word_suffix = '</w>'), /end_of_word_suffix/],
  ['a score that is none', 'unigram', (t) => (t['model'].vocab[3][1] = 'x'), /vocab\[3\] is not a token and its score/],
  [
    'an unknown token that is none',
    'wordpiece',
    (t) => (t['model'].unk_token = 'none'),
    /unk_token "none" is not in vocab/,
  ],
  [
    'an unknown normaliser',
    'neox',
    (t) => (t['normalizer'] = { type: 'Precompiled', precompiled_charsmap: 'AAAA' }),
    /the normaliser "Precompiled" is not known/,
  ],
  ['an unknown pre-tokeniser', 'gpt2', (t) => (t['pre_tokenizer'] = { type: 'UnicodeScripts' }), /"UnicodeScripts"/],
  [
    'a split that keeps what it splits at',
    'llama3',
    (t) => (t['pre_tokenizer'].pretokenizers[0].behavior = 'MergedWithPrevious'),
    /"MergedWithPrevious" is not supported/,
  ],
  ['an unknown decoder', 'gpt2', (t) => (t['decoder'] = { type: 'CTC' }), /decoder "CTC"/],
  ['an unknown post-processor', 'gpt2', (t) => (t['post_processor'] = { type: 'X' }), /post-processor "X"/],
  ['a template without the text', 'llama', (t) => t['post_processor'].single.pop(), /does not hold the text/],
  [
    'a template with two texts',
    'llama',
    (t) => t['post_processor'].single.push({ Sequence: { id: 'B', type_id: 0 } }),
    /the text A once/,
  ],
  [
    'a template with a token that there is none',
    'llama',
    (t) => (t['post_processor'].special_tokens['<s>'].ids = [99_999]),
    /adds the token 99999/,
  ],
  [
    'an added token of another id',
    'gpt2',
    (t) => t['added_tokens'].push({ id: 7000, content: '<new>', special: true }),
    /has the id 7000, but by the order of tokens it is 400/,
  ],
  [
    'an added token that is a word by itself',
    'gpt2',
    (t) => (t['added_tokens'][0].single_word = true),
    /single_word = true/,
  ],
  [
    'a pattern that explodes',
    'llama3',
    (t) => (t['pre_tokenizer'].pretokenizers[0].pattern.Regex = '(a+)+$'),
    /might take very long on some texts: a group is repeated/,
  ],
  [
    'a pattern that is none',
    'llama3',
    (t) => (t['pre_tokenizer'].pretokenizers[0].pattern.Regex = '[z-a]'),
    /cannot be made/,
  ],
  [
    'an empty pattern',
    'llama3',
    (t) => (t['pre_tokenizer'].pretokenizers[0].pattern = { String: '' }),
    /the pattern is empty/,
  ],
];

describe('refused by name', () => {
  test.each(refused)('%s', async (_, name, change, message) => {
    expect(await refusal(name, change)).toMatch(message);
  });

  test('what tokenizer_config.json asks for besides', async () => {
    expect(await refusal('gpt2', () => undefined, { split_special_tokens: true })).toMatch(
      /split_special_tokens = true/,
    );
    expect(await refusal('gpt2', () => undefined, { add_prefix_space: true })).toMatch(
      /add_prefix_space is true, but tokenizer\.json says false/,
    );
    expect(await refusal('gpt2', () => undefined, { added_tokens_decoder: { 999: { content: '<x>' } } })).toMatch(
      /has the id 999, but/,
    );
    expect(await refusal('gpt2', () => undefined, { added_tokens_decoder: { x: { content: '<x>' } } })).toMatch(
      /"x" is not the id of a token/,
    );
  });

  test('components nested without end', async () => {
    const nest = (depth: number): Edit =>
      depth === 0 ? { type: 'NFC' } : { type: 'Sequence', normalizers: [nest(depth - 1)] };
    expect(await refusal('neox', (t) => (t['normalizer'] = nest(30)))).toMatch(/nested more than 8 deep/);
  });
});

describe('patterns', () => {
  // in use: GPT-2, cl100k and Llama 3, Qwen 2, o200k, DeepSeek
  test.each([
    String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${'`'}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    String.raw`[一-龥぀-ゟ゠-ヿ]+`,
    ' ',
    ' {2,}',
  ])('in use are accepted: %s', (pattern) => expect(patternFault(pattern)).toBeUndefined());

  test.each([
    '(a+)+',
    '(a|a)*b',
    '(?:a*)*',
    '(?=(a+)+)',
    '((a))*',
    '(a+){2,}',
    '(a?){40}',
    String.raw`(a+)\1`,
    'a*a*a*a*b',
    '(a*a*)(a*a*)',
    '(a*|b)a*a*a*',
    String.raw`(?<x>a)\k<x>`,
    '(((',
    'a)',
    'x'.repeat(5000),
    'a{1,1000}a{1,1000}a{1,1000}a{1,1000}',
    'a?'.repeat(40),
    'a{1,3}'.repeat(40),
    '(a|a)'.repeat(40),
    '(?:a|a?)'.repeat(40),
    '[a',
  ])('that can take for ever, or are broken, are not: %s', (pattern) => expect(patternFault(pattern)).toBeDefined());

  test('brackets, braces and escapes are no groups', () => {
    for (const pattern of [
      '[(+)+]',
      String.raw`\(a+\)+`,
      '[](+)*]',
      '[^](+)*]',
      String.raw`[\](+)+]`,
      String.raw`\x{28}+`,
    ])
      expect(patternFault(pattern)).toBeUndefined();
  });

  test('whatever is let through ends soon on a text made to make it last', () => {
    /** undefined where it is refused when it is compiled */
    const compiled = (source: string): RegExp | undefined => {
      try {
        return new RegExp(source, 'gu');
      } catch {
        return undefined;
      }
    };
    const atom = fc.constantFrom('a', '[ab]', String.raw`\s`, '.', '(?:a|b)', String.raw`\p{L}`, '(a)', '(?=a)');
    const repeated = fc
      .tuple(atom, fc.constantFrom('', '?', '*', '+', '{2}', '{1,}', '{0,2}', '*?', '+?'))
      .map((parts) => parts.join(''));
    const pattern = fc
      .array(
        fc.oneof(
          repeated,
          repeated.map((one) => `(${one})`),
          repeated.map((one) => `(${one})+`),
          fc.constant('|'),
        ),
        { minLength: 1, maxLength: 30 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, (source) => {
        fc.pre(patternFault(source) === undefined);
        const regex = compiled(`(?:${source})!`);
        fc.pre(regex !== undefined);
        expect('a'.repeat(60).match(regex)).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });
});

/** One value somewhere in a JSON tree replaced, or a key dropped. */
function damaged(tree: unknown, path: readonly number[], value: unknown): unknown {
  const copy = structuredClone(tree) as Edit;
  let node: Edit = copy;
  for (const [depth, step] of path.entries()) {
    const keys = Object.keys(node);
    if (keys.length === 0) break;
    const key = keys[step % keys.length]!;
    const next = node[key] as unknown;
    if (typeof next === 'object' && next !== null && depth < path.length - 1) {
      node = next as Edit;
      continue;
    }
    if (value === undefined) delete node[key];
    else node[key] = value;
    break;
  }
  return copy;
}

test.each(names)(
  '%s with anything in any place: a FileError, or a tokenizer that tokenizes or says what it cannot',
  async (name) => {
    const [whole, config] = [read(name), read(name, 'tokenizer_config.json')];
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        undefined,
        null,
        true,
        false,
        0,
        -1,
        1e9,
        '',
        'a',
        ' ',
        [],
        {},
        [[]],
        'Sequence',
        'ByteLevel',
        { type: 'Fuse' },
        { Regex: '(' },
        { String: 'a' },
      ),
      fc.jsonValue({ maxDepth: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
        value,
        fc.boolean(),
        async (path, new_, ofConfig) => {
          const tokenizer = ofConfig
            ? await attempt(whole, damaged(config, path, new_))
            : await attempt(damaged(whole, path, new_), config);
          if (tokenizer instanceof Error) {
            if (!(tokenizer instanceof FileError)) throw tokenizer;
            expect(tokenizer).toBeInstanceOf(FileError);
            return;
          }
          const { encode, decode } = tokenizer as {
            encode(text: string): readonly number[];
            decode(tokens: readonly number[]): string;
          };
          for (const text of ['', 'When Mary  went', 'ß👍\n▁<s>']) {
            try {
              const tokens = encode.call(tokenizer, text);
              expect(tokens.every((token) => Number.isInteger(token))).toBe(true);
              expect(typeof decode.call(tokenizer, tokens)).toBe('string');
            } catch (error) {
              expect(error).toBeInstanceOf(InputError);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  },
);

describe('files', () => {
  test('cut off, empty, not JSON, not UTF-8, repeated keys', async () => {
    const path = join(root, 'tokenizer.json');
    const whole = readFileSync(join(fixtures, 'llama', 'tokenizer.json'));
    await writeFile(path, whole);
    expect((await hfTokenizer(path)).size).toBeGreaterThan(256);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.nat({ max: whole.length - 1 }).map((length) => whole.subarray(0, length)),
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        async (bytes) => {
          await writeFile(path, bytes);
          await expect(hfTokenizer(path)).rejects.toThrow(FileError);
        },
      ),
    );
    await writeFile(path, whole.toString().replace('"▁t":', '"<s>":'));
    await expect(hfTokenizer(path)).rejects.toThrow(errorOf(FileError, /comes twice in one object/));
    await writeFile(path, `${'['.repeat(1e6)}`);
    await expect(hfTokenizer(path)).rejects.toThrow(errorOf(FileError, /nested more than 64 deep/));
  });

  test('missing, or links out of the folder', async () => {
    await expect(hfTokenizer(join(root, 'absent'))).rejects.toThrow(FileError);
    await cp(join(fixtures, 'gpt2'), join(root, 'gpt2'), { recursive: true });
    expect((await hfTokenizer(join(root, 'gpt2'))).size).toBe(400);
    await rm(join(root, 'gpt2', 'tokenizer_config.json'));
    await symlink(join(fixtures, 'gpt2', 'tokenizer_config.json'), join(root, 'gpt2', 'tokenizer_config.json'));
    await expect(hfTokenizer(join(root, 'gpt2'))).rejects.toThrow(errorOf(FileError, /leads out/));
  });

  test('contents that are none', async () => {
    for (const other of [null, [], 3, 'x']) expect(await attempt(other)).toBeInstanceOf(FileError);
  });

  test('the token " is read right, whatever the JSON engine makes of escaped keys', async () => {
    const tokenizer = await hfTokenizer(join(fixtures, 'gpt2'));
    const vocab = (parseJson(readFileSync(join(fixtures, 'gpt2', 'tokenizer.json'), 'utf8')) as Edit)['model']
      .vocab as Edit;
    expect(tokenizer.token('"')).toBe(vocab['"']);
    expect(tokenizer.token('\\')).toBe(vocab['\\']);
    expect(vocab['#']).toBe(vocab['"'] + 1);
  });
});
