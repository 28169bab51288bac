/** Prompts: names that are one token of every model, templates and orders in turn, flipped counterfactuals, roles; what is left out is counted. */
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { TaskError } from '../../../src/errors.js';
import { hfTokenizer } from '../../../src/tokenizers/hf-tokenizer.js';
import type { Tokenizer } from '../../../src/tokenizers/tokenizer.js';
import {
  commonPrompts,
  crossed,
  flipped,
  orders,
  promptsFor,
  promptsOf,
  rolesIn,
  wordsFor,
  type Words,
} from '../../../suites/ioi/prompts.js';
import { NAMES, OBJECTS, PLACES, TEMPLATES } from '../../../suites/ioi/words.js';
import { errorOf } from '../../helpers/error-of';

const models = join(__dirname, '../../../lab/language-models/models');
let tokenizer: Tokenizer;
let words: Words;
beforeAll(async () => {
  tokenizer = await hfTokenizer(join(models, 'gpt2-avoid-small-1'));
  words = wordsFor([{ name: 'ours', tokenizer }]);
});

/** A tokenizer that splits some names and does not know others. */
const without = (split: readonly string[], unknown: readonly string[]): Tokenizer => ({
  ...tokenizer,
  description: 'another',
  size: tokenizer.size,
  encode: (text) => tokenizer.encode(text),
  decode: (tokens) => tokenizer.decode(tokens).replaceAll(new RegExp(unknown.join('|') || '^$', 'g'), '<unknown>'),
  token(text) {
    if (split.includes(text.trim())) return tokenizer.token(` ${text} ${text}`);
    return tokenizer.token(text);
  },
});

test('every name, place, object and template is kept or left out with a reason', () => {
  const { names, places, objects, templates, leftOut } = words;
  const count = (what: string) => leftOut.filter((one) => one.what === what).length;
  expect(names.length + count('name')).toBe(NAMES.length);
  expect(places.length + count('place')).toBe(PLACES.length);
  expect(objects.length + count('object')).toBe(OBJECTS.length);
  expect(templates.length + count('template')).toBe(TEMPLATES.length);
  // of the language's vocabulary all but those that it has in pieces, or not at all
  expect(names).toHaveLength(24);
  expect(leftOut.map(({ word, why }) => [word, why])).toEqual(
    expect.arrayContaining([
      ['Charlotte', 'ours splits it'],
      ['Bartholomew', 'ours has no token for it'],
    ]),
  );
});

test('names that one of several models splits, or does not know, are left out for all', () => {
  const other = { name: 'other', tokenizer: without(['Mary', 'Tom'], ['Paul']) };
  const both = wordsFor([{ name: 'ours', tokenizer }, other]);
  expect(words.names.filter((name) => !both.names.includes(name))).toEqual(['Mary', 'Tom', 'Paul']);
  expect(both.leftOut).toContainEqual({ what: 'name', word: 'Mary', why: 'other splits it' });
  expect(both.leftOut).toContainEqual({ what: 'name', word: 'Paul', why: 'other has no token for it' });
});

test('models with too few names in common have an error of their own', () => {
  const none = wordsFor([{ name: 'other', tokenizer: without(words.names.slice(2), []) }]);
  expect(() => promptsFor(none, 40, 0)).toThrow(errorOf(TaskError, /2 names.*left out/));
});

test('prompts are different, follow their seed, and have templates and orders in equal numbers', () => {
  const prompts = promptsFor(words, 160, 3);
  expect(new Set(prompts.map(({ text }) => text)).size).toBe(160);
  expect(promptsFor(words, 160, 3)).toEqual(prompts);
  expect(promptsFor(words, 160, 4)).not.toEqual(prompts);
  for (const order of orders)
    for (const template of TEMPLATES.keys())
      expect(
        Math.abs(prompts.filter((one) => one.order === order && one.template === template).length - 10),
      ).toBeLessThanOrEqual(2);
  expect(promptsOf(words)).toBeGreaterThan(100_000);
});

test('the indirect object occurs once, the subject twice and second; flipped they change places, and twice flipped is the prompt again', () => {
  for (const prompt of promptsFor(words, 64, 1)) {
    const { text, indirectObject, subject } = prompt;
    const times = (name: string) => text.split(name).length - 1;
    expect([times(indirectObject), times(subject)]).toEqual([1, 2]);
    const other = flipped(prompt);
    expect([other.indirectObject, other.subject]).toEqual([subject, indirectObject]);
    // only the second subject differs
    const [mine, its] = [text.split(' '), other.text.split(' ')];
    const apart = mine.flatMap((word, i) => (word === its[i] ? [] : [i]));
    expect(apart).toHaveLength(1);
    expect([mine[apart[0]!], its[apart[0]!]]).toEqual([subject.trim(), indirectObject.trim()]);
    expect(flipped(other)).toEqual(prompt);
    expect(tokenizer.encode(other.text)).toHaveLength(tokenizer.encode(text).length);
  }
});

test('roles stand where their tokens are; a name that is not there as one token has none', () => {
  for (const prompt of promptsFor(words, 32, 2)) {
    const tokens = tokenizer.encode(prompt.text);
    const roles = rolesIn(prompt, tokenizer)!;
    expect(tokens[roles['indirect object']]).toBe(tokenizer.token(prompt.indirectObject));
    expect(tokens[roles.subject]).toBe(tokens[roles['second subject']]);
    expect(roles.subject).toBeLessThan(roles['second subject']);
    expect(roles['indirect object'] < roles.subject).toBe(prompt.order === 'ABBA');
    expect(roles.end).toBe(tokens.length - 1);
    expect(
      rolesIn({ ...prompt, text: prompt.text.replace(prompt.indirectObject, ' someone') }, tokenizer),
    ).toBeUndefined();
  }
});

test('crossed: the indirect object is what occurs twice, and a third name of the list what occurs once, in a prompt of as many tokens', () => {
  for (const prompt of promptsFor(words, 64, 5)) {
    const other = crossed(prompt, words.names);
    expect(other.subject).toBe(prompt.indirectObject);
    const third = other.indirectObject;
    expect(words.names).toContain(third.trim());
    expect([prompt.indirectObject, prompt.subject]).not.toContain(third);
    const times = (name: string) => other.text.split(name).length - 1;
    expect([times(third), times(other.subject), times(prompt.subject)]).toEqual([1, 2, 0]);
    expect(other.order).toBe(prompt.order);
    expect(tokenizer.encode(other.text)).toHaveLength(tokenizer.encode(prompt.text).length);
    expect(rolesIn(other, tokenizer)).toEqual(rolesIn(prompt, tokenizer));
    expect(crossed(prompt, words.names)).toEqual(other);
  }
});

test('prompts beyond the context of a model, and those in which a name is not one token in its place, are left out with a count', () => {
  const all = promptsFor(words, 160, 3);
  const lengths = all.map(({ text }) => tokenizer.encode(text).length);
  const context = Math.min(...lengths) + 2;
  const long = lengths.filter((length) => length > context).length;
  expect(long).toBeGreaterThan(0);
  const reader = { name: 'ours', tokenizer, context: Infinity };
  expect(commonPrompts(words, [reader], 160, 3)).toEqual({ prompts: all, refused: [] });
  const short = commonPrompts(words, [reader, { ...reader, name: 'short', context }], 160, 3);
  expect(short.refused).toEqual([{ model: 'short', why: `longer than ${context} tokens`, prompts: long }]);
  expect(short.prompts).toEqual(all.filter((_, i) => lengths[i]! <= context));
  // in a sentence it takes one name apart that it has as a token; so do the prompts that others are interchanged with
  const mary = tokenizer.token(' Mary');
  const apart: Tokenizer = {
    ...tokenizer,
    encode: (text) => tokenizer.encode(text).flatMap((token) => (token === mary ? [token + 1, token + 2] : [token])),
    token: (text) => tokenizer.token(text),
    decode: (tokens) => tokenizer.decode(tokens),
  };
  const others = commonPrompts(words, [{ ...reader, tokenizer: apart }], 160, 3);
  const withMary = all.filter((prompt) =>
    [prompt, crossed(prompt, words.names)].some(({ text }) => text.includes(' Mary')),
  );
  expect(withMary.length).toBeGreaterThan(all.filter(({ text }) => text.includes(' Mary')).length);
  expect(others.refused).toEqual([
    { model: 'ours', why: 'a name is not one token in its place', prompts: withMary.length },
  ]);
  expect(others.prompts).toEqual(all.filter((prompt) => !withMary.includes(prompt)));
  expect(() => commonPrompts(words, [{ ...reader, name: 'tiny', context: 3 }], 160, 3)).toThrow(
    errorOf(
      TaskError,
      /^0 of 160 prompts are left, and at least 40 are needed; left out: tiny: 160 longer than 3 tokens/,
    ),
  );
});

test('fewer than forty prompts left are an error that says how many, why, and which model to leave out', () => {
  const reader = { name: 'ours', tokenizer, context: Infinity };
  const lengths = promptsFor(words, 60, 3).map(({ text }) => tokenizer.encode(text).length);
  // the largest context that leaves fewer than forty
  const context = Math.max(...lengths.filter((at) => lengths.filter((length) => length <= at).length < 40));
  const left = lengths.filter((length) => length <= context).length;
  expect(left).toBeGreaterThan(0);
  const short = { ...reader, name: 'short', context };
  expect(() => commonPrompts(words, [reader, short], 60, 3)).toThrow(
    errorOf(TaskError, new RegExp(`^${left} of 60 prompts are left, .*short: ${60 - left} longer than ${context}`)),
  );
  expect(() => commonPrompts(words, [reader, short], 60, 3)).toThrow(
    expect.objectContaining({ hint: 'leave out short' }),
  );
  // and where the words that models have in common make no more
  const few = { ...words, names: words.names.slice(0, 4), places: ['park'], objects: ['ring'] };
  expect(promptsOf(few)).toBeLessThan(4 * 200);
  expect(() => commonPrompts({ ...few, templates: [0] }, [reader], 60, 3)).toThrow(
    errorOf(TaskError, /^6 of 6 prompts are left, and at least 40 are needed; left out: \d+ words/),
  );
});
