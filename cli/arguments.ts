/** Checks of what is typed. */
import { OptionError } from '../src/errors.js';

/** A shell variable that is not set leaves an empty text, which is nobody's folder. @throws OptionError */
export function notEmpty(text: string | undefined, what: string, example: string): void {
  if (text?.trim() === '')
    throw new OptionError({
      what: `${what} is empty`,
      where: what,
      hint: `name one, as in ${example}, or leave it out`,
    });
}

/** @throws OptionError for what is no integer, or a smaller one */
export function integer(text: string | undefined, option: string, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw new OptionError({
      what: `${option} is "${text}", not an integer${least > 0 ? ` of at least ${least}` : ''}`,
      where: option,
      hint: `give a number, as in ${option} ${Math.max(least, 1)}`,
    });
  return value;
}
