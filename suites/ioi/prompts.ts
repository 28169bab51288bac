/** Prompts of indirect object identification that all models of a comparison can read: names that are one token of each, words that none of them lacks. */
import { TaskError, isCongruityError } from '../../src/errors.js';
import { plural } from '../../src/format.js';
import { random } from '../../src/random.js';
import type { Tokenizer } from '../../src/tokenizers/tokenizer.js';
import { FEWEST } from '../fewest.js';
import { NAMES, OBJECTS, PLACES, TEMPLATES } from './words.js';

export const orders = ['ABBA', 'BABA'] as const;
export type Order = (typeof orders)[number];

/** One prompt. */
export interface Prompt {
  readonly text: string;
  /** the right answer, with the space before it */
  readonly indirectObject: string;
  /** the name that occurs twice, likewise */
  readonly subject: string;
  readonly template: number;
  /** ABBA: the indirect object stands first */
  readonly order: Order;
  readonly place: string;
  readonly object: string;
}

/** Words that a kind of model lacks, and why. */
export interface LeftOut {
  readonly what: 'name' | 'place' | 'object' | 'template';
  readonly word: string;
  readonly why: string;
}

export interface Words {
  readonly names: readonly string[];
  readonly places: readonly string[];
  readonly objects: readonly string[];
  readonly templates: readonly number[];
  readonly leftOut: readonly LeftOut[];
}

export interface Reader {
  readonly name: string;
  readonly tokenizer: Tokenizer;
}

const plain = (text: string): string => text.replaceAll(/\s/g, '');

/** What a tokenizer does to a text: undefined where it can be read off its tokens again. Special tokens may stand before it. */
function lost(tokenizer: Tokenizer, text: string): string | undefined {
  try {
    return plain(tokenizer.decode(tokenizer.encode(text))).endsWith(plain(text)) ? undefined : 'has no tokens for it';
  } catch (error) {
    if (!isCongruityError(error)) throw error;
    return error.what;
  }
}

function notOneToken(tokenizer: Tokenizer, name: string): string | undefined {
  try {
    return plain(tokenizer.decode([tokenizer.token(` ${name}`)])) === name ? undefined : 'has no token for it';
  } catch (error) {
    if (!isCongruityError(error)) throw error;
    return 'splits it';
  }
}

const filled = (template: string, { A, B, S, place, object }: Record<'A' | 'B' | 'S' | 'place' | 'object', string>) =>
  template.replace('{A}', A).replace('{B}', B).replace('{S}', S).replace('{place}', place).replace('{object}', object);

/** The words that all of these can read; what is left out is told. */
export function wordsFor(readers: readonly Reader[]): Words {
  const leftOut: LeftOut[] = [];
  const kept = <T extends string>(
    what: LeftOut['what'],
    words: readonly T[],
    fault: (tokenizer: Tokenizer, word: T) => string | undefined,
  ): T[] =>
    words.filter((word) => {
      for (const { name, tokenizer } of readers) {
        const why = fault(tokenizer, word);
        if (why === undefined) continue;
        leftOut.push({ what, word, why: `${name} ${why}` });
        return false;
      }
      return true;
    });
  const names = kept('name', NAMES, notOneToken);
  const places = kept('place', PLACES, (tokenizer, word) => lost(tokenizer, ` ${word}`));
  const objects = kept('object', OBJECTS, (tokenizer, word) => lost(tokenizer, ` ${word}`));
  const [A = '', B = ''] = names;
  const templates = kept('template', TEMPLATES, (tokenizer, template) =>
    lost(tokenizer, filled(template, { A, B, S: A, place: places[0] ?? '', object: objects[0] ?? '' })),
  );
  return { names, places, objects, templates: templates.map((one) => TEMPLATES.indexOf(one)), leftOut };
}

const FEWEST_NAMES = 4;
const tooFewWords = 'compare models whose tokenizers have common English names as single tokens';

/** The number of different prompts. */
export const promptsOf = ({ names, places, objects, templates }: Words): number =>
  names.length * (names.length - 1) * places.length * objects.length * templates.length * 2;

function promptAt(
  { names, places, objects, templates }: Words,
  at: readonly [number, number, number, number, number, number],
): Prompt {
  const [template, order, io, s, place, object] = at;
  const [indirectObject, subject] = [names[io]!, names[s]!];
  const first = order === 0;
  return {
    text: filled(TEMPLATES[templates[template]!]!, {
      A: first ? indirectObject : subject,
      B: first ? subject : indirectObject,
      S: subject,
      place: places[place]!,
      object: objects[object]!,
    }),
    indirectObject: ` ${indirectObject}`,
    subject: ` ${subject}`,
    template: templates[template]!,
    order: orders[order]!,
    place: places[place]!,
    object: objects[object]!,
  };
}

/**
 * n different prompts by seed, templates and orders in turn.
 * @throws TaskError where the models have too few words in common
 */
export function promptsFor(words: Words, n: number, seed: number): Prompt[] {
  const { names, places, objects, templates, leftOut } = words;
  if (names.length < FEWEST_NAMES || places.length === 0 || objects.length === 0 || templates.length === 0)
    throw new TaskError({
      what: `the models have ${names.length} names, ${places.length} places, ${objects.length} objects and ${templates.length} templates in common; ${leftOut.length} words were left out, the first of them ${leftOut[0]?.word}: ${leftOut[0]?.why}`,
      where: 'models',
      hint: tooFewWords,
    });
  const stream = random(seed, 'prompts');
  const found = new Map<string, Prompt>();
  const wanted = Math.min(n, Math.floor(promptsOf(words) / 4));
  for (let i = 0; found.size < wanted; i++) {
    const io = stream.below(names.length);
    const s = (io + 1 + stream.below(names.length - 1)) % names.length;
    const prompt = promptAt(words, [
      i % templates.length,
      Math.floor(i / templates.length) % 2,
      io,
      s,
      stream.below(places.length),
      stream.below(objects.length),
    ]);
    found.set(prompt.text, prompt);
  }
  return [...found.values()];
}

export interface CommonPrompts {
  readonly prompts: readonly Prompt[];
  /** how many were left out, and why */
  readonly refused: readonly { readonly model: string; readonly why: string; readonly prompts: number }[];
}

/**
 * Those of n prompts that no model finds too long, and in which all names are one token in their place, as they are in the prompts that they are interchanged with.
 * @throws TaskError where the models have too few words in common, or too few prompts are left
 */
export function commonPrompts(
  words: Words,
  readers: readonly (Reader & { readonly context: number })[],
  n: number,
  seed: number,
): CommonPrompts {
  const refused: { model: string; why: string; prompts: number }[] = [];
  const made = promptsFor(words, n, seed);
  let prompts = made;
  const keep = (model: string, why: string, fits: (prompt: Prompt) => boolean): void => {
    const left = prompts.filter(fits);
    if (left.length < prompts.length) refused.push({ model, why, prompts: prompts.length - left.length });
    prompts = left;
  };
  for (const { name, tokenizer, context } of readers) {
    keep(name, `longer than ${context} tokens`, ({ text }) => tokenizer.encode(text).length <= context);
    keep(name, 'a name is not one token in its place', (prompt) =>
      [prompt, flipped(prompt), crossed(prompt, words.names)].every((one) => rolesIn(one, tokenizer) !== undefined),
    );
  }
  if (prompts.length < FEWEST)
    throw new TaskError({
      what: `${prompts.length} of ${plural(made.length, 'prompt')} ${prompts.length === 1 ? 'is' : 'are'} left, and at least ${FEWEST} are needed; left out: ${refused.map(({ model, why, prompts: count }) => `${model}: ${count} ${why}`).join('; ') || `${plural(words.leftOut.length, 'word')}, so that there are no more prompts`}`,
      where: 'models',
      hint:
        refused.length > 0 ? `leave out ${refused.toSorted((a, b) => b.prompts - a.prompts)[0]!.model}` : tooFewWords,
    });
  return { prompts, refused };
}

/** The counterfactual of the paper: the second subject and the indirect object change places, so that the other name is right. */
export function flipped(prompt: Prompt): Prompt {
  const { indirectObject, subject, template, order, place, object } = prompt;
  const [a, b] = order === 'ABBA' ? [indirectObject, subject] : [subject, indirectObject];
  return {
    ...prompt,
    text: filled(TEMPLATES[template]!, { A: a.trim(), B: b.trim(), S: indirectObject.trim(), place, object }),
    indirectObject: subject,
    subject: indirectObject,
    order: order === 'ABBA' ? 'BABA' : 'ABBA',
  };
}

/**
 * A prompt in which the indirect object occurs twice and a third name once. Where what it tells a model is put into a run on the prompt, two ways of finding the answer part: who avoids the name that was
 * repeated says the subject, who copies the name that occurred once says the third.
 */
export function crossed(prompt: Prompt, names: readonly string[]): Prompt {
  const { indirectObject, subject, template, order, place, object } = prompt;
  const at = names.indexOf(subject.trim());
  const third = [1, 2].map((step) => names[(at + step) % names.length]!).find((one) => ` ${one}` !== indirectObject)!;
  const repeated = indirectObject.trim();
  const [A, B] = order === 'ABBA' ? [third, repeated] : [repeated, third];
  return {
    ...prompt,
    text: filled(TEMPLATES[template]!, { A, B, S: repeated, place, object }),
    indirectObject: ` ${third}`,
    subject: indirectObject,
  };
}

/** Roles whose tokens have a place in a prompt. */
export type Role = 'indirect object' | 'subject' | 'second subject' | 'end';

/**
 * Where the roles stand among a model's tokens; undefined where a name is not one token in its place.
 */
export function rolesIn(prompt: Prompt, tokenizer: Tokenizer): Readonly<Record<Role, number>> | undefined {
  const tokens = tokenizer.encode(prompt.text);
  const [io, s] = [tokenizer.token(prompt.indirectObject), tokenizer.token(prompt.subject)];
  const at = (token: number): number[] => tokens.flatMap((one, i) => (one === token ? [i] : []));
  const [ios, ss] = [at(io), at(s)];
  if (ios.length !== 1 || ss.length !== 2) return undefined;
  return { 'indirect object': ios[0]!, subject: ss[0]!, 'second subject': ss[1]!, end: tokens.length - 1 };
}
