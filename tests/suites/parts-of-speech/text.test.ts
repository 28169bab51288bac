/** Groups of tags, tagged text, and the places of a text that can be read: what is wrong is an error or counted. */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FileError } from '../../../src/errors.js';
import { load } from '../../../src/model/load.js';
import type { Tokenizer } from '../../../src/tokenizers/tokenizer.js';
import { groupOf, groups } from '../../../suites/parts-of-speech/groups.js';
import { readingsOf, slicesOf } from '../../../suites/parts-of-speech/readings.js';
import { parseTagged, readTagged } from '../../../suites/parts-of-speech/tagged-text.js';
import { Others, sliceTask } from '../../../suites/parts-of-speech/task.js';
import { errorOf } from '../../helpers/error-of';
import { CONTEXT, sentences, tagged, writeLanguageModel } from './planted';

const folder = mkdtempSync(join(tmpdir(), 'parts-of-speech-'));
afterAll(() => rmSync(folder, { recursive: true }));
let tokenizer: Tokenizer;
beforeAll(async () => {
  writeLanguageModel(join(folder, 'model'), 1);
  const model = await load(join(folder, 'model'));
  tokenizer = model.tokenizer!;
  model.dispose();
});

test('every tag of the Brown corpus has the group that the trainer gave it', () => {
  const known = JSON.parse(
    readFileSync(join(__dirname, '../../../lab/language-models/english/tags.json'), 'utf8'),
  ) as Readonly<Record<string, string>>;
  expect(Object.keys(known).length).toBeGreaterThan(400);
  for (const [tag, group] of Object.entries(known)) expect([tag, groupOf(tag, '')]).toEqual([tag, group]);
});

test.each([
  // Penn Treebank
  ['DT', 'The', 'article'],
  ['DT', 'this', 'determiner'],
  ['IN', 'of', 'preposition'],
  ['NNP', 'Mary', 'name'],
  ['NNS', 'dogs', 'noun'],
  ['VBZ', 'goes', 'verb'],
  ['MD', 'can', 'auxiliary'],
  ['PRP$', 'her', 'pronoun'],
  ['-RRB-', '-RRB-', 'closing bracket'],
  ["''", "''", 'closing bracket'],
  ['CD', '7', 'number'],
  ['TO', 'to', 'other'],
  // Universal Dependencies
  ['PUNCT', ')', 'closing bracket'],
  ['PUNCT', '.', 'closing punctuation'],
  ['PUNCT', ',', 'comma or dash'],
  ['PROPN', 'Mary', 'name'],
  ['ADP', 'of', 'preposition'],
  ['SCONJ', 'that', 'conjunction'],
  ['DET', 'a', 'article'],
  ['NUM', '7', 'number'],
  // Brown
  ['NN-TL', 'County', 'noun'],
  ['md*', "can't", 'auxiliary'],
  ['fw-in', 'de', 'other'],
  ['closing bracket', ')', 'closing bracket'],
])('%s of %j is %s', (tag, word, group) => expect(groupOf(tag, word)).toBe(group));

test('a word without a tag leaves its sentence out, and is counted; so the sentence before knows no word after it', () => {
  const {
    sentences: found,
    untagged,
    sentencesLeftOut,
    tokens,
  } = parseTagged('A/at dog/nn ran/vbd ./.\nIt fell/vbd and/or/cc ./.\n\n\tThe/at end/nn ./.\n');
  expect([untagged, sentencesLeftOut, tokens]).toEqual([1, 1, 11]);
  expect(found.map(({ words }) => words.map(({ word }) => word).join(' '))).toEqual(['A dog ran .', 'The end .']);
  expect(found.map(({ after }) => after)).toEqual([undefined, undefined]);
  // the last slash is the tag's
  expect(parseTagged('and/or/cc').sentences[0]!.words[0]).toMatchObject({ word: 'and/or', tag: 'cc' });
});

test('files without tags are refused where they are named, and passed over in a folder', () => {
  const place = join(folder, 'texts');
  mkdirSync(place);
  writeFileSync(join(place, 'README'), 'This is no tagged text at all.');
  expect(() => readTagged([place])).toThrow(errorOf(FileError, 'no tagged sentence in 1 file'));
  expect(() => readTagged([join(place, 'README')])).toThrow(errorOf(FileError, /7 of the file's 7 words have no tag/));
  expect(() => readTagged([join(place, 'none')])).toThrow(errorOf(FileError, 'no such file'));
  writeFileSync(join(folder, 'empty'), '\n');
  expect(() => readTagged([join(folder, 'empty')])).toThrow(errorOf(FileError, 'the file has no words'));
  writeFileSync(join(place, 'a'), tagged(sentences(5, 1)));
  expect(readTagged([place])).toMatchObject({ files: 1, passedOver: 1, untagged: 0 });
});

test('a reading is the text up to its word, whose group it has; the next token is that of the word after it', () => {
  const text = parseTagged(tagged(sentences(30, 2))).sentences;
  const { all, before } = readingsOf(text, tokenizer, { context: CONTEXT, seed: 0 });
  expect(before).toBe(1);
  const whole = text.map(({ words, after }) => [...words, ...(after ? [after] : [])].map(({ word }) => word).join(' '));
  expect(all.length).toBeGreaterThan(60);
  for (const { tokens, word, group, next, nextGroup } of all) {
    const read = tokenizer.decode([...tokens].slice(1));
    expect(whole.some((one) => one.startsWith(`${read} ${tokenizer.decode([next])}`))).toBe(true);
    expect(read.split(' ').at(-1)).toBe(word);
    const after = tokenizer.decode([next]);
    expect([group, nextGroup]).toEqual(
      [word, after].map((one) => text.flatMap(({ words }) => words).find((other) => other.word === one)!.group),
    );
  }
  expect(readingsOf(text, tokenizer, { context: CONTEXT, seed: 0 }).all).toEqual(all);
});

test('words in pieces, places beyond the context, and sentences that cannot be told apart are counted', () => {
  const pieces: Tokenizer = {
    ...tokenizer,
    description: 'pieces',
    size: tokenizer.size,
    token: (text) => tokenizer.token(text),
    decode: (tokens) => tokenizer.decode(tokens),
    encode: (text) => tokenizer.encode(text.replaceAll('house', 'dog cat')),
  };
  const text = parseTagged(
    'the/at dog/nn saw/vbd the/at house/nn ./.\nthe/at house/nn saw/vbd a/at cat/nn ./.\nthe/at cat/nn ./.',
  ).sentences;
  const found = readingsOf(text, pieces, { context: 6, seed: 0 });
  const counted = new Map(found.excluded.map(({ why, count }) => [why, count]));
  expect(counted.get('words that are several tokens')).toBe(undefined);
  // "the dog saw the | house" is 7 tokens with the start, and what follows it lies beyond
  expect(counted.get('places further than 6 tokens into a sentence')).toBe(2 + 2);
  const longer = readingsOf(text, pieces, { context: CONTEXT, seed: 0 });
  expect(longer.excluded.find(({ why }) => why === 'words that are several tokens')?.count).toBe(1);
  const merging: Tokenizer = { ...pieces, encode: (text) => tokenizer.encode(text.replaceAll('dog saw', 'bird')) };
  expect(readingsOf(text, merging, { context: CONTEXT, seed: 0 }).excluded).toContainEqual({
    why: 'sentences whose tokens cannot be told apart by words',
    count: 1,
  });
});

test('slices are of the group read or predicted, none is lost, and counterfactuals are of another group and as long', () => {
  const text = parseTagged(tagged(sentences(200, 3))).sentences;
  const { all } = readingsOf(text, tokenizer, { context: CONTEXT, seed: 0 });
  for (const by of ['read', 'next'] as const) {
    const slices = slicesOf(all, { by, seed: 0 });
    expect(slices.map(({ name }) => name)).toEqual(['all tokens', ...groups.slice(0, -1)]);
    expect(slices[0]!.readings).toHaveLength(all.length);
    expect(slices.slice(1).reduce((sum, { readings }) => sum + readings.length, 0)).toBe(all.length);
    for (const { name, readings } of slices.slice(1))
      expect(readings.filter((one) => (by === 'read' ? one.group : one.nextGroup) !== name)).toEqual([]);
  }
  const others = new Others(all);
  const nouns = slicesOf(all, { by: 'read', seed: 0 }).find(({ name }) => name === 'noun')!;
  // each list is looked through by one matcher: a call of expect for each of the 20 000 takes seconds
  const offered = nouns.readings.map((one) => others.of(one));
  expect(offered.flat().length).toBeGreaterThan(1000);
  for (const [i, one] of nouns.readings.entries())
    expect(offered[i]!.filter(({ group, tokens }) => group === 'noun' || tokens.length !== one.tokens.length)).toEqual(
      [],
    );
  expect(sliceTask(nouns, others).name).toBe('reading: noun');
});
