/** Where the largest of some numbers is. */

/**
 * The first of equal ones.
 * @param from where the numbers begin
 * @param count how many there are. Default: all that follow
 * @returns its place, counted from `from`
 */
export function argmax(values: ArrayLike<number>, from = 0, count = values.length - from): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[from + i]! > values[from + best]!) best = i;
  return best;
}

/** The same, but undefined where one of them is NaN: then none is the largest. */
export function argmaxIfNumbers(values: ArrayLike<number>, from = 0, count = values.length - from): number | undefined {
  for (let i = from; i < from + count; i++) if (Number.isNaN(values[i]!)) return undefined;
  return argmax(values, from, count);
}
