/** Arguments as they are typed, checked. */
import { OptionError } from '../src/errors.js';
import { suggest } from '../src/options.js';
import { backendNames, type BackendName } from '../src/tensor/backend-names.js';

/** A shell variable that is not set leaves an empty text, which is nobody's folder. @throws OptionError */
export function notEmpty(text: string | undefined, what: string, example: string): void {
  if (text?.trim() === '')
    throw new OptionError({
      what: `${what} is empty`,
      where: what,
      hint: `name one, as in ${example}, or leave it out`,
    });
}

/** @throws OptionError */
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

/** @throws OptionError */
export function checkBackend(name: string | undefined): asserts name is BackendName | undefined {
  if (name !== undefined && !(backendNames as readonly string[]).includes(name))
    throw new OptionError({
      what: `there is no backend "${name}"`,
      where: '--backend',
      hint: suggest(name, backendNames),
    });
}
