import * as fc from 'fast-check';

/** Gives a value its words, for people and for fast-check's reports. Not enumerable: two values with the same members are equal. */
export function printed<T extends object>(value: T, words: () => string): T & { toString(): string } {
  for (const key of ['toString', fc.toStringMethod])
    Object.defineProperty(value, key, { value: words, enumerable: false, configurable: true });
  return value;
}

/** An input as it reads: tokens as `[3, 5]`, anything else as fast-check prints it. */
export const inputInWords = (input: unknown): string =>
  Array.isArray(input) && input.every((one) => typeof one === 'number') ? `[${input.join(', ')}]` : fc.stringify(input);
