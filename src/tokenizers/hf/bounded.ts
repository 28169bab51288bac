/**
 * Work on a text that may take very long ends all the same: patterns, replacements and vocabularies come from a file. V8 can stop a regular expression only from
 * outside, which node:vm does; that costs a thread, so that what is known to be short runs without.
 */
import { createContext, Script, type Context } from 'node:vm';
import { InputError } from '../../errors.js';

/** Steps that are over in about a second. */
const fewSteps = 1e8;
/** A text up to this long is short for all that is not a pattern. */
const fewCharacters = 2000;
const seconds = 10;
const secondsPerCharacter = 50e-6;

const script = new Script('work()');
let box: { work: (() => unknown) | undefined } | undefined;
let context: Context | undefined;
let watched = false;

/**
 * @param length of the text
 * @param steps the most that the work may take; by default it is judged by the length
 * @throws InputError where it takes longer than 10 seconds and 50 microseconds a character
 */
export function inTime<T>(length: number, work: () => T, steps?: number): T {
  if (watched || (steps === undefined ? length <= fewCharacters : steps <= fewSteps)) return work();
  const limit = seconds + secondsPerCharacter * length;
  box ??= { work: undefined };
  context ??= createContext(box);
  box.work = work;
  watched = true;
  try {
    return script.runInContext(context, { timeout: Math.ceil(1000 * limit) }) as T;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause;
    throw new InputError({
      what: `the tokenizer took longer than ${Math.round(limit)} seconds on a text of ${length} characters, and was stopped`,
      where: 'text',
      hint: 'give shorter texts; if they are short, the tokenizer’s file has a pattern that takes very long: give another tokenizer',
      cause,
    });
  } finally {
    watched = false;
    box.work = undefined;
  }
}

/** How long a text may become, in any of the steps, for its own length: one character may stand for 18 in a normal form. */
const growth = 20;
const alwaysAllowed = 1000;

/** Checks after every step how long the text has become. */
export class Lengths {
  private most = 100 * alwaysAllowed;

  /** From here on, a text of this length. */
  begin(length: number): void {
    this.most = growth * length + alwaysAllowed;
  }

  check(length: number): void {
    if (length > this.most) {
      throw new InputError({
        what: `the tokenizer makes the text longer than ${this.most} characters, ${growth} times as long as it is`,
        where: 'text',
        hint: 'its file replaces text by much more of it: give another tokenizer',
      });
    }
  }

  checkAll(pieces: readonly string[]): void {
    this.check(pieces.reduce((sum, piece) => sum + piece.length, 0));
  }

  /** replaceAll that stops before it makes too much. */
  replace(text: string, pattern: RegExp, by: string): string {
    let length = text.length;
    return text.replaceAll(pattern, (match) => {
      this.check((length += by.length - match.length));
      return by;
    });
  }
}
