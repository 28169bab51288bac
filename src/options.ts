/** Plain option objects: an unknown key, a missing or an impossible value is an OptionError that says what to write instead. An option that is undefined counts as not given, whatever it is called. */
import { closest, distance } from 'fastest-levenshtein';
import * as z from 'zod';
import { OptionError } from './errors.js';

/**
 * A schema for each option that an interface documents: `z.strictObject({ ... } satisfies ShapeOf<CompareOptions>)`. What an option is for, and its `@defaultValue`, stand
 * in the interface alone; editors, typedoc and the tables of the docs show that, and a test holds the defaults of the schema to it.
 */
export type ShapeOf<Options> = { readonly [Key in keyof Options]-?: z.ZodType<unknown, Options[Key]> };

/** The option that cancels work. An AbortSignal of any realm: Jest's tests have one of their own. */
export const signalSchema = z.custom<AbortSignal>((v) => typeof (v as AbortSignal | null)?.aborted === 'boolean', {
  error: 'signal must be an AbortSignal',
});

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

/** What is inside optionals, defaults and what is read-only. */
function opened(schema: unknown): unknown {
  let at = schema;
  while (
    at instanceof z.ZodOptional ||
    at instanceof z.ZodDefault ||
    at instanceof z.ZodNullable ||
    at instanceof z.ZodReadonly
  )
    at = at.unwrap();
  return at;
}

/** The object schema that `path` leads to inside `schema`, through optionals, defaults and arrays. */
function objectAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodObject | undefined {
  let at = opened(schema);
  for (const key of path) {
    if (at instanceof z.ZodArray) at = opened(at.element);
    else if (at instanceof z.ZodObject) at = opened(at.shape[String(key)]);
    else return undefined;
  }
  return at instanceof z.ZodObject ? at : undefined;
}

/** The innermost hint on the way to a value: what a schema's `meta` says helps where its value is wrong. */
function hintAt(schema: z.ZodType, path: readonly PropertyKey[]): string | undefined {
  for (let end = path.length; end > 0; end--) {
    const hint = objectAt(schema, path.slice(0, end - 1))?.shape[String(path[end - 1])]?.meta()?.['hint'];
    if (typeof hint === 'string') return hint;
  }
  return undefined;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same without unknown keys whose value is undefined. Copies only what it changes: other values may be known by their identity. */
function given(schema: unknown, value: unknown): unknown {
  const inside = opened(schema);
  if (inside instanceof z.ZodArray && Array.isArray(value)) return replaced(value, (one) => given(inside.element, one));
  if (inside instanceof z.ZodUnion) {
    const objects = inside.options.filter((one) => opened(one) instanceof z.ZodObject);
    return objects.reduce<unknown>((at, one) => given(one, at), value);
  }
  if (!isPlain(value)) return value;
  if (inside instanceof z.ZodRecord) return trimmed(value, () => inside.valueType, false);
  if (inside instanceof z.ZodObject)
    return trimmed(value, (key) => (Object.hasOwn(inside.shape, key) ? inside.shape[key] : undefined), true);
  return value;
}

function replaced(list: readonly unknown[], by: (one: unknown) => unknown): readonly unknown[] {
  const all = list.map(by);
  return all.some((one, i) => !Object.is(one, list[i])) ? all : list;
}

/** @param known false: any key may be there, and goes where it is undefined */
function trimmed(
  value: Record<string, unknown>,
  schemaOf: (key: string) => unknown,
  known: boolean,
): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const schema = schemaOf(key);
    if (value[key] === undefined) {
      if (known && schema !== undefined) continue;
      delete (copy ??= { ...value })[key];
    } else if (schema !== undefined) {
      const inside = given(schema, value[key]);
      if (!Object.is(inside, value[key])) (copy ??= { ...value })[key] = inside;
    }
  }
  return copy ?? value;
}

/** Options inside options of an object: `budget.draws`. */
function nestedIn(schema: z.ZodObject): string[] {
  return Object.entries(schema.shape).flatMap(([key, value]) => {
    const inside = opened(value);
    return inside instanceof z.ZodObject
      ? [...Object.keys(inside.shape), ...nestedIn(inside)].map((name) => `${key}.${name}`)
      : [];
  });
}

const last = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** Words of other libraries and of earlier versions that are not near to what the option is called here. */
const SAID_HERE: Readonly<Record<string, string>> = {
  require: 'threshold',
  words: 'description',
  beside: 'alsoReport',
  either: 'oneSideSuffices',
  todo: 'hint',
};

/** What to write instead of an unknown key: a known one beside it, or one of the same or a nearer name elsewhere: `draws` is `budget.draws`. */
function insteadOf(key: string, schema: z.ZodType, path: readonly PropertyKey[]): string {
  const here = objectAt(schema, path);
  const known = Object.keys(here?.shape ?? {});
  const said = Object.hasOwn(SAID_HERE, key) ? SAID_HERE[key]! : undefined;
  if (said !== undefined && known.includes(said)) return `did you mean "${said}"?`;
  const near = nearest(key, known);
  const apart = near === undefined ? Infinity : distance(key, near);
  const inner = here ? nestedIn(here) : [];
  const better = (one: string): boolean =>
    distance(key, last(one)) < apart && distance(key, last(one)) <= Math.max(1, key.length / 3);
  const [nested] = inner.filter(better).toSorted((a, b) => distance(key, last(a)) - distance(key, last(b)));
  if (nested !== undefined) return `did you mean "${nested}"?`;
  for (let up = path.length - 1; up >= 0; up--) {
    const outer = objectAt(schema, path.slice(0, up));
    if (outer && Object.hasOwn(outer.shape, key)) return `"${key}" belongs beside "${String(path[up])}", not into it`;
  }
  return suggest(key, known);
}

/** Of an option that may be one of several kinds of thing: what is wrong with the kind that was given, if zod has no words of its own for it. */
function inKind(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input' || issue.errors.length === 0) return issue;
  const kinds = issue.errors.map(([first]) => inKind(first!));
  // what is wrong farther inside is of the kind that was meant
  const [deepest] = kinds.toSorted((a, b) => b.path.length - a.path.length);
  const given = deepest!.path.length > 0 ? deepest : kinds.find(({ code }) => code !== 'invalid_type');
  if (given === undefined) return { ...issue, message: kinds.map(({ message }) => message).join('; or: ') };
  return { ...given, path: [...issue.path, ...given.path] };
}

/**
 * Checks options against a strict schema and fills in its defaults.
 * @param where what the options belong to, for the message: `options of toBeInterpretivelyEquivalent`
 * @throws OptionError
 */
export function checkOptions<S extends z.ZodType>(schema: S, options: z.input<S>, where: string): z.infer<S> {
  const result = schema.safeParse(given(schema, options));
  if (result.success) return result.data;
  // a misspelt key is the likelier cause of the missing one it leaves
  const issues = result.error.issues.map(inKind);
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  if (issue.code === 'unrecognized_keys')
    throw new OptionError({
      what: `unknown option "${issue.keys[0]}"`,
      where: pathOf(where, issue.path),
      hint: insteadOf(issue.keys[0]!, schema, issue.path),
    });
  const word = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], options);
  // where the schema has no words of its own
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid option') && !Array.isArray(word)) {
    const named = issue.path.findLast((key) => typeof key === 'string');
    const text =
      typeof word === 'string' ? JSON.stringify(word) : typeof word === 'object' ? 'an object' : String(word);
    const known = issue.values.map(String);
    throw new OptionError({
      what: `${text} is not among what ${named === undefined ? 'this' : String(named)} may be`,
      where: pathOf(where, issue.path),
      hint:
        hintAt(schema, issue.path) ??
        (typeof word === 'string' ? suggest(word, known) : `give one of ${known.join(', ')}`),
    });
  }
  throw new OptionError({
    what: issue.message,
    where: pathOf(where, issue.path),
    hint: hintAt(schema, issue.path) ?? 'give a value of the documented kind and range',
  });
}

/** Rejects a key that would silently do nothing. @throws OptionError */
export function checkKeys(options: object, known: readonly string[], where: string): void {
  for (const [key, value] of Object.entries(options))
    if (value !== undefined && !known.includes(key))
      throw new OptionError({ what: `unknown option "${key}"`, where, hint: suggest(key, known) });
}
