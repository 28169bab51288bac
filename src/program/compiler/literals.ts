/** A selector as attention can compute it: several predicates that must all hold, each of one key and one query variable. */
import { CompilationError } from '../../errors.js';
import type { Op, SelectorOp } from '../language/op.js';
import { selectorExpression } from '../language/print.js';

/** A predicate of some keys' values together and some queries' together. */
export interface Literal {
  readonly keys: readonly Op[];
  readonly queries: readonly Op[];
  /** the class of each combination of the keys' values, row-major; those of one class are selected by the same queries. -1: by none */
  readonly keyClass: Int32Array;
  readonly queryClass: Int32Array;
  readonly keyClasses: number;
  readonly queryClasses: number;
  /** 1 where it holds, [query classes, key classes] */
  readonly matrix: Uint8Array;
}

/** Entries of a predicate's matrix. */
const ENTRIES = 1_000_000;

interface Predicate {
  readonly keys: readonly Op[];
  readonly queries: readonly Op[];
  /** [combinations of queries, combinations of keys] */
  readonly matrix: Uint8Array;
}

const countOf = (ops: readonly Op[]): number => ops.reduce((product, { values }) => product * values.length, 1);

/** For each combination of `all`, row-major, the number of the combination of `some`, which are among them. */
function projected(all: readonly Op[], some: readonly Op[]): Int32Array {
  let at: number[] = [0];
  const strides = new Map<Op, number>();
  let stride = 1;
  for (const op of some.toReversed()) {
    strides.set(op, stride);
    stride *= op.values.length;
  }
  for (const op of all) {
    const step = strides.get(op) ?? 0;
    at = at.flatMap((base) => op.values.map((_, i) => base + i * step));
  }
  return Int32Array.from(at);
}

function joined(kind: 'and' | 'or', parts: readonly Predicate[], selector: SelectorOp): Predicate {
  const keys = [...new Set(parts.flatMap((part) => part.keys))];
  const queries = [...new Set(parts.flatMap((part) => part.queries))];
  const [width, height] = [countOf(keys), countOf(queries)];
  if (width * height > ENTRIES)
    throw new CompilationError({
      what: `its parts read ${keys.length + queries.length} variables, which have ${width} combinations of key values and ${height} of query values together`,
      where: selectorExpression(selector),
      hint: 'map what its parts read to fewer values first, or lower maxLength',
    });
  const matrix = new Uint8Array(width * height).fill(Number(kind === 'and'));
  for (const part of parts) {
    const [k, q] = [projected(keys, part.keys), projected(queries, part.queries)];
    const own = countOf(part.keys);
    for (let query = 0; query < height; query++)
      for (let key = 0; key < width; key++) {
        const holds = part.matrix[q[query]! * own + k[key]!]!;
        const at = query * width + key;
        matrix[at] = kind === 'and' ? matrix[at]! & holds : matrix[at]! | holds;
      }
  }
  return { keys, queries, matrix };
}

const same = (a: readonly Op[], b: readonly Op[]): boolean => a.length === b.length && a.every((op) => b.includes(op));

/** Predicates that must all hold: those of the same variables in one. */
function gathered(all: readonly Predicate[], selector: SelectorOp): Predicate[] {
  const groups: Predicate[][] = [];
  for (const one of all) {
    const group = groups.find(([first]) => same(first!.keys, one.keys) && same(first!.queries, one.queries));
    if (group) group.push(one);
    else groups.push([one]);
  }
  return groups.map((group) => (group.length === 1 ? group[0]! : joined('and', group, selector)));
}

/** @param negated what the selector does not select */
function predicatesOf(selector: SelectorOp, negated: boolean): Predicate[] {
  switch (selector.kind) {
    case 'all':
      return negated ? [{ keys: [], queries: [], matrix: Uint8Array.of(0) }] : [];
    case 'select': {
      const { keys, queries, matrix } = selector;
      return [{ keys: [keys], queries: [queries], matrix: negated ? matrix.map((one) => 1 - one) : matrix }];
    }
    case 'not':
      return predicatesOf(selector.of[0], !negated);
    default: {
      const parts = selector.of.map((one) => predicatesOf(one, negated));
      if ((selector.kind === 'and') !== negated) return gathered(parts.flat(), selector);
      // what holds always, or one alone, needs no joining
      if (parts.some((part) => part.length === 0)) return [];
      const each = parts.map((part) => (part.length === 1 ? part[0]! : joined('and', part, selector)));
      return each.length === 1 ? each : [joined('or', each, selector)];
    }
  }
}

/** Rows with the same entries in one class, rows of zeros in none. */
function classesOf(rows: readonly (readonly number[])[]): { readonly of: Int32Array; readonly first: number[] } {
  const known = new Map<string, number>();
  const first: number[] = [];
  const of = Int32Array.from(rows, (row, i) => {
    if (row.length === 0) return -1;
    const key = row.join();
    let at = known.get(key);
    if (at === undefined) {
      at = first.push(i) - 1;
      known.set(key, at);
    }
    return at;
  });
  return { of, first };
}

function literalOf({ keys, queries, matrix }: Predicate): Literal {
  const [width, height] = [countOf(keys), countOf(queries)];
  const ones = (length: number, at: (i: number) => number): number[] =>
    Array.from({ length }, (_, i) => i).filter((i) => at(i) === 1);
  const byKey = classesOf(Array.from({ length: width }, (_, k) => ones(height, (q) => matrix[q * width + k]!)));
  const byQuery = classesOf(Array.from({ length: height }, (_, q) => ones(width, (k) => matrix[q * width + k]!)));
  return {
    keys,
    queries,
    keyClass: byKey.of,
    queryClass: byQuery.of,
    keyClasses: byKey.first.length,
    queryClasses: byQuery.first.length,
    matrix: Uint8Array.from(byQuery.first.flatMap((q) => byKey.first.map((k) => matrix[q * width + k]!))),
  };
}

/**
 * What must hold for a position to be selected; none where all are.
 * @throws CompilationError where an `or` reads too many variables
 */
export const literalsOf = (selector: SelectorOp): Literal[] =>
  predicatesOf(selector, false)
    .filter(({ matrix }) => matrix.some((one) => one === 0))
    .map(literalOf);
