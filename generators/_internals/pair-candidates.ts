/** Which inputs differ from a base in one position or one slot. */
import * as fc from 'fast-check';
import { isTokens, sameInput, shapeKey } from '../../src/model/input.js';
import type { Encoder } from '../../src/task/encode.js';
import type { Task } from '../../src/task/task.js';
import { differences, encodeOne, exampleOf, type Example } from './pool.js';
import { arbitraryOf } from './arbitrary-of.js';
import { isTemplated } from '../template.js';
import type { Candidates } from './example-pair.js';

/** Words of an input with slots. */
export const slotsOf = (input: unknown): Readonly<Record<string, string>> | undefined =>
  isTemplated(input) ? input.slots : undefined;
const once = <I>(all: readonly Example<I>[]): Example<I>[] => {
  const known = new Set<string>();
  return all.filter(({ input }) => {
    const key = fc.stringify(input);
    return !known.has(key) && known.add(key).size > 0;
  });
};

/** Sources that differ in one position: those there are, and, where the task's arbitrary tells its own values, those that another token makes. */
export function byPosition<I>(
  task: Task<I>,
  base: Example<I>,
  position: number | undefined,
  pool: readonly Example<I>[],
  others: Candidates<I>,
): Example<I>[] {
  const length = isTokens(base.encoded) ? base.encoded.length : undefined;
  const wanted = position === undefined || length === undefined || position >= 0 ? position : length + position;
  const found = others(base).filter(({ encoded }) => {
    const at = differences(encoded, base.encoded, 2);
    return at.length === 1 && (wanted === undefined || at[0] === wanted);
  });
  const arbitrary = arbitraryOf(task);
  const tokens = base.encoded;
  // samples seldom differ in one token only
  if (task.size !== undefined || !arbitrary || !isTokens(tokens) || (base.input as unknown) !== tokens) return found;
  const vocabulary = [...new Set(pool.flatMap(({ encoded }) => (isTokens(encoded) ? encoded : [])))].toSorted(
    (a, b) => a - b,
  );
  const places =
    wanted === undefined ? tokens.map((_, at) => at) : wanted >= 0 && wanted < tokens.length ? [wanted] : [];
  for (const at of places)
    for (const token of vocabulary) {
      const other = tokens.with(at, token);
      if (token !== tokens[at] && arbitrary.canShrinkWithoutContext(other)) found.push(exampleOf(other as I, other));
    }
  return once(found);
}

/** Sources that differ in one slot: every word that may stand there. */
export function bySlot<I>(
  task: Task<I>,
  base: Example<I>,
  slot: string | undefined,
  model: Encoder,
  others: Candidates<I>,
): Example<I>[] {
  const { input } = base;
  if (!isTemplated(input)) return [];
  if (task.size !== undefined)
    return others(base).filter(({ input: other }) => {
      const slots = slotsOf(other);
      const different = Object.keys(input.slots).filter((name) => slots?.[name] !== input.slots[name]);
      return different.length === 1 && (slot === undefined || different[0] === slot);
    });
  const names = slot === undefined ? Object.keys(input.slots) : [slot];
  return names
    .flatMap((name) => input.variants(name))
    .map((other) => exampleOf(other as I, encodeOne(task, other as I, model)))
    .filter(({ encoded }) => shapeKey(encoded) === shapeKey(base.encoded) && !sameInput(encoded, base.encoded));
}
