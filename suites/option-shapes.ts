/** Options of suites, with messages that say what is needed and hints that give an example. */
import * as z from 'zod';
import { plural } from '../src/format.js';

type Given = { readonly input?: unknown };

/** What was given, as a message says it. */
function inWords({ input }: Given): string {
  if (input === true) return 'no value was given';
  return `${JSON.stringify(input) ?? String(input)} was given`;
}

/** For the hint of an option: as it is typed, and as a test file has it. */
export const example = (key: string, value: string | number | readonly string[]): { readonly hint: string } => ({
  hint: `for example --${key} ${[value].flat().join(' ')} (in a test file ${key}: ${JSON.stringify(value)})`,
});

/** A whole number in a range. */
export function wholeNumber(least: number, most: number): z.ZodInt {
  const error = (issue: Given): string => `a whole number from ${least} to ${most} is needed, and ${inWords(issue)}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** What everything random follows from. */
export const seedOption = z
  .int({ error: (issue) => `a whole number is needed, and ${inWords(issue)}` })
  .default(0)
  .meta(example('seed', 1));

/** Something that is so or not. */
export const flag = z.boolean({ error: (issue) => `it takes no value, and ${inWords(issue)}` });

/** One path or name. @param what that it is of */
export function onePath(what: string): z.ZodString {
  const error = (issue: Given): string =>
    `the path of ${what} is needed, and ${Array.isArray(issue.input) ? `${issue.input.length} were given` : issue.input === '' ? 'it is empty' : inWords(issue)}`;
  return z.string({ error }).regex(/\S/, { error });
}

/** Several, at least some number of them. @param what the plural of what they are of */
export function paths(what: string, least: number): z.ZodReadonly<z.ZodArray<z.ZodString>> {
  const error = ({ input }: Given): string =>
    `${least === 0 ? 'paths' : `${least} or more paths`} of ${what} are needed, and ${
      Array.isArray(input) ? plural(input.length, 'was', 'were') : inWords({ input })
    }${Array.isArray(input) ? ' given' : ''}`;
  const empty = 'one of the paths is empty';
  return z
    .array(z.string({ error: 'one of the paths is no text' }).regex(/\S/, { error: empty }), { error })
    .min(least, { error })
    .readonly();
}
