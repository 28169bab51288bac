/** What a program gives on an input: the reference that compiled and trained models are held against. */
import { asNumber, nearestValue, type Value } from './language/value.js';
import { ProgramError } from '../errors.js';
import { distinctByPosition } from './language/domain.js';
import type { Op, SelectorOp } from './language/op.js';

type Row = readonly Value[];

type Selects = (query: number, key: number) => boolean;

/** Whether a query selects a key. */
function selecting(selector: SelectorOp, values: ReadonlyMap<Op, Row>): Selects {
  if (selector.kind === 'all') return () => true;
  if (selector.kind === 'select') {
    const { keys, queries, matrix } = selector;
    const width = keys.values.length;
    const columns = values.get(keys)!.map((value) => keys.indexOf.get(value)!);
    const rows = values.get(queries)!.map((value) => queries.indexOf.get(value)! * width);
    return (query, key) => matrix[rows[query]! + columns[key]!] === 1;
  }
  const of = selector.of.map((one) => selecting(one, values));
  if (selector.kind === 'not') return (query, key) => !of[0]!(query, key);
  return selector.kind === 'and'
    ? (query, key) => of.every((each) => each(query, key))
    : (query, key) => of.some((each) => each(query, key));
}

/** For each query, the values of `own` at the keys that it selects. */
const selectedOf = (own: Row, selector: SelectorOp, causal: boolean, values: ReadonlyMap<Op, Row>): Value[][] => {
  const selects = selecting(selector, values);
  return own.map((_, query) =>
    own.slice(0, causal ? query + 1 : undefined).filter((_value, key) => selects(query, key)),
  );
};

/** One selected group of values. */
function together(op: Op, group: Row): Value {
  if (op.kind === 'width') return group.length;
  if (op.kind === 'mean') {
    const sum = group.reduce<number>((total, value) => total + asNumber(value), 0);
    return nearestValue(op.values, group.length === 0 ? asNumber(op.otherwise!) : sum / group.length);
  }
  return group.length > 0 && group.every((value) => value === group[0]) ? group[0]! : op.otherwise!;
}

function computed(op: Op, input: Row, causal: boolean, values: ReadonlyMap<Op, Row>): Row {
  const n = input.length;
  switch (op.kind) {
    case 'tokens':
      return input;
    case 'indices':
      return input.map((_, i) => i);
    case 'length':
      return input.map(() => n);
    case 'constant':
      return input.map(() => op.values[0]!);
    case 'map':
    case 'linear':
      return input.map(
        (_, i) =>
          op.values[
            op.table![op.args.reduce((at, arg) => at * arg.values.length + arg.indexOf.get(values.get(arg)![i]!)!, 0)]!
          ]!,
      );
    default: {
      const own = op.kind === 'width' ? input : values.get(op.args[0]!)!;
      return selectedOf(own, op.selector!, causal, values).map((group) => together(op, group));
    }
  }
}

/** Aggregates that have no value at some position of a run, since nothing is selected there or several values are: `3 none`, `3 several`, by their number. */
export function fallbacks(ops: readonly Op[], causal: boolean, values: ReadonlyMap<Op, Row>): string[] {
  return ops.flatMap((op, i) => {
    if (op.kind !== 'aggregate') return [];
    const own = values.get(op.args[0]!)!;
    const kinds = selectedOf(own, op.selector!, causal, values).map((group) => {
      const different = new Set(group).size;
      return different === 0 ? `${i} none` : different > 1 ? `${i} several` : undefined;
    });
    return [...new Set(kinds)].filter((one) => one !== undefined);
  });
}

/**
 * Every sequence of a program on one input.
 * @param ops each after what it reads
 * @param set values in the place of those that would be computed; undefined at a position leaves that one
 */
export function evaluate(
  ops: readonly Op[],
  input: Row,
  causal: boolean,
  set: ReadonlyMap<Op, readonly (Value | undefined)[]>,
): Map<Op, Row> {
  const values = new Map<Op, Row>();
  for (const op of ops) {
    const given = set.get(op);
    const row = given?.every((value) => value !== undefined) ? input : computed(op, input, causal, values);
    const whole = given ? row.map((value, i) => (given[i] === undefined ? value : given[i])) : row;
    // what is selected by where it stands is selected once: widths and aggregates count on that
    if (given && distinctByPosition(op) && new Set(whole).size < whole.length)
      throw new ProgramError({
        what: `${op.name!} says where a position is, and is set to be the same at two of them`,
        where: `set.${op.name!}`,
        hint: 'give each position another value',
      });
    values.set(op, whole);
  }
  return values;
}
