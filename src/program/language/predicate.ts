/** Which key values a query value selects. */
import { ProgramError } from '../../errors.js';
import { suggest } from '../../options.js';
import type { Op } from './op.js';
import { functionInWords } from './print.js';
import { typeOf, valueInWords, type Value } from './value.js';

/** How keys are compared with queries: `'<'` selects the keys that are smaller than the query. */
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

const comparisons: Readonly<Record<Comparison, (key: Value, query: Value) => boolean>> = {
  '==': (key, query) => key === query,
  '!=': (key, query) => key !== query,
  '<': (key, query) => key! < query!,
  '<=': (key, query) => key! <= query!,
  '>': (key, query) => key! > query!,
  '>=': (key, query) => key! >= query!,
};

/** Combinations of a key and a query that a predicate may be tried on. */
const PAIRS = 1_000_000;

const typesOf = (op: Op): Set<unknown> => new Set(op.values.filter((value) => value !== null).map(typeOf));

/**
 * The predicate on every pair of values: 1 where it holds, [queries, keys]. Nothing selects nothing, and is not selected.
 * @throws ProgramError where the two cannot be compared, or the function fails or gives what is neither true nor false
 */
export function matrixOf(
  keys: Op,
  queries: Op,
  by: Comparison | ((key: never, query: never) => unknown),
): { readonly matrix: Uint8Array; readonly label: string } {
  const label = typeof by === 'function' ? functionInWords(by) : by;
  const inWords = (op: Op): string => op.name ?? op.kind;
  const where = `select(${inWords(keys)}, ${inWords(queries)}, »${String(label)}«)`;
  const fail = (what: string, hint: string, cause?: unknown): never => {
    throw new ProgramError({ what, where, hint, cause });
  };
  let holds = by as (key: Value, query: Value) => unknown;
  if (typeof by !== 'function') {
    if (typeof by !== 'string' || !Object.hasOwn(comparisons, by))
      fail(
        `${typeof by === 'string' ? JSON.stringify(by) : typeof by} is no comparison`,
        typeof by === 'string'
          ? suggest(by, Object.keys(comparisons))
          : "give one of '==', '!=', '<', '<=', '>', '>=', or a function of a key and a query",
      );
    const types = new Set([...typesOf(keys), ...typesOf(queries)]);
    if (types.size > 1)
      fail(
        `the keys are ${[...typesOf(keys)].join()} and the queries ${[...typesOf(queries)].join()}, which ${by} cannot compare`,
        'map one of them first, or give a function of a key and a query',
      );
    holds = comparisons[by];
  }
  if (keys.values.length * queries.values.length > PAIRS)
    fail(
      `${keys.values.length} keys and ${queries.values.length} queries make more than ${PAIRS} pairs`,
      'map them to fewer values first, or lower maxLength',
    );
  const matrix = new Uint8Array(keys.values.length * queries.values.length);
  queries.values.forEach((query, q) =>
    keys.values.forEach((key, k) => {
      if (key === null || query === null) return;
      const pair = (): string => `key ${valueInWords(key)} and query ${valueInWords(query)}`;
      let held: unknown;
      try {
        held = holds(key, query);
      } catch (cause) {
        fail(
          `the predicate fails at ${pair()}: ${cause instanceof Error ? cause.message : String(cause)}`,
          'let it give true or false for every key and query',
          cause,
        );
      }
      if (typeof held !== 'boolean')
        fail(`the predicate gives ${String(held)} at ${pair()}`, 'let it give true or false for every key and query');
      matrix[q * keys.values.length + k] = Number(held);
    }),
  );
  return { matrix, label };
}
