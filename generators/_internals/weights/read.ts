/** Plain data from what a person may have pasted. */
import { OptionError } from '../../../src/errors.js';

/** @throws OptionError where a text is not JSON */
export function readPlain<T>(from: T | string, where: string): T {
  if (typeof from !== 'string') return from;
  try {
    return JSON.parse(from) as T;
  } catch (cause) {
    throw new OptionError({
      what: 'this is no JSON',
      where,
      hint: 'paste the line of JSON that the value printed',
      cause,
    });
  }
}

/** What a check says; data that it cannot even look at is malformed. */
export function checked(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    if (error instanceof TypeError) return 'it is malformed: something it consists of is missing';
    throw error;
  }
}
