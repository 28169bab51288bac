/** What is kept of each comparison, as results.json has it: one array of values, the columns named once. */
import { groupBy } from '../../src/group-by.js';
import type { Half } from './clusters.js';

/** One comparison. */
export interface Row {
  /** `refused`: an error said that nothing can be judged; its code is in `code` */
  readonly outcome: 'equivalent' | 'different' | 'undecided' | 'refused';
  readonly code: string | null;
  /** what was compared, the baseline first */
  readonly words: string;
  readonly seed: number;
  /** comparisons of one pair of models are one cluster */
  readonly cluster: string;
  /** the joint rule may be chosen on the one half of the models and is confirmed on the other */
  readonly half: Half;
  /** what the distances between implementations say by themselves; null where refused, as all that follows */
  readonly distances: 'equivalent' | 'different' | 'undecided' | null;
  /** null: there were no twins, too */
  readonly twins: 'derived' | 'not derived' | 'open' | null;
  /** twin ratio and response cosine */
  readonly ratio: number | null;
  readonly cosine: number | null;
  /** null: there were no responses, too */
  readonly response: 'alike' | 'unlike' | 'undecided' | null;
  /** between the answers of the two models, with the role replaced with which it is largest */
  readonly discrepancy: number | null;
  /** the strongest relation that is established */
  readonly strongest: string | null;
  /** the paper's score, of the same draws */
  readonly congruity: number | null;
  /** linear CKA between the two originals' representations, in [0, 1] */
  readonly cka: number;
  /** of the baseline, the model itself among them; 0 where refused */
  readonly implementations: number;
  /** drawn of a side, besides the model itself */
  readonly draws: number;
  /** forward rows of both models */
  readonly rows: number;
  readonly seconds: number;
  /** hash of the code that judged; null: that of all results */
  readonly by: string | null;
}

/** The outcome comes first: lab/calibrate.mjs writes each row on one line by it. */
const columns = [
  'outcome',
  'distances',
  'twins',
  'ratio',
  'cosine',
  'response',
  'discrepancy',
  'strongest',
  'congruity',
  'cka',
  'implementations',
  'draws',
  'rows',
  'seconds',
  'half',
  'cluster',
  'seed',
  'words',
  'code',
  'by',
] as const satisfies readonly (keyof Row)[];

export interface KindOfRow {
  readonly id: string;
  readonly truth: string;
  readonly words: string;
  /** how many the full calibration makes */
  readonly count: number;
}

/** The file that a calibration leaves. */
export interface Results {
  /** hash of the code that ran, and of the models */
  readonly code: string;
  readonly models: string;
  readonly date: string;
  readonly environment: string;
  readonly workers: number;
  /** of each comparison, of the task's 625 */
  readonly inputs: number;
  readonly columns: readonly string[];
  readonly kinds: readonly (KindOfRow & { readonly rows: readonly (readonly (string | number | null)[])[] })[];
}

/** One comparison as it is made, and of which kind. */
type Full = Omit<Row, 'by'> & { readonly by?: string; readonly kind: string; readonly index: number };

/** What one code compared. */
interface OfCode {
  readonly code: string;
  readonly results: readonly Full[];
}

/**
 * Of each kind the comparisons of one code, as it must be known what a rate is of: those of the first that has any, or else of the one that has most.
 * @param byCode that of the code that runs is the first
 * @param only the kinds that are asked for: of others, a few comparisons of the first do not stand for many
 */
export function ofOneCode(byCode: readonly OfCode[], only?: readonly string[]): Full[] {
  const codes = byCode.map(({ code, results }) => ({ code, kinds: groupBy(results, ({ kind }) => kind) }));
  const kinds = new Set(codes.flatMap((one) => [...one.kinds.keys()]));
  return [...kinds].flatMap((kind) => {
    const having = codes.map(({ code, kinds: own }) => ({ code, results: own.get(kind) ?? [] }));
    const [first, ...others] = having;
    const most = others.reduce((a, b) => (b.results.length > a.results.length ? b : a), first!);
    const asked = only === undefined || only.includes(kind);
    const { code, results } = first!.results.length >= (asked ? 1 : most.results.length) ? first! : most;
    return results.map((result) => ({ ...result, by: code }));
  });
}

const rounded = (value: string | number | null): string | number | null =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

export function resultsOf(
  found: readonly Full[],
  kinds: readonly KindOfRow[],
  about: Omit<Results, 'columns' | 'kinds'>,
): Results {
  return {
    ...about,
    columns,
    kinds: kinds.flatMap(({ id, truth, words, count }) => {
      const rows = found
        .filter(({ kind }) => kind === id)
        .toSorted((a, b) => a.index - b.index)
        .map((row) => columns.map((column) => rounded(row[column] ?? null)));
      return rows.length === 0 ? [] : [{ id, truth, words, count, rows }];
    }),
  };
}

/** The rows of a kind, by the names that the file itself gives its columns. */
export const rowsOf = (results: Pick<Results, 'columns'>, { rows }: Results['kinds'][number]): Row[] =>
  rows.map((row) => Object.fromEntries(results.columns.map((name, i) => [name, row[i] ?? null])) as unknown as Row);

/** What each code compared of what is in results.json. */
export function ofResults(results: Results): OfCode[] {
  const rows = results.kinds.flatMap((kind) =>
    rowsOf(results, kind).map((row, index) => ({ ...row, by: row.by ?? results.code, kind: kind.id, index })),
  );
  return [...groupBy(rows, ({ by }) => by)].map(([code, own]) => ({ code, results: own }));
}
