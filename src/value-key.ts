/** Values as texts that are equal exactly where the values are: what repeats is found by these. */
import { createHash } from 'node:crypto';

/** Longer lists of numbers and longer texts stand as their digest. */
const LONGEST = 64;

const digest = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('base64');

/** Numbers in a list or a typed array of any kind: 0 and -0 are one value, and so is every NaN. */
export function numbersKey(list: ArrayLike<number | bigint>): string {
  if (list.length <= LONGEST) return `[${Array.prototype.join.call(list, ',')}]`;
  const values = new Float64Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const given = list[i]!;
    const value = Number(given);
    // integers beyond 2^53 are not all numbers
    if (typeof given === 'bigint' && BigInt(value) !== given)
      return `[${list.length} ${digest(Array.prototype.join.call(list, ','))}]`;
    // a NaN may come with any bits
    values[i] = Number.isNaN(value) ? NaN : value + 0;
  }
  return `[${list.length} ${digest(new Uint8Array(values.buffer))}]`;
}

function isNumbers(list: ArrayLike<unknown>): list is ArrayLike<number> {
  // by index: `every` passes over holes
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== 'number') return false;
  return true;
}

function textKey(text: string): string {
  return text.length <= LONGEST ? JSON.stringify(text) : `~${text.length} ${digest(text)}`;
}

/**
 * A text that is equal for equal values: numbers (0 and -0 alike), strings, lists and typed arrays alike, objects by their sorted keys, instances of classes by
 * what their `toJSON` gives.
 * @param other what stands for a value that cannot be looked into: a function, a symbol, an instance of another class, an object within itself
 */
export function valueKey(value: unknown, other: (value: unknown) => string): string {
  // most inputs are, and there may be a million
  if (Array.isArray(value) && isNumbers(value)) return numbersKey(value);
  const outer: unknown[] = [];
  const keyOf = (one: unknown): string => {
    // -0 reads "0"
    if (typeof one === 'number') return `${one}`;
    if (typeof one === 'bigint') return `${one}n`;
    if (typeof one === 'string') return textKey(one);
    if (typeof one === 'function' || typeof one === 'symbol') return other(one);
    if (typeof one !== 'object' || one === null) return String(one);
    if (outer.includes(one)) return other(one);
    outer.push(one);
    try {
      return inside(one);
    } finally {
      outer.pop();
    }
  };
  const inside = (one: object): string => {
    if (ArrayBuffer.isView(one) && 'length' in one) return numbersKey(one as unknown as ArrayLike<number>);
    if (Array.isArray(one)) return isNumbers(one) ? numbersKey(one) : `[${Array.from(one, keyOf).join()}]`;
    const prototype: unknown = Object.getPrototypeOf(one);
    // an object literal of any realm
    if (prototype === null || Object.getPrototypeOf(prototype) === null)
      return `{${Object.keys(one)
        .toSorted()
        .map((key) => `${JSON.stringify(key)}:${keyOf((one as Record<string, unknown>)[key])}`)
        .join()}}`;
    const { toJSON } = one as { toJSON?: unknown };
    return typeof toJSON === 'function'
      ? `${(one.constructor as { name?: string } | undefined)?.name ?? ''}${keyOf(toJSON.call(one))}`
      : other(one);
  };
  return keyOf(value);
}
