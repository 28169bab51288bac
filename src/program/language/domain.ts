/** Which values an operation can have: found when it is written, from those of what it reads. */
import { ProgramError } from '../../errors.js';
import type { Draft, Op, SelectorOp } from './op.js';
import { pointing } from './print.js';
import { asNumber, merged, plainValue, sorted, typeOf, valueInWords, valuesInWords, type Value } from './value.js';

/** Combinations of arguments that a function may be tried on. */
const COMBINATIONS = 1_000_000;
/** Values that one sequence may have. */
const VALUES = 10_000;

/** An operation with these values. */
export function withValues(draft: Draft, values: readonly Value[], owner: object): Op {
  if (values.length > VALUES)
    throw new ProgramError({
      what: `it may have ${values.length} values, and ${VALUES} are the most`,
      where: pointing(draft),
      hint: 'lower maxLength, or map what it reads to fewer values first',
    });
  const types = new Set(values.filter((value) => value !== null).map(typeOf));
  if (types.size > 1)
    throw new ProgramError({
      what: `it gives values of several types: ${valuesInWords(values)}`,
      where: pointing(draft),
      hint: 'give values of one type; null, for nothing, goes with each',
    });
  return Object.assign(draft, { values, indexOf: new Map(values.map((value, i) => [value, i])), owner });
}

/** How many combinations of values these have. @throws ProgramError where they are too many to try */
function combinationsOf(args: readonly Op[], draft: Draft): number {
  const count = args.reduce((product, { values }) => product * values.length, 1);
  if (count > COMBINATIONS)
    throw new ProgramError({
      what: `its arguments have ${count} combinations of values, and ${COMBINATIONS} are the most: ${args.map((arg) => arg.values.length).join(' x ')}`,
      where: pointing(draft),
      hint: 'map the arguments to fewer values first, or lower maxLength',
    });
  return count;
}

/** Calls with every combination of values, the last argument's changing fastest. */
function eachCombination(
  lists: readonly (readonly Value[])[],
  visit: (values: readonly Value[], at: number) => void,
): void {
  const at = lists.map(() => 0);
  const values = lists.map((list) => list[0]!);
  const count = lists.reduce((product, list) => product * list.length, 1);
  for (let i = 0; i < count; i++) {
    visit(values, i);
    for (let axis = lists.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis]! + 1) % lists[axis]!.length;
      values[axis] = lists[axis]![at[axis]!]!;
      if (at[axis] !== 0) break;
    }
  }
}

const called = (values: readonly Value[]): string => `(${values.map(valueInWords).join(', ')})`;

/**
 * A map: the function tried on every combination of its arguments' values, and remembered. Where an argument is nothing, it is not asked.
 * @throws ProgramError where it fails, or gives what is no value
 */
export function mapped(draft: Draft, f: (...values: never[]) => unknown, owner: object, ofNothing = false): Op {
  const count = combinationsOf(draft.args, draft);
  const results: Value[] = Array.from({ length: count });
  eachCombination(
    draft.args.map(({ values }) => values),
    (values, i) => {
      if (!ofNothing && values.includes(null)) {
        results[i] = null;
        return;
      }
      let result: unknown;
      try {
        result = f(...(values as never[]));
      } catch (cause) {
        throw new ProgramError({
          what: `the function fails at ${called(values)}: ${cause instanceof Error ? cause.message : String(cause)}`,
          where: pointing(draft),
          hint: 'let it give a value for all of them, null where there is none: it is tried on every combination that its arguments could have',
          cause,
        });
      }
      if (typeOf(result) === undefined)
        throw new ProgramError({
          what: `the function gives ${typeof result === 'number' ? String(result) : typeof result} at ${called(values)}`,
          where: pointing(draft),
          hint: 'let it give a text, a finite number, true, false, or null for nothing',
        });
      results[i] = plainValue(result as Value);
    },
  );
  const into = merged(results);
  const op = withValues(draft, sorted(new Set(into.values())), owner);
  return Object.assign(op, { table: Int32Array.from(results, (value) => op.indexOf.get(into.get(value)!)!) });
}

/** @throws ProgramError where what a mean or a sum is taken of is not all numbers or truth values */
export function checkNumbers(args: readonly Op[], draft: Draft): void {
  for (const arg of args) {
    const wrong = arg.values.find((value) => typeof value !== 'number' && typeof value !== 'boolean');
    if (wrong !== undefined)
      throw new ProgramError({
        what: `${draft.kind} is taken of numbers, and ${wrong === null ? 'nothing' : `the text ${valueInWords(wrong)}`} may be among them`,
        where: pointing(draft, arg),
        hint:
          wrong === null
            ? 'say what stands for nothing: orElse(sequence, 0)'
            : 'map the texts to numbers first, or aggregate them',
      });
  }
}

/**
 * Every mean of one to `widest` of the values.
 * @throws ProgramError where they are too many
 */
export function meansOf(draft: Draft, values: readonly Value[], widest: number, otherwise: Value | undefined): Value[] {
  const numbers = [...new Set(values.map(asNumber))].toSorted((a, b) => a - b);
  // sums by how many values they are of
  const sums = Array.from({ length: widest + 1 }, (_, count) => new Set<number>(count === 0 ? [0] : []));
  let found = 0;
  for (const number of numbers)
    for (let count = widest; count >= 0; count--)
      for (const before of sums[count]!) {
        let sum = before;
        for (let more = count + 1; more <= widest; more++) {
          sum += number;
          const there = sums[more]!;
          found -= there.size;
          found += there.add(sum).size;
        }
        if (found > 4 * VALUES)
          throw new ProgramError({
            what: `the mean of ${numbers.length} different numbers at up to ${widest} positions has more than ${VALUES} values`,
            where: pointing(draft, draft.args[0]),
            hint: 'take the mean of fewer different numbers, or lower maxLength',
          });
      }
  const means = sums.flatMap((some, count) => (count === 0 ? [] : [...some].map((sum) => plainValue(sum / count))));
  return sorted(new Set(merged([...means, ...(otherwise === undefined ? [] : [otherwise])]).values()));
}

/** True where each query value selects one key value at most, and no two positions have the same key. */
function singles(selector: SelectorOp): boolean {
  if (selector.kind === 'and') return selector.of.some(singles);
  if (selector.kind !== 'select' || !distinctByPosition(selector.keys)) return false;
  const width = selector.keys.values.length;
  return selector.queries.values.every(
    (_, q) => selector.matrix.subarray(q * width, (q + 1) * width).reduce((sum, one) => sum + one, 0) <= 1,
  );
}

/** A sequence whose value says at which position it stands. */
export const distinctByPosition = ({ kind, args, table, values }: Op): boolean =>
  kind === 'indices' ||
  (kind === 'map' && args.length === 1 && table!.length === values.length && distinctByPosition(args[0]!));

/** The fewest and the most positions that a selector can select at once. */
export function widthsOf(selector: SelectorOp, maxLength: number): readonly [fewest: number, most: number] {
  if (selector.kind === 'all') return [1, maxLength];
  if (selector.kind === 'select' && selector.matrix.every((one) => one === 1)) return [1, maxLength];
  if (selector.kind === 'select' && selector.matrix.every((one) => one === 0)) return [0, 0];
  return [0, singles(selector) ? 1 : maxLength];
}
