/**
 * Text from users, models and files made harmless for whoever prints it: the one place for messages, terminals and reports.
 * A terminal obeys escape codes, a reader is misled by characters that show nothing or turn the direction of writing, and a CI takes
 * `::error::` at the start of a line and `##[error]` or `##vso[` anywhere for commands.
 */

/** Control and format characters, and others that show nothing. Tabs and line ends are not among them; a lone surrogate is. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu;
/** Joiners and variation selectors are part of what they follow: of a letter in Persian or Hindi, of an emoji. */
const JOINED = /^(?:\u200c|\u200d|\ufe0e|\ufe0f)$/;
const JOINING = /[\p{L}\p{M}\p{Extended_Pictographic}\u{1f3fb}-\u{1f3ff}]$/u;

const apart = (run: string): string => Array.from(run).join(' ');

/** Within a line. Colons are parted at the start of every word, because word wrap can begin a line with any; a space is not skipped by any CI, as a character of no width may be. */
function harmless(text: string): string {
  return text
    .replace(UNSEEN, (one, at: number) =>
      one === '\t' || one === '\n' || (JOINED.test(one) && JOINING.test(text.slice(Math.max(0, at - 2), at)))
        ? one
        : '\ufffd',
    )
    .replace(/(?<!\S)::+/g, apart)
    .replace(/##+(?=[\w.-]*\[)/g, apart)
    .replace(/section_(?:start|end)(?=:)/g, '$& ');
}

/** One line that cannot move the cursor, colour the terminal, break in two, or speak to a CI. */
export const oneLine = (text: string): string => harmless(text.replace(/[\r\n\t\v\f\u0085\u2028\u2029]+/g, ' '));

/** The same for a text of several lines, which stay. */
export const plainText = (text: string): string =>
  harmless(text.replace(/\r\n/g, '\n').replace(/[\r\v\f\u0085\u2028\u2029]/g, ' '));

/** Every text in a value made of objects and arrays, each as one line; the rest as it is. */
export function plainLines<T>(value: T): T {
  if (typeof value === 'string') return oneLine(value) as T;
  if (Array.isArray(value)) return value.map(plainLines) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainLines<unknown>(inner)])) as T;
}

/** JSON text with the same data, in which what is not harmless is escaped. */
export const plainJson = (json: string): string =>
  json
    .replace(UNSEEN, (one) =>
      one === '\n'
        ? one
        : Array.from({ length: one.length }, (_, i) => `\\u${one.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
            '',
          ),
    )
    .replace(/##(?=[#\w.-]*\[)/g, '#\\u0023')
    .replace(/section_(?=(?:start|end):)/g, 'section\\u005f');

/** Makes the words of an error, and of what caused it, ones that Jest and Node can print. In place, so that it stays the error it is: its class, its code, and who holds it. */
export function printable(error: unknown, seen = new Set<unknown>()): unknown {
  if (typeof error === 'string') return plainText(error);
  // not `instanceof`: in Jest's sandbox Node's own errors are of another realm
  if (typeof error !== 'object' || error === null || seen.has(error)) return error;
  seen.add(error);
  const held = error as Record<string, unknown>;
  const put = (name: string, value: unknown): void => {
    if (value !== held[name]) Reflect.defineProperty(error, name, { value, configurable: true, writable: true });
  };
  // the stack begins with the message as it was when the error was made
  for (const name of ['stack', 'message']) if (typeof held[name] === 'string') put(name, plainText(held[name]));
  if (held['cause'] !== undefined) put('cause', printable(held['cause'], seen));
  if (Array.isArray(held['errors'])) held['errors'].forEach((one) => printable(one, seen));
  return error;
}
