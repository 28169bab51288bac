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
