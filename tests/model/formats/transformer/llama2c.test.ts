/** llama2.c's checkpoints and tokenizer against numpy (llama2c/llama2c.py), and against damage. */
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FileError, InputError, isCongruityError, ModelError, OptionError } from '../../../../src/errors.js';
import type { StoredTensor } from '../../../../src/io/safetensors.js';
import { generate } from '../../../../src/model/generate.js';
import { llama2cTokenizer } from '../../../../src/tokenizers/llama2c-tokenizer.js';
import type { Tokenizer } from '../../../../src/tokenizers/tokenizer.js';
import { loadLlama2c } from '../../../../src/model/formats/transformer/file/llama2c.js';
import type { Transformer } from '../../../../src/model/formats/transformer/run/model.js';
import { backend } from '../../../../src/tensor/backend.js';
import { difference } from './hf/fixtures.js';
import { publicModels } from '../../../helpers/models.js';
import { describeUnless } from '../../../helpers/unless.js';
import { errorOf } from '../../../helpers/error-of.js';

const folder = join(__dirname, 'llama2c', 'fixtures');
const json = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;

interface Tiny {
  readonly name: string;
  readonly inputs: number[][];
  readonly sites: Record<string, { shape: number[]; data: number[] }>;
}
interface Stories {
  readonly told: readonly { prompt: string; start: number; tokens: number[]; text: string; first: number[] }[];
  readonly texts: readonly (readonly [string, number[]])[];
}

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'llama2c-'));
});
afterAll(() => rm(scratch, { recursive: true }));

describe.each(json<Tiny[]>('tiny.json').map((one) => [one.name, one] as const))(
  '%s classifier',
  (name, { inputs, sites }) => {
    test.each(['wasm', 'cpu'] as const)('every site on %s is what numpy computes in float64', async (backend) => {
      const model = await loadLlama2c(join(folder, `${name}.bin`), { backend });
      try {
        const named = Object.keys(sites).filter((site) => site !== 'logits');
        const { logits, activations } = await model.run(inputs, { capture: named });
        const off: Record<string, number> = {};
        for (const site of Object.keys(sites)) {
          const { shape, data } = sites[site]!;
          const by = difference(site === 'logits' ? logits : activations.get(site)!, {
            shape,
            data: Float32Array.from(data),
          } as StoredTensor);
          if (!(by <= 1e-5)) off[site] = by;
        }
        expect(off).toEqual({});
      } finally {
        model.dispose();
      }
    });

    test('a shorter context gives the same, and takes no longer inputs', async () => {
      const [whole, short] = [
        await loadLlama2c(join(folder, `${name}.bin`), { backend: 'cpu' }),
        await loadLlama2c(join(folder, `${name}.bin`), { backend: 'cpu', contextLength: 3, name: 'short' }),
      ];
      const rows = inputs.map((row) => row.slice(0, 3));
      expect(short.name).toBe('short');
      expect([...(await short.run(rows)).logits.data]).toEqual([...(await whole.run(rows)).logits.data]);
      await expect(short.run(inputs)).rejects.toThrow(InputError);
      [whole, short].forEach((model) => model.dispose());
    });
  },
);

const stories = publicModels('stories260k', 'checkpoint_legacy.bin');

describeUnless(stories.absent)('stories260k', () => {
  const { told, texts } = json<Stories>('stories260k.json');
  let model: Transformer;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    model = await loadLlama2c(stories.path('checkpoint_legacy.bin'), { backend: 'wasm' });
    tokenizer = model.tokenizer!;
  });
  afterAll(() => model?.dispose());

  test.each(told)(
    'at temperature 0, after "$prompt", it tells the story that numpy tells',
    async ({ prompt, start, tokens, text, first }) => {
      const { logits } = await model.run([tokens.slice(0, start)], { logits: [-1] });
      expect(difference(logits, { shape: [1, first.length], data: Float32Array.from(first) })).toBeLessThanOrEqual(
        1e-5,
      );
      const story = await generate(model, prompt, { maxTokens: tokens.length - start });
      expect(story.tokens).toEqual(tokens);
      expect(story.text).toBe(text);
      expect(text).toMatch(/^Once upon a time, there was a little (girl|dog) named \w+\./);
    },
  );

  test('the tokenizer encodes as run.c does', () => {
    expect(tokenizer.description).toBe('llama2.c, 512 tokens');
    for (const [text, tokens] of texts) expect([text, tokenizer.encode(text)]).toEqual([text, tokens]);
  });

  test('any text comes back', () => {
    const words = fc
      .array(fc.constantFrom(' the', 'Lily', ' ', '  ', '\n', 'é', '日', '👍', '<s>', 'ing', '\0', '."'), {
        maxLength: 20,
      })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(
        fc.oneof(words, fc.string({ unit: 'grapheme' })).filter((text) => !/\p{Surrogate}/u.test(text)),
        (text) => {
          expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
        },
      ),
    );
  });

  test('a token by its text', () => {
    const id = tokenizer.token(' Lily');
    expect(tokenizer.decode([id])).toBe(' Lily');
    expect(tokenizer.encode('Lily')).toEqual([1, id]);
    expect(() => tokenizer.token(' Lily went')).toThrow(errorOf(InputError, /2 tokens|3 tokens/));
    expect(() => tokenizer.token('')).toThrow(InputError);
  });

  test('a long text without any merges takes no quadratic time', () => {
    expect(tokenizer.encode('ab'.repeat(100_000)).length).toBeGreaterThan(1000);
  });

  test('what is not text, and tokens that are not there', () => {
    for (const text of [null, undefined, 3, ['a'], {}])
      expect(() => tokenizer.encode(text as string)).toThrow(InputError);
    expect(() => tokenizer.encode('\udc00')).toThrow(InputError);
    for (const token of [-1, 512, 1.5, NaN]) expect(() => tokenizer.decode([1, token])).toThrow(InputError);
  });

  test('a tokenizer given, left out, or of another model', async () => {
    const path = stories.path('checkpoint_legacy.bin');
    const without = await loadLlama2c(path, { backend: 'cpu', tokenizer: false });
    expect(without.tokenizer).toBeUndefined();
    await expect(generate(without, 'Once', { maxTokens: 1 })).rejects.toThrow(InputError);
    expect((await generate(without, [1], { maxTokens: 2 })).tokens).toHaveLength(3);
    without.dispose();
    await copyFile(join(folder, 'shared.bin'), join(scratch, 'tiny.bin'));
    await expect(
      loadLlama2c(join(scratch, 'tiny.bin'), { backend: 'cpu', tokenizer: stories.path('tokenizer.bin') }),
    ).rejects.toThrow(errorOf(FileError, /512 tokens, but the model knows 11/));
  });
});

const tokenizerFile = (longest: number, tokens: readonly (readonly [number, string])[]): Buffer => {
  const head = Buffer.alloc(4);
  head.writeInt32LE(longest);
  return Buffer.concat([
    head,
    ...tokens.map(([score, text]) => {
      const bytes = Buffer.from(text);
      const start = Buffer.alloc(8);
      start.writeFloatLE(score);
      start.writeInt32LE(bytes.length, 4);
      return Buffer.concat([start, bytes]);
    }),
  ]);
};

describe('the tokenizer’s merges', () => {
  const pieces: [number, string][] = [
    [0, '<unk>'],
    [0, '\n<s>\n'],
    [0, '\n</s>\n'],
    ...Array.from({ length: 256 }, (_, i): [number, string] => [
      0,
      `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`,
    ]),
  ];

  test('are those of the plain search through all pairs, whatever the scores', async () => {
    const path = join(scratch, 'merges.bin');
    // short words over three letters, so that merges compete; scores with ties
    const vocabulary = fc.uniqueArray(
      fc.tuple(
        fc.integer({ min: -4, max: 0 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 5 }),
      ),
      { selector: ([, word]) => word, maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(
        vocabulary,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 30 }),
        async (words, text) => {
          const all: [number, string][] = [...pieces, [-9, ' '], [-9, 'a'], [-9, 'b'], [-9, 'c'], ...words];
          await writeFile(path, tokenizerFile(8, all));
          const ids = new Map(all.map(([, word], id) => [word, id]));
          const expected = text === '' ? [] : [...` ${text}`].map((c) => ids.get(c)!);
          for (;;) {
            let best = -Infinity;
            let at = -1;
            for (let i = 0; i + 1 < expected.length; i++) {
              const joined = ids.get(all[expected[i]!]![1] + all[expected[i + 1]!]![1]);
              if (joined !== undefined && all[joined]![0] > best) [best, at] = [all[joined]![0], i];
            }
            if (at < 0) break;
            expected.splice(at, 2, ids.get(all[expected[at]!]![1] + all[expected[at + 1]!]![1])!);
          }
          expect((await llama2cTokenizer(path)).encode(text)).toEqual([1, ...expected]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('without byte tokens an unknown character is an error', async () => {
    const path = join(scratch, 'bytes.bin');
    await writeFile(
      path,
      tokenizerFile(8, [
        [0, '<unk>'],
        [0, '<s>'],
        [0, '</s>'],
        [0, ' '],
        [0, 'a'],
      ]),
    );
    const tokenizer = await llama2cTokenizer(path, { size: 5 });
    expect(tokenizer.encode('aa')).toEqual([1, 3, 4, 4]);
    expect(() => tokenizer.encode('ab')).toThrow(errorOf(InputError, /no tokens for "b"/));
  });
});

describe('damage', () => {
  const whole = readFileSync(join(folder, 'own.bin'));
  const fails = async (bytes: Uint8Array): Promise<Error> => {
    const path = join(scratch, 'damaged.bin');
    await writeFile(path, bytes);
    try {
      (await loadLlama2c(path, { backend: 'cpu' })).dispose();
    } catch (error) {
      return error as Error;
    }
    throw new Error('this file was accepted');
  };
  const header = (values: readonly number[], rest: Uint8Array = whole.subarray(28)): Buffer => {
    const bytes = Buffer.alloc(28);
    values.forEach((value, at) => bytes.writeInt32LE(value, 4 * at));
    return Buffer.concat([bytes, rest]);
  };
  const own = [8, 12, 2, 4, 4, -11, 6];

  test('the header that is right is accepted', async () => {
    await expect(fails(header(own))).rejects.toThrow('this file was accepted');
  });

  // eleven words and a classifier of their own take the bytes of twice as many words that share theirs: nothing in the file tells them apart
  const shared = 22;

  test('a header of another model that takes as many bytes is that model', async () => {
    await expect(fails(header(own.with(5, shared)))).rejects.toThrow('this file was accepted');
  });

  test('any other header is an error, without memory for what it claims', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 6 }),
        fc.oneof(
          fc.integer(),
          fc.integer({ min: -20, max: 20 }),
          fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 2 ** 20, 2 ** 24),
        ),
        async (at, value) => {
          fc.pre(value !== own[at] && !(at === 5 && value === shared));
          const before = process.memoryUsage().arrayBuffers;
          expect(await fails(header(own.with(at, value)))).toBeInstanceOf(FileError);
          expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
        },
      ),
    );
  });

  test('a file cut off or with more at its end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), async (length) =>
        expect(await fails(whole.subarray(0, length))).toBeInstanceOf(FileError),
      ),
      { numRuns: 25 },
    );
    expect((await fails(Buffer.concat([whole, Buffer.alloc(1)]))).message).toMatch(
      /has 5293 bytes, but its header calls for 5292/,
    );
  });

  test('flipped bits are an error of ours, or another model', async () => {
    const path = join(scratch, 'flipped.bin');
    // without one that is started, no tensors can be counted
    await backend({ backend: 'cpu' });
    const before = tf.memory().numTensors;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (flips) => {
          const bytes = Uint8Array.from(whole);
          for (const [at, by] of flips) bytes[at]! ^= by;
          await writeFile(path, bytes);
          try {
            (await loadLlama2c(path, { backend: 'cpu' })).dispose();
          } catch (error) {
            expect(isCongruityError(error)).toBe(true);
          }
        },
      ),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a later version is refused by name', async () => {
    for (const version of [1, 2]) {
      const error = await fails(header([0x616b3432, version, 8, 12, 2, 4, 4]));
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toMatch(new RegExp(`version ${version}`));
    }
  });

  test('a missing file, a folder, a limit, an unknown option', async () => {
    await expect(loadLlama2c(join(scratch, 'no.bin'))).rejects.toThrow(FileError);
    await expect(loadLlama2c(scratch)).rejects.toThrow(FileError);
    await expect(loadLlama2c(join(folder, 'own.bin'), { maxBytes: 100 })).rejects.toThrow(
      errorOf(FileError, /more than the 100/),
    );
    await expect(loadLlama2c(join(folder, 'own.bin'), { contextLength: 0 })).rejects.toThrow(OptionError);
    await expect(loadLlama2c(join(folder, 'own.bin'), { tokenizer: {} as Tokenizer })).rejects.toThrow(OptionError);
    await expect(loadLlama2c(join(folder, 'own.bin'), { context: 3 } as object)).rejects.toThrow(
      errorOf(OptionError, /contextLength/),
    );
  });

  test('tokenizer files: cut off, with impossible lengths, or anything at all', async () => {
    const path = join(scratch, 'tokenizer-damaged.bin');
    const good = tokenizerFile(6, [
      [0, '<unk>'],
      [-1, 'ab'],
      [-2.5, ' '],
    ]);
    const attempt = async (bytes: Uint8Array): Promise<unknown> => {
      await writeFile(path, bytes);
      return llama2cTokenizer(path, { size: 3 }).catch((error: unknown) => error);
    };
    expect(await attempt(good)).toHaveProperty('size', 3);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), async (length) =>
        expect(await attempt(good.subarray(0, length))).toBeInstanceOf(FileError),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
        const result = await attempt(bytes);
        if (result instanceof Error) expect(result).toBeInstanceOf(FileError);
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 8, 22),
        fc.oneof(fc.integer(), fc.integer({ min: -9, max: 9 })),
        async (at, value) => {
          const bytes = Buffer.from(good);
          bytes.writeInt32LE(value, at);
          const result = await attempt(bytes);
          if (result instanceof Error) expect(result).toBeInstanceOf(FileError);
        },
      ),
    );
  });
});
