/** Shares, medians and groups of comparisons, as the tables write them. */
import { clusteredShare, type Counted } from '../clusters.js';
import type { Interval } from '../../../src/interval.js';
import { rowsOf, type Results, type Row } from '../rows.js';

const CONFIDENCE = 0.95;

export type Test = (row: Row) => boolean;

/** The share of rows that pass, with limits that respect clusters. */
export const shareOf = (rows: readonly Row[], test: Test): Interval =>
  clusteredShare(
    rows.map((row): Counted => ({ hit: test(row), cluster: row.cluster })),
    CONFIDENCE,
  );

const whole = (share: number): string => (100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0).replace(/\.0$/, '');

/** `97 (94-99)`: percent with its 95 % interval. */
export function share(rows: readonly Row[], test: Test): string {
  if (rows.length === 0) return '-';
  const { estimate, low, high } = shareOf(rows, test);
  return `${whole(estimate)} (${whole(low)}-${whole(high)})`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length === 0
    ? NaN
    : sorted.length % 2 === 1
      ? sorted[middle]!
      : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of what rows have, in three digits; `-` where none has it. */
export function middle(rows: readonly Row[], of: (row: Row) => number | null): string {
  const values = rows.flatMap((row) => of(row) ?? []);
  return values.length === 0 ? '-' : String(Number(median(values).toPrecision(3)));
}

export const judgedOf = (rows: readonly Row[]): Row[] => rows.filter(({ outcome }) => outcome !== 'refused');

/** A kind with its rows. */
export type KindRows = Omit<Results['kinds'][number], 'rows'> & { readonly rows: readonly Row[] };

export const kindsOf = (results: Results): KindRows[] =>
  results.kinds.map((kind) => ({ ...kind, rows: rowsOf(results, kind) }));

const headings: Readonly<Record<string, string>> = {
  same: '**truly the same**: different is wrong',
  dose: '**changed more and more**: nobody knows where the same ends',
  different: '**truly different**: equivalent is wrong',
  control: '**controls**: to be refused; representations alone: different',
  hard: '**same behaviour, hard**',
};

const lineOf = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

export const tableOf = (heads: readonly string[], lines: readonly (readonly (string | number)[])[]): string =>
  [lineOf(heads), `|${heads.map(() => '---').join('|')}|`, ...lines.map(lineOf)].join('\n');

/** A table with a line for each kind, in groups by what is known to be true of them; of those rows of a kind that `among` takes. */
export function byTruth(
  results: Results,
  heads: readonly string[],
  cells: (rows: readonly Row[]) => readonly (string | number)[],
  among: (rows: readonly Row[]) => readonly Row[] = (rows) => rows,
): string {
  const kinds = kindsOf(results).map((kind) => ({ ...kind, rows: among(kind.rows) }));
  const all = ['kind', 'n', ...heads];
  return tableOf(
    all,
    Object.entries(headings).flatMap(([truth, heading]) => {
      const group = kinds.filter((kind) => kind.truth === truth);
      if (group.length === 0) return [];
      return [
        [heading, ...all.slice(1).map(() => '')],
        ...group.map((kind) => [kind.words, kind.rows.length, ...cells(kind.rows)]),
      ];
    }),
  );
}

/** Recipes that a comparison names, in order of the alphabet: `count, sort`. */
function recipesIn({ words }: Pick<Row, 'words'>): string {
  const names = words.split(' | ').map((side) => /^(?:\d+ runs of )?([a-z-]+)/.exec(side)?.[1] ?? side);
  return [...new Set(names)].toSorted().join(', ');
}

/** A kind's rows by the recipes they are of. */
export function byRecipes({ rows }: KindRows): readonly (readonly [recipes: string, rows: readonly Row[]])[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(recipesIn(row), [...(groups.get(recipesIn(row)) ?? []), row]);
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
