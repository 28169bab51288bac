/** From results to lab/calibration.md. Knows nothing of how they were made, so that the table can be written again without running anything. */
import { wilson } from '../../src/statistics/intervals.js';

/** As comparison.ts makes them; what the table needs. */
export interface Row {
  readonly outcome: string;
  readonly implementations: number;
  readonly congruity: number | null;
  readonly cka: number;
  readonly seconds: number;
}

export interface KindOfRow {
  readonly id: string;
  readonly truth: string;
  readonly words: string;
  readonly count: number;
}

/** The file that a calibration leaves: one array of rows for each kind, the columns named once. */
export interface Results {
  /** hash of the code that judged, and of the models */
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

const columns = ['outcome', 'implementations', 'congruity', 'cka', 'seconds', 'seed', 'words', 'code'] as const;

type Full = Row & {
  readonly kind: string;
  readonly index: number;
  readonly seed: number;
  readonly words: string;
  readonly code: string | null;
};

const rounded = (x: number | null): number | null => (x === null ? null : Number(x.toPrecision(4)));

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
        .map((row) => [
          row.outcome,
          row.implementations,
          rounded(row.congruity),
          rounded(row.cka),
          rounded(row.seconds),
          row.seed,
          row.words,
          row.code,
        ]);
      return rows.length === 0 ? [] : [{ id, truth, words, count, rows }];
    }),
  };
}

const rowsOf = ({ rows }: Results['kinds'][number]): Row[] =>
  rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null])) as unknown as Row);

const CONFIDENCE = 0.95;
const whole = (share: number): string => (100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0).replace(/\.0$/, '');

/** `97 (94-99)`: percent with its 95 % Wilson interval. */
export function share(part: number, all: number): string {
  if (all === 0) return '-';
  const { estimate, low, high } = wilson(part, all, CONFIDENCE);
  return `${whole(estimate)} (${whole(low)}-${whole(high)})`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length === 0
    ? NaN
    : sorted.length % 2 === 1
      ? sorted[middle]!
      : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What a score with a cut-off calls the same, of those comparisons that have the score. */
interface Scored {
  readonly values: readonly number[];
  readonly same: (cutoff: number) => number;
}

const scored = (rows: readonly Row[], of: (row: Row) => number | null): Scored => {
  const values = rows.flatMap((row) => of(row) ?? []);
  return { values, same: (cutoff) => values.filter((x) => x >= cutoff).length };
};

/**
 * The cut-off with the best balanced accuracy on these very comparisons: mean of the share of `same` at or above it and the share of `different` below it, every comparison of a
 * truth weighing the same. Only observed values are tried; of equally good ones the lowest.
 */
export function bestCutoff(
  same: readonly number[],
  different: readonly number[],
): { readonly cutoff: number; readonly accuracy: number } {
  const candidates = [...new Set([...same, ...different, Infinity])].toSorted((a, b) => a - b);
  let best = { cutoff: Infinity, accuracy: 0.5 };
  for (const cutoff of candidates) {
    const accuracy =
      (same.filter((x) => x >= cutoff).length / Math.max(1, same.length) +
        different.filter((x) => x < cutoff).length / Math.max(1, different.length)) /
      2;
    if (accuracy > best.accuracy) best = { cutoff, accuracy };
  }
  return best;
}

const SCORES = [
  { name: 'score', of: (row: Row): number | null => row.congruity, fixed: 0.5 },
  { name: 'CKA', of: (row: Row): number | null => row.cka, fixed: 0.9 },
] as const;

const headings: Readonly<Record<string, string>> = {
  same: '**truly the same**: different is wrong',
  different: '**truly different**: equivalent is wrong',
  control: '**controls**: to be refused; representations alone: different',
  hard: '**same behaviour, hard**',
};

/** Every cut-off of every score, the fixed one and the best in hindsight. */
function cutoffs(results: Results) {
  const valuesOf = (truth: string, of: (row: Row) => number | null): number[] =>
    results.kinds.filter((kind) => kind.truth === truth).flatMap((kind) => [...scored(rowsOf(kind), of).values]);
  return SCORES.map((score) => ({
    ...score,
    best: bestCutoff(valuesOf('same', score.of), valuesOf('different', score.of)),
  }));
}

const shown = (cutoff: number): string => (Number.isFinite(cutoff) ? cutoff.toFixed(3) : 'none');

export function table(results: Results): string {
  const all = cutoffs(results);
  const heads = [
    'kind',
    'n',
    'equivalent',
    'different',
    'undecided',
    'refused',
    ...all.flatMap(({ name, fixed, best }) => [`${name} >= ${fixed}: same`, `${name} >= ${shown(best.cutoff)}: same`]),
    'implementations',
    'seconds',
  ];
  const lines = [`| ${heads.join(' | ')} |`, `|${heads.map(() => '---').join('|')}|`];
  for (const truth of Object.keys(headings)) {
    const group = results.kinds.filter((kind) => kind.truth === truth);
    if (group.length === 0) continue;
    lines.push(`| ${[headings[truth]!, ...heads.slice(1).map(() => '')].join(' | ')} |`);
    for (const kind of group) {
      const rows = rowsOf(kind);
      const rate = (outcome: string): string =>
        share(rows.filter((row) => row.outcome === outcome).length, rows.length);
      const judged = rows.filter(({ outcome }) => outcome !== 'refused');
      const others = all.flatMap(({ of, fixed, best }) => {
        const { values, same } = scored(rows, of);
        return [share(same(fixed), values.length), share(same(best.cutoff), values.length)];
      });
      const middle = (of: (row: Row) => number): string =>
        judged.length === 0 ? '-' : String(Number(median(judged.map(of)).toPrecision(3)));
      lines.push(
        `| ${[kind.words, rows.length, ...['equivalent', 'different', 'undecided', 'refused'].map(rate), ...others, middle((row) => row.implementations), middle((row) => row.seconds)].join(' | ')} |`,
      );
    }
  }
  return lines.join('\n');
}

const ALPHA = 0.05;
/** Largest upper limit of false alarms, and smallest share of different pairs found: the goals of the project. */
const FALSE_ALARMS = 0.075;
const FOUND = 0.95;

/** The goals, kind by kind, and whether they are met. */
function goals(results: Results): string {
  const lines = ['| kind | goal | measured | |', '|---|---|---|---|'];
  for (const kind of results.kinds) {
    const rows = rowsOf(kind);
    const different = rows.filter(({ outcome }) => outcome === 'different').length;
    const wrong = rows.filter(({ outcome }) => outcome === 'equivalent').length;
    const refused = rows.filter(({ outcome }) => outcome === 'refused').length;
    const refusals = kind.truth === 'control' && !kind.id.endsWith('unrefused');
    const line = (goal: string, measured: string, met: boolean, open = false): number =>
      lines.push(
        `| ${kind.words} | ${goal} | ${measured} | ${met ? 'met' : open ? 'open: too few comparisons' : '**missed**'} |`,
      );
    if (kind.truth === 'same')
      line(
        'wrongly different: upper limit at most 7.5 %',
        `${share(different, rows.length)} %`,
        wilson(different, rows.length, CONFIDENCE).high <= FALSE_ALARMS,
        different <= ALPHA * rows.length,
      );
    if (kind.truth === 'different')
      line(
        'different: at least 95 %',
        `${share(different, rows.length)} %; wrongly equivalent ${share(wrong, rows.length)} %`,
        different / rows.length >= FOUND,
      );
    if (kind.id.endsWith('unrefused'))
      line(
        'never equivalent',
        `different ${share(different, rows.length)} %; wrongly equivalent ${share(wrong, rows.length)} %`,
        wrong === 0,
      );
    // what the paper's reviewers asked for: the truth is known, and not in reach of a linear measure of representations
    if (kind.id === 'imitating')
      line(
        'never equivalent',
        `wrongly equivalent ${share(wrong, rows.length)} %; different ${share(different, rows.length)} %`,
        wrong === 0,
      );
    if (kind.id === 'bent')
      line('never different', `wrongly different ${share(different, rows.length)} %`, different === 0);
    if (refusals) line('refused: all', `${share(refused, rows.length)} %`, refused === rows.length);
  }
  for (const [truth, wrong] of [
    ['same', 'different'],
    ['different', 'equivalent'],
  ] as const) {
    const rows = results.kinds.filter((kind) => kind.truth === truth).flatMap(rowsOf);
    if (rows.length === 0) continue;
    const of = (outcome: string): number => rows.filter((row) => row.outcome === outcome).length;
    const right = truth === 'same' ? 'equivalent' : 'different';
    lines.push(
      `| **all that are truly ${truth}** | | ${of(right)} of ${rows.length} ${right}, ${share(of(right), rows.length)} %; wrongly ${wrong} ${share(of(wrong), rows.length)} % | |`,
    );
  }
  return lines.join('\n');
}

/** Recipes that a comparison's words name, in order of the alphabet: `count, sort`. */
function recipesIn(words: string): string {
  return [...new Set(words.split(' | ').map((side) => /^(?:\d+ runs of )?([a-z]+)/.exec(side)?.[1] ?? side))]
    .toSorted()
    .join(', ');
}

/** Kinds whose comparisons are of several pairs of recipes, pair by pair. */
function pairs(results: Results): string {
  const lines = ['| kind | recipes | n | equivalent | different | undecided |', '|---|---|---|---|---|---|'];
  for (const kind of results.kinds) {
    if (!['recipe runs', 'variable', 'variable runs', 'recipe'].includes(kind.id)) continue;
    const groups = new Map<string, Row[]>();
    for (const row of rowsOf(kind) as (Row & { readonly words: string })[]) {
      const names = recipesIn(row.words);
      groups.set(names, [...(groups.get(names) ?? []), row]);
    }
    for (const [names, rows] of [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      lines.push(
        `| ${[kind.words, names, rows.length, ...['equivalent', 'different', 'undecided'].map((outcome) => share(rows.filter((row) => row.outcome === outcome).length, rows.length))].join(' | ')} |`,
      );
  }
  return lines.join('\n');
}

/** What a comparison costs: seconds of all that were judged. */
function cost(results: Results): string {
  const judged = results.kinds.flatMap((kind) => rowsOf(kind)).filter(({ outcome }) => outcome !== 'refused');
  const seconds = judged.map((row) => row.seconds).toSorted((a, b) => a - b);
  const all = results.kinds.reduce((sum, { rows }) => sum + rows.length, 0);
  const total = results.kinds.flatMap((kind) => rowsOf(kind)).reduce((sum, row) => sum + row.seconds, 0);
  return `${all} comparisons; ${judged.length} judged, in the median ${median(seconds).toFixed(1)} s, 95 % of them within ${(seconds[Math.floor(0.95 * seconds.length)] ?? NaN).toFixed(1)} s; ${(total / 60).toFixed(0)} minutes in all, with ${results.workers} at a time on ${results.environment}.`;
}

function cutoffWords(results: Results): string {
  return cutoffs(results)
    .map(({ name, fixed, best }) => {
      const at = (truth: string) =>
        results.kinds
          .filter((kind) => kind.truth === truth)
          .flatMap((kind) => [...scored(rowsOf(kind), SCORES.find((score) => score.name === name)!.of).values]);
      const [same, different] = [at('same'), at('different')];
      const accuracy =
        (same.filter((x) => x >= fixed).length / Math.max(1, same.length) +
          different.filter((x) => x < fixed).length / Math.max(1, different.length)) /
        2;
      return `- ${name}: at ${fixed} balanced accuracy is ${(100 * accuracy).toFixed(1)} %; the best cut-off in hindsight is ${shown(best.cutoff)}, with ${(100 * best.accuracy).toFixed(1)} %.`;
    })
    .join('\n');
}

/** lab/calibration.md: the template with every {{name}} filled in. */
export function document(template: string, results: Results): string {
  const complete = results.kinds.every(({ rows, count }) => rows.length >= count);
  const parts: Readonly<Record<string, string>> = {
    table: table(results),
    goals: goals(results),
    inputs: String(results.inputs),
    cost: cost(results),
    pairs: pairs(results),
    cutoffs: cutoffWords(results),
    made: `${results.date}, code ${results.code}, models ${results.models}${complete ? '' : '. **A part of the comparisons only**: a pilot, or an interrupted run'}`,
  };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined)
      throw new Error(`the template asks for {{${name}}}: there are ${Object.keys(parts).join(', ')}`);
    return part;
  });
}
