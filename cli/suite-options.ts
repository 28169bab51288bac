/** Options of a suite as they are typed, by its own schema. */
import type * as z from 'zod';
import { OptionError } from '../src/errors.js';

/** What a few typed words may mean: a number, a text, a list; nothing is true. */
const meanings = (words: readonly string[]): unknown[] => {
  const [first, ...more] = words;
  if (first === undefined) return [true];
  const number = /^-?\d+(\.\d+)?$/.test(first) ? [Number(first)] : [];
  return [...(more.length === 0 ? [...number, first] : []), words];
};

/**
 * `--inputs 200 --models A B --full` as an object: each key's words are what its schema takes first of a number, a text and a list.
 * @throws OptionError for words before the first key, and for a key that is there twice
 */
export function suiteOptions(
  shape: Readonly<Record<string, z.ZodType>>,
  typed: readonly string[],
): Record<string, unknown> {
  const words = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const word of typed) {
    if (!word.startsWith('--')) {
      if (current === undefined)
        throw new OptionError({
          what: `"${word}" stands before every option`,
          where: 'congruity suite',
          hint: `options are ${Object.keys(shape)
            .map((key) => `--${key}`)
            .join(', ')}`,
        });
      current.push(word);
      continue;
    }
    const [, key = '', own] = /^--([^=]*)(?:=(.*))?$/s.exec(word)!;
    if (words.has(key))
      throw new OptionError({ what: `--${key} is there twice`, where: 'congruity suite', hint: 'give it once' });
    words.set(key, (current = own === undefined ? [] : [own]));
  }
  return Object.fromEntries(
    [...words].map(([key, given]) => {
      const all = meanings(given);
      const schema = Object.hasOwn(shape, key) ? shape[key] : undefined;
      const tried = all.map((value) => ({ value, issue: schema?.safeParse(value).error?.issues[0] }));
      // where none is taken, the message is to be about one that is of the right kind
      const isOfKind = ({ issue }: (typeof tried)[number]): boolean =>
        issue?.code !== 'invalid_type' || issue.path.length > 0;
      const best = tried.find(({ issue }) => issue === undefined) ?? tried.find(isOfKind) ?? tried[0]!;
      return [key, best.value];
    }),
  );
}
