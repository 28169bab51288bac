/** The tables, kind by kind: the verdict, what it rests on, pairs of recipes. */
import type { Results, Row } from '../rows.js';
import { byRecipes, byTruth, judgedOf, kindsOf, median, middle, share, tableOf } from './shares.js';

/** A column for each value that one of a row's columns may have. */
const shares = <K extends keyof Row>(column: K, values: readonly Row[K][]) => ({
  heads: values.map((value) => (value === null ? 'none' : String(value))),
  cells: (rows: readonly Row[]): string[] => values.map((value) => share(rows, (row) => row[column] === value)),
});

const verdicts = shares('outcome', ['equivalent', 'different', 'undecided', 'refused']);

/** What `compare` says with its defaults. */
export const table = (results: Results): string =>
  byTruth(results, [...verdicts.heads, 'draws', 'forward rows', 'seconds'], (rows) => {
    const judged = judgedOf(rows);
    return [
      ...verdicts.cells(rows),
      middle(judged, (row) => row.draws),
      middle(judged, (row) => row.rows),
      middle(judged, (row) => row.seconds),
    ];
  });

/** The strongest relation that is established. */
export function relationTable(results: Results): string {
  const strongest = shares('strongest', ['derived', 'equivalent', 'responds alike', 'behaves alike']);
  return byTruth(results, strongest.heads, strongest.cells, judgedOf);
}

/** Twins: what `toBeDerivedFrom` goes by. */
export function twinsTable(results: Results): string {
  const twins = shares('twins', ['derived', 'not derived', 'open', null]);
  return byTruth(
    results,
    [...twins.heads, 'twin ratio', 'response cosine'],
    (rows) => [...twins.cells(rows), middle(rows, (row) => row.ratio), middle(rows, (row) => row.cosine)],
    judgedOf,
  );
}

/** Answers with roles replaced: what `toRespondLike` goes by. */
export function responseTable(results: Results): string {
  const responses = shares('response', ['alike', 'unlike', 'undecided', null]);
  return byTruth(
    results,
    [...responses.heads, 'discrepancy at the worst role'],
    (rows) => [...responses.cells(rows), middle(rows, (row) => row.discrepancy)],
    judgedOf,
  );
}

/** What the distances between implementations say by themselves. */
export function distancesTable(results: Results): string {
  const distances = shares('distances', ['equivalent', 'different', 'undecided']);
  return byTruth(results, distances.heads, distances.cells, judgedOf);
}

/** Kinds whose comparisons are of several pairs of recipes, pair by pair. */
export function pairs(results: Results): string {
  const outcomes = ['equivalent', 'different', 'undecided'] as const;
  return tableOf(
    ['kind', 'recipes', 'n', ...outcomes],
    kindsOf(results)
      .filter(({ id }) => /^(variable|recipe|other recipe)/.test(id))
      .flatMap((kind) =>
        byRecipes(kind).map(([recipes, rows]) => [
          kind.words,
          recipes,
          rows.length,
          ...outcomes.map((outcome) => share(rows, (row) => row.outcome === outcome)),
        ]),
      ),
  );
}

/** What a comparison costs: seconds of all that were judged. */
export function cost(results: Results): string {
  const all = kindsOf(results).flatMap(({ rows }) => rows);
  const judged = judgedOf(all);
  const seconds = judged.map((row) => row.seconds).toSorted((a, b) => a - b);
  const total = all.reduce((sum, row) => sum + row.seconds, 0);
  return `${all.length} comparisons; ${judged.length} judged, in the median ${median(seconds).toFixed(1)} s and ${middle(judged, (row) => row.rows)} forward rows, 95 % of them within ${(seconds[Math.floor(0.95 * seconds.length)] ?? NaN).toFixed(1)} s; ${(total / 60).toFixed(0)} minutes in all, with ${results.workers} at a time on ${results.environment}.`;
}
