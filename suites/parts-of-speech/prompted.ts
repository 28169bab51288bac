/** A language model as a tagger, by prompts: a few words with their parts of speech in front of what is read, and a question behind it. */
import { hash } from 'node:crypto';
import { isCongruityError } from '../../src/errors.js';
import type { ModelInput } from '../../src/model/input.js';
import type { Activation, Intervention, Replacement, RunOptions, RunResult } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import type { Tokenizer, Tokens } from '../../src/tokenizers/tokenizer.js';
import type { Opened } from '../ioi/models.js';
import { groups, type Group } from './groups.js';
import type { Exclusion } from './readings.js';
import type { Sentence } from './tagged-text.js';
import type { Tagger } from './taggers.js';

/** What a group is called in a prompt. */
const called: Readonly<Record<Group, string>> = {
  'closing punctuation': 'period',
  'closing bracket': 'bracket',
  'opening bracket': 'quote',
  'comma or dash': 'comma',
  article: 'article',
  preposition: 'preposition',
  conjunction: 'conjunction',
  pronoun: 'pronoun',
  determiner: 'determiner',
  auxiliary: 'auxiliary',
  verb: 'verb',
  name: 'name',
  noun: 'noun',
  number: 'number',
  adjective: 'adjective',
  adverb: 'adverb',
  other: 'other',
};
/** Words of a demonstration, the last of which is tagged. */
const SHOWN = 4;

/** The token of a word with a space before it; undefined where it is none or several. */
function tokenOf(tokenizer: Tokenizer, word: string): number | undefined {
  try {
    const token = tokenizer.token(` ${word}`);
    return tokenizer.decode([token]).trim() === word ? token : undefined;
  } catch (error) {
    if (!isCongruityError(error)) throw error;
    return undefined;
  }
}

export interface Prompt {
  /** in front of a reading, special tokens included */
  readonly prefix: Tokens;
  /** behind it */
  readonly suffix: Tokens;
  readonly answers: readonly { readonly group: Group; readonly token: number }[];
  readonly excluded: readonly Exclusion[];
}

/**
 * The prompt of a tokenizer: a demonstration for each group that it has one token for and the text has an example of.
 * @returns undefined where that is fewer than four groups
 */
export function promptFor(sentences: readonly Sentence[], tokenizer: Tokenizer, seed: number): Prompt | undefined {
  const stream = random(seed, 'demonstrations');
  const order = stream.permutation(sentences.length);
  const demonstrations: string[] = [];
  const answers: { group: Group; token: number }[] = [];
  const without: Group[] = [];
  for (const group of groups) {
    if (group === 'other') continue;
    const token = tokenOf(tokenizer, called[group]);
    const shown = token === undefined ? undefined : demonstration(sentences, order, group);
    if (token === undefined || shown === undefined || answers.some((one) => one.token === token)) without.push(group);
    else {
      answers.push({ group, token });
      demonstrations.push(`${shown} = ${called[group]}`);
    }
  }
  if (answers.length < 4) return undefined;
  const text = stream.permutation(demonstrations.length);
  const bare = tokenizer.encode('').length;
  return {
    prefix: tokenizer.encode(`${Array.from(text, (at) => demonstrations[at]!).join('\n')}\n`),
    suffix: tokenizer.encode(' =').slice(bare),
    answers,
    excluded: without.map((group) => ({ why: `no token for the answer "${called[group]}", or no example`, count: 1 })),
  };
}

/** Some words whose last is of a group. */
function demonstration(sentences: readonly Sentence[], order: Uint32Array, group: Group): string | undefined {
  for (const at of order) {
    const sentence = sentences[at]!.words;
    const place = sentence.findIndex((one, i) => i >= SHOWN - 1 && one.group === group);
    if (place >= 0)
      return sentence
        .slice(place - SHOWN + 1, place + 1)
        .map(({ word }) => word)
        .join(' ');
  }
  return undefined;
}

/** Columns of the last axis. */
function columns({ site, shape, data }: Activation, some: readonly number[]): Activation {
  const width = shape.at(-1)!;
  const rows = data.length / width;
  const out = new Float32Array(rows * some.length);
  for (let row = 0; row < rows; row++)
    for (const [i, column] of some.entries()) out[row * some.length + i] = data[row * width + column]!;
  return { site, shape: [...shape.slice(0, -1), some.length], data: out };
}

/**
 * The model that reads prompts: it takes readings, as the language model does, and gives the answers of the prompt. What replaces an activation is taken from other readings in the same prompt. Its
 * positions are those of the prompt, so that only those from the end (-1) mean the same as in the reading.
 * @param before special tokens in front of a reading, which the prompt has itself
 */
export function prompted({ model, context }: Opened, { prefix, suffix, answers }: Prompt, before: number): Tagger {
  const put = (input: ModelInput): ModelInput => [...prefix, ...(input as Tokens).slice(before), ...suffix];
  const replacement = (by: Replacement): Replacement =>
    by.kind === 'resample'
      ? { ...by, inputs: by.inputs.map(put) }
      : by.kind === 'mean'
        ? { ...by, over: by.over.map(put) }
        : by;
  const about = hash('sha256', JSON.stringify([prefix, suffix, answers, before]));
  const some = answers.map(({ token }) => token);
  const { kind, backend, sites, parts, representationSites, tokenizer, ragged, identity } = model;
  const name = `${model.name} on prompts`;
  return {
    name,
    answers: answers.map(({ group }) => group),
    context: context - prefix.length - suffix.length + before,
    model: {
      name,
      kind,
      fingerprint: hash('sha256', `${model.fingerprint}\nprompted\n${about}`),
      identity: identity && `${identity}\nprompted\n${about}`,
      backend,
      sites,
      parts,
      representationSites,
      tokenizer,
      ragged,
      async run(batch: readonly ModelInput[], options: RunOptions = {}): Promise<RunResult> {
        const result = await model.run(batch.map(put), {
          ...options,
          interventions: options.interventions?.map((one): Intervention => ({ ...one, by: replacement(one.by) })),
        });
        return options.logits === false ? result : { ...result, logits: columns(result.logits, some) };
      },
      // the language model is its owner's
      dispose: () => undefined,
    },
  };
}
