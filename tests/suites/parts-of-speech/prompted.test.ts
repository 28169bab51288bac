/** The language model on prompts is the model itself on what the prompt makes of a reading: runs, counterfactuals, answers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { InputError } from '../../../src/errors.js';
import type { Tokenizer } from '../../../src/tokenizers/tokenizer.js';
import { openModel, type Opened } from '../../../suites/ioi/models.js';
import { prompted, promptFor } from '../../../suites/parts-of-speech/prompted.js';
import { parseTagged } from '../../../suites/parts-of-speech/tagged-text.js';
import { CONTEXT, sentences, tagged, vocabulary, writeLanguageModel } from './planted';

const folder = mkdtempSync(join(tmpdir(), 'parts-of-speech-'));
let language: Opened;
beforeAll(async () => {
  writeLanguageModel(folder, 3);
  language = await openModel({ path: folder, name: 'language', given: folder });
});
afterAll(() => {
  language.model.dispose();
  rmSync(folder, { recursive: true });
});

const prompt = {
  prefix: [0, 5, 6],
  suffix: [2, 3],
  answers: [
    { group: 'noun', token: 7 },
    { group: 'verb', token: 4 },
  ],
  excluded: [],
} as const;

test('it runs the model on prefix, reading without its start, and suffix, replacements likewise, and gives the answers of the prompt alone', async () => {
  const { model, answers, context } = prompted(language, prompt, 1);
  expect([answers, context]).toEqual([['noun', 'verb'], CONTEXT - 3 - 2 + 1]);
  const [reading, other] = [
    [0, 8, 9],
    [0, 4, 6],
  ];
  const put = (tokens: readonly number[]): number[] => [0, 5, 6, ...tokens.slice(1), 2, 3];
  const head = { site: 'blocks.0.attn.hook_z', at: { head: [1] } } as const;
  for (const by of [undefined, 'resample', 'mean'] as const) {
    const patch = (map: (tokens: readonly number[]) => readonly number[]) => ({
      logits: -1,
      capture: ['blocks.0.hook_resid_post'],
      interventions:
        by === undefined
          ? []
          : [
              {
                ...head,
                by:
                  by === 'resample'
                    ? { kind: 'resample' as const, inputs: [map(other!)] }
                    : { kind: 'mean' as const, over: [map(other!), map(reading!)] },
              },
            ],
    });
    const wrapped = await model.run(
      [reading!],
      patch((tokens) => tokens),
    );
    const direct = await language.model.run([put(reading!)], patch(put));
    expect(wrapped.logits.shape).toEqual([1, 2]);
    expect([...wrapped.logits.data]).toEqual([7, 4].map((token) => direct.logits.data[token]));
    expect(wrapped.activations).toEqual(direct.activations);
  }
  expect(model.fingerprint).not.toBe(language.model.fingerprint);
  expect(model.identity).not.toBe(language.model.identity);
});

test('demonstrations end with a word of their group, one for each group that is one token and that the text has', () => {
  const names = new Map([
    ['noun', 2],
    ['verb', 3],
    ['article', 4],
    ['period', 5],
    ['adverb', 6],
  ]);
  const known = language.tokenizer;
  const tokenizer: Tokenizer = {
    description: 'with names of groups',
    size: known.size,
    encode: (text) => known.encode(text),
    token(text) {
      const token = names.get(text.trim());
      if (token !== undefined) return token;
      throw new InputError({ what: 'it is none', where: 'token', hint: 'name another' });
    },
    decode: (tokens) => [...names].find(([, token]) => token === tokens[0])?.[0] ?? known.decode(tokens),
  };
  const text = parseTagged(tagged(sentences(20, 6))).sentences;
  const found = promptFor(text, tokenizer, 0)!;
  // of adverbs the text has none
  expect(found.answers.map(({ group }) => group)).toEqual(['closing punctuation', 'article', 'verb', 'noun']);
  expect(found.excluded).toContainEqual({ why: 'no token for the answer "adverb", or no example', count: 1 });
  // three words, the word that is tagged, an equals sign and a name that the planted vocabulary has not, for each group; and the start
  expect(found.prefix).toHaveLength(1 + 4 * 6);
  expect(found.suffix).toHaveLength(1);
  expect(found.prefix.every((token) => token < vocabulary.length)).toBe(true);
  names.delete('period');
  expect(promptFor(text, tokenizer, 0)).toBeUndefined();
});
