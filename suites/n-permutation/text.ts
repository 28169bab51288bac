/** The result for a terminal. */
import { duration, plural } from '../../src/format.js';
import { estimateInWords } from '../estimate-in-words.js';
import { MARKS } from '../marks.js';
import { permutationAlgorithms } from './programs.js';
import type { Cell, Matrix, Result } from './result.js';
import { mean } from '../../src/statistics/mean.js';

/** The paper's numbers: means over pairs of algorithms. */
export const PAPER = { sorting: 0.43, across: 0.01 } as const;

/** Three numbers for each cell. */
export const numbers = [
  {
    title: 'ours',
    says: 'verdict (= equivalent, ≠ different, ? undecided) and congruity',
    of: (cell: Cell) => cell.congruity.estimate,
  },
  { title: 'formula', says: 'the paper’s formula, ties counted as yes', of: (cell: Cell) => cell.paper },
  { title: 'code', says: 'what the published code computes: high where sets differ', of: (cell: Cell) => cell.code },
] as const;

export const cellOf = ({ cells }: Matrix, row: string, column: string): Cell | undefined =>
  cells.find((cell) => cell.row === row && cell.column === column);

const LABEL = Math.max(...permutationAlgorithms.map(({ length }) => length)) + 3;
const GAP = '   ';

const shown = (matrix: Matrix, which: (typeof numbers)[number], row: string, column: string): string => {
  const cell = cellOf(matrix, row, column);
  if (cell === undefined) return '    .';
  const value = which.of(cell).toFixed(2);
  return which.title === 'ours' ? `${MARKS[cell.outcome]}${value}` : ` ${value}`;
};

/** A block of six columns, line by line, its title first. */
const block = (matrix: Matrix, which: (typeof numbers)[number]): string[] => [
  which.title.padEnd(6 * 6),
  permutationAlgorithms.map((_, j) => String(j + 1).padStart(5)).join(' '),
  ...permutationAlgorithms.map((row) =>
    permutationAlgorithms.map((column) => shown(matrix, which, row, column)).join(' '),
  ),
];

export interface Pattern {
  readonly diagonal: number;
  readonly sorting: number;
  readonly counting: number;
  readonly across: number;
}

/** Means of a number over the kinds of pairs. */
export function patternOf({ cells }: Matrix, of: (cell: Cell) => number): Pattern {
  const sorts = (name: string): boolean => name.startsWith('sort');
  const over = (kept: (cell: Cell) => boolean): number => mean(cells.filter(kept).map(of));
  return {
    diagonal: over(({ row, column }) => row === column),
    sorting: over(({ row, column }) => row !== column && sorts(row) && sorts(column)),
    counting: over(({ row, column }) => row !== column && !sorts(row) && !sorts(column)),
    across: over(({ row, column }) => sorts(row) !== sorts(column)),
  };
}

const label = (text: string): string => text.padEnd(LABEL);
const two = (x: number): string => (Number.isNaN(x) ? '.' : x.toFixed(2)).padStart(5);

function matrixText(matrix: Matrix, columns: number): string[] {
  const names = ['', '', ...permutationAlgorithms.map((name, i) => `${i + 1} ${name}`)].map(label);
  const blocks = numbers.map((which) => block(matrix, which));
  const wide = columns >= LABEL + 3 * (36 + GAP.length);
  const tables = wide
    ? names.map((name, i) => (name + blocks.map((lines) => lines[i]!.padEnd(36)).join(GAP)).trimEnd())
    : blocks.flatMap((lines) => names.map((name, i) => (name + lines[i]!).trimEnd()));
  const least = Math.min(...Object.values(matrix.accuracy));
  const left = Object.values(matrix.leftOut).reduce((sum, x) => sum + x, 0);
  const counts = [...new Set(matrix.cells.flatMap(({ models }) => models))].toSorted((a, b) => a - b);
  return [
    `${matrix.setting}: ${matrix.description}`,
    `  ${counts.join(' or ')} models a side, accuracy on balanced inputs at least ${least.toFixed(3)}${left > 0 ? `, ${plural(left, 'model')} below 0.96 left out` : ''}`,
    ...tables,
    `${label('mean')}${'same'.padStart(6)}${'sorting'.padStart(9)}${'counting'.padStart(9)}${'across'.padStart(9)}`,
    ...numbers.map((which) => {
      const { diagonal, sorting, counting, across } = patternOf(matrix, which.of);
      return `${label(which.title)}${two(diagonal).padStart(6)}${[sorting, counting, across].map((x) => two(x).padStart(9)).join('')}`;
    }),
    '',
  ];
}

/** @param columns of the terminal */
export function toText(result: Result, columns: number): string {
  const { settings, inputs, matrices, doses, seconds, complete } = result;
  const ks = [...new Set(doses.map(({ k }) => k))];
  return `${[
    `${settings.n}-permutation detection, ${inputs} inputs, seed ${settings.seed}`,
    ...numbers.map(({ title, says }) => `  ${title}: ${says}`),
    `  rows and columns are different models, the diagonal included`,
    `  the paper: highest on the diagonal, ${PAPER.sorting} between sorting algorithms, ${PAPER.across} between sorting and counting`,
    '',
    ...matrices.flatMap((matrix) => matrixText(matrix, columns)),
    ...(doses.length === 0
      ? []
      : [
          'dose and response: congruity (strict score) with k components of the circuit resampled',
          `${label('k')}${ks.map((k) => String(k).padStart(13)).join('')}`,
          ...permutationAlgorithms.map(
            (algorithm) =>
              label(algorithm) +
              ks
                .map((k) => {
                  const dose = doses.find((one) => one.algorithm === algorithm && one.k === k);
                  return (
                    dose
                      ? `${MARKS[dose.outcome]}${dose.congruity.estimate.toFixed(2)} (${dose.strictScore.estimate.toFixed(2)})`
                      : '.'
                  ).padStart(13);
                })
                .join(''),
          ),
          '',
        ]),
    `${complete ? 'complete' : 'interrupted: the same command goes on'}; ${duration(seconds)}; ${estimateInWords(result)}`,
  ].join('\n')}\n`;
}
