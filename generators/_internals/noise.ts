/** How much noise the variables of a program bear. */
import { CompilationError } from '../../src/errors.js';
import { composed } from '../../src/program/composed.js';
import type { Variation } from '../../src/program/compiler/layout.js';
import type { Value } from '../../src/program/language/value.js';
import type { Program } from '../../src/program/program.js';

/** Whether float32 computes a variation exactly. What does not change how exact anything is always does. */
export function possible<T extends Value, O extends Value>(program: Program<T, O>, variation: Variation): boolean {
  const { encodings = {}, noise } = variation;
  if (noise === undefined && Object.keys(encodings).length === 0) return true;
  try {
    composed(program, variation);
    return true;
  } catch (error) {
    if (error instanceof CompilationError) return false;
    throw error;
  }
}

/** Halvings of the largest noise that are tried, in steps of two: what a variable bears less than that of is not worth it. */
const HALVINGS = 14;

/** For each variable the largest noise, of those tried, that it bears beside that of the others. Those that come late bear most, and are asked first. */
export function noiseBounds<T extends Value, O extends Value>(
  program: Program<T, O>,
  most: number,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { name } of program.variables.toReversed()) {
    let size = most;
    for (let halvings = 0; halvings < HALVINGS; halvings += 2) {
      if (possible(program, { noise: { seed: 0, sizes: { ...Object.fromEntries(found), [name]: size } } })) break;
      size = halvings + 2 < HALVINGS ? size / 4 : 0;
    }
    found.set(name, size);
  }
  return found;
}
