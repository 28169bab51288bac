/** Plain option objects: an unknown key, a missing or an impossible value is an OptionError that says what to write instead. */
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { OptionError } from './errors.js';

/** The known word nearest to `word`, for messages; undefined where there is none to offer. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return known.length === 0 ? undefined : closest(word, known as string[]);
}

/** `did you mean "x"?`, with all that is known where that is short. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near === undefined) return 'nothing is known by any name here';
  const all = known.length <= 12 ? ` (known: ${known.join(', ')})` : '';
  return `did you mean "${near}"?${all}`;
}

const pathOf = (where: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>((at, key) => (typeof key === 'number' ? `${at}[${key}]` : `${at}.${String(key)}`), where);

/** The object schema that `path` leads to inside `schema`, through optionals, defaults and arrays. */
function objectAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodObject | undefined {
  let at: unknown = schema;
  const open = (): void => {
    while (at instanceof z.ZodOptional || at instanceof z.ZodDefault || at instanceof z.ZodNullable) at = at.unwrap();
  };
  for (const key of path) {
    open();
    if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodObject) at = at.shape[String(key)];
    else return undefined;
  }
  open();
  return at instanceof z.ZodObject ? at : undefined;
}

/**
 * Checks options against a strict schema and fills in its defaults.
 * @param where what the options belong to, for the message: `options of toBeInterpretivelyEquivalent`
 * @throws OptionError
 */
export function checkOptions<S extends z.ZodType>(schema: S, given: unknown, where: string): z.infer<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  // a misspelt key is the likelier cause of the missing one it leaves
  const issue = result.error.issues.find(({ code }) => code === 'unrecognized_keys') ?? result.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(objectAt(schema, issue.path)?.shape ?? {});
    throw new OptionError({
      what: `unknown option "${issue.keys[0]}"`,
      where: pathOf(where, issue.path),
      todo: suggest(issue.keys[0]!, known),
    });
  }
  throw new OptionError({ what: issue.message, where: pathOf(where, issue.path), todo: 'give a value of the documented kind and range' });
}

/** Rejects a key that would silently do nothing. @throws OptionError */
export function checkKeys(options: object, known: readonly string[], where: string): void {
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw new OptionError({ what: `unknown option "${key}"`, where, todo: suggest(key, known) });
}
