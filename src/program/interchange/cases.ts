/** Interchanges of some variables: all there are, or random ones. */
import type { Random } from '../../random.js';
import type { Value } from '../language/value.js';
import type { InputPool } from './inputs.js';
import type { Interchange } from './runner.js';

/** How many interchanges of so many variables there are, each with a source of its own. */
export function interchangeCount<T extends Value>({ byLength }: InputPool<T>, variables: number): number {
  let count = 0;
  for (const { length } of byLength.values()) count += length ** (variables + 1);
  return count;
}

/** Every interchange of these variables: every input with every source of its length for each of them, itself included. */
export function* everyInterchange<T extends Value>(
  { byLength }: InputPool<T>,
  variables: readonly string[],
): Generator<Interchange<T>> {
  for (const inputs of byLength.values())
    for (const base of inputs) {
      let some: Record<string, readonly T[]>[] = [{}];
      for (const name of variables)
        some = some.flatMap((sources) => inputs.map((source) => ({ ...sources, [name]: source })));
      for (const sources of some) yield { base, sources };
    }
}

/** A random interchange of these variables: the base any input, each source any of its length. */
export function drawInterchange<T extends Value>(
  pool: InputPool<T>,
  variables: readonly string[],
  random: Random,
): Interchange<T> {
  const base = pool.draw(random);
  return { base, sources: Object.fromEntries(variables.map((name) => [name, pool.draw(random, base.length)])) };
}

/** Variables of a random set of at least two: its size is any with equal chance, then its members. In the order of the list. */
export function drawSet(names: readonly string[], random: Random): string[] {
  const size = 2 + random.below(names.length - 1);
  return [...random.subset(names.length, size)].map((at) => names[at]!);
}
