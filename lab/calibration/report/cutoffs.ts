/** What scores with a cut-off would have said: the paper's congruity score, and CKA between the two originals. */
import type { Results, Row } from '../rows.js';
import { byTruth, kindsOf, share } from './shares.js';

/** The mean of the share of `same` at or above a cut-off and of the share of `different` below it. */
const accuracyAt = (cutoff: number, same: readonly number[], different: readonly number[]): number =>
  (same.filter((x) => x >= cutoff).length / Math.max(1, same.length) +
    different.filter((x) => x < cutoff).length / Math.max(1, different.length)) /
  2;

/**
 * The cut-off with the best balanced accuracy on these very comparisons, every comparison of a truth weighing the same. Only observed values are tried; of equally good ones the
 * lowest.
 */
export function bestCutoff(
  same: readonly number[],
  different: readonly number[],
): { readonly cutoff: number; readonly accuracy: number } {
  const candidates = [...new Set([...same, ...different, Infinity])].toSorted((a, b) => a - b);
  let best = { cutoff: Infinity, accuracy: 0.5 };
  for (const cutoff of candidates) {
    const accuracy = accuracyAt(cutoff, same, different);
    if (accuracy > best.accuracy) best = { cutoff, accuracy };
  }
  return best;
}

const SCORES = [
  { name: 'score', of: (row: Row): number | null => row.congruity, fixed: 0.5 },
  { name: 'CKA', of: (row: Row): number | null => row.cka, fixed: 0.9 },
] as const;

/** Every score with its fixed cut-off and the best in hindsight. */
function scored(results: Results) {
  const kinds = kindsOf(results);
  return SCORES.map((score) => {
    const at = (truth: string): number[] =>
      kinds.filter((kind) => kind.truth === truth).flatMap(({ rows }) => rows.flatMap((row) => score.of(row) ?? []));
    const [same, different] = [at('same'), at('different')];
    return { ...score, best: bestCutoff(same, different), accuracy: accuracyAt(score.fixed, same, different) };
  });
}

const shown = (cutoff: number): string => (Number.isFinite(cutoff) ? cutoff.toFixed(3) : 'none');

/** What a score calls the same, kind by kind, of those comparisons that have the score. */
export function scoresTable(results: Results): string {
  const all = scored(results).flatMap(({ name, of, fixed, best }) => [
    { head: `${name} >= ${fixed}: same`, of, cutoff: fixed as number },
    { head: `${name} >= ${shown(best.cutoff)}: same`, of, cutoff: best.cutoff },
  ]);
  return byTruth(
    results,
    all.map(({ head }) => head),
    (rows) =>
      all.map(({ of, cutoff }) =>
        share(
          rows.filter((row) => of(row) !== null),
          (row) => of(row)! >= cutoff,
        ),
      ),
  );
}

export const cutoffWords = (results: Results): string =>
  scored(results)
    .map(
      ({ name, fixed, best, accuracy }) =>
        `- ${name}: at ${fixed} balanced accuracy is ${(100 * accuracy).toFixed(1)} %; the best cut-off in hindsight is ${shown(best.cutoff)}, with ${(100 * best.accuracy).toFixed(1)} %.`,
    )
    .join('\n');
