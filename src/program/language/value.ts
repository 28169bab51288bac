/** What stands at a position of a sequence. */

/** A text, a number, a truth value, or null for nothing: what a map gives where an argument is nothing. */
export type Value = string | number | boolean | null;

/** As code has it: `'a'`, `3`, `true`, `nothing`. */
export const valueInWords = (value: Value): string =>
  value === null ? 'nothing' : typeof value === 'string' ? `'${value}'` : String(value);

/** At most some of them, in words. */
export function valuesInWords(values: readonly Value[], most = 8): string {
  const shown = values.slice(0, most).map(valueInWords).join(', ');
  return values.length > most ? `${shown}, ... (${values.length} values)` : shown;
}

/** What a value is, in words: undefined for what is no value. */
export function typeOf(value: unknown): 'text' | 'number' | 'truth value' | 'nothing' | undefined {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'truth value';
  return typeof value === 'number' && Number.isFinite(value) ? 'number' : undefined;
}

/** 0 and -0 are one value. */
export const plainValue = (value: Value): Value => (value === 0 ? 0 : value);

/** A number as arithmetic takes it: truth values count as 0 and 1. */
export const asNumber = (value: Value): number => Number(value);

/** Numbers by size, texts by their characters, false before true; nothing is last. */
export function sorted(values: Iterable<Value>): Value[] {
  return [...values].toSorted((a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return a < b ? -1 : a > b ? 1 : 0;
  });
}

/**
 * For each number the value that it counts as: numbers that differ by less than a 10^-12th of the largest are one, the one that is shortest to write. So a sum in another order,
 * or 0.1 + 0.2 beside 0.3, makes no other value.
 */
export function merged(values: Iterable<Value>): ReadonlyMap<Value, Value> {
  const all = sorted(new Set(values));
  const numbers = all.filter((value): value is number => typeof value === 'number');
  const near = 1e-12 * Math.max(0, ...[numbers[0] ?? 0, numbers.at(-1) ?? 0].map(Math.abs));
  const into = new Map<Value, Value>(all.map((value) => [value, value]));
  for (let i = 0; i < numbers.length;) {
    let end = i + 1;
    while (end < numbers.length && numbers[end]! - numbers[end - 1]! <= near) end++;
    const group = numbers.slice(i, end);
    const one = group.reduce((best, x) => (String(x).length < String(best).length ? x : best));
    for (const x of group) into.set(x, one);
    i = end;
  }
  return into;
}

/** The value nearest to a number, of some in order. */
export function nearestValue(values: readonly Value[], x: number): Value {
  let best: Value = values[0]!;
  for (const value of values) if (Math.abs(asNumber(value) - x) < Math.abs(asNumber(best) - x)) best = value;
  return best;
}
