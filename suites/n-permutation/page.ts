/** The result as one page: the matrices as pictures, their numbers, dose and response. */
import { estimateInWords } from '../estimate-in-words.js';
import { MARKS } from '../marks.js';
import { document } from '../page.js';
import { markup, table, type Markup, type MarkupPart } from '../../reports/html/markup.js';
import { heatStep, scaleOf } from '../../reports/html/scale.js';
import { axis, LEFT, path, px, RIGHT, restartIds, svg, text } from '../../reports/html/svg.js';
import { duration, interval } from '../../src/format.js';
import { permutationAlgorithms } from './programs.js';
import type { Dose, Matrix, Result } from './result.js';
import { cellOf, numbers, PAPER, patternOf } from './text.js';

const CELL = 44;
const TOP = 24;
const NAMES = 84;

const short = (name: string): string =>
  name.replace(', ', ' ').replace('positions', 'pos.').replace('differences', 'diff.');

function heat(matrix: Matrix, which: (typeof numbers)[number]): Markup {
  const cells = permutationAlgorithms.flatMap((row, i) =>
    permutationAlgorithms.map((column, j): MarkupPart => {
      const cell = cellOf(matrix, row, column);
      if (cell === undefined) return false;
      const value = which.of(cell);
      const step = heatStep(value);
      const [x, y] = [NAMES + j * CELL, TOP + i * CELL];
      const mark = which.title === 'ours' ? `${MARKS[cell.outcome]} ` : '';
      return markup`<path class="q${step}" stroke-width="${CELL - 2}" d="M${px(x + 1)} ${px(y + CELL / 2)}h${CELL - 2}"/>${text(x + CELL / 2, y + CELL / 2 + 4, `${mark}${value.toFixed(2)}`, 'middle', 't s')}`;
    }),
  );
  const labels = permutationAlgorithms.map((name, i) => [
    text(NAMES - 6, TOP + i * CELL + CELL / 2 + 4, short(name), 'end', 't s'),
    text(NAMES + i * CELL + CELL / 2, TOP - 8, String(i + 1), 'middle', 't s'),
  ]);
  return svg(TOP + 6 * CELL + 8, `${matrix.setting}: ${which.title}`, which.says, [labels, cells]);
}

function section(matrix: Matrix): Markup {
  return markup`<section><h2>${matrix.setting}</h2><p>${matrix.description}.</p>${numbers.map(
    (which) =>
      markup`<figure><figcaption><b>${which.title}</b>: ${which.says}.</figcaption>${heat(matrix, which)}</figure>`,
  )}${table(
    'Means over pairs',
    [{ head: '' }, ...['same', 'sorting', 'counting', 'across'].map((head) => ({ head, numeric: true }))],
    numbers.map((which) => {
      const { diagonal, sorting, counting, across } = patternOf(matrix, which.of);
      return [which.title, ...[diagonal, sorting, counting, across].map((x) => (Number.isNaN(x) ? '' : x.toFixed(2)))];
    }),
  )}<details><summary>Numbers: ${matrix.setting}</summary>${table(
    'Every comparison',
    [
      { head: 'row' },
      { head: 'column' },
      { head: 'models', numeric: true },
      { head: 'verdict' },
      { head: 'congruity' },
      { head: 'strict score' },
      { head: 'T1, T2' },
      { head: 'within, within, across' },
      { head: 'formula', numeric: true },
      { head: 'code', numeric: true },
      { head: 'why' },
    ],
    matrix.cells.map(({ row, column, models, outcome, reason, congruity, strictScore, T, distances, paper, code }) => [
      row,
      column,
      models.join(', '),
      outcome,
      interval(congruity),
      interval(strictScore),
      T.map((x) => x.toFixed(2)).join(', '),
      distances.map((x) => x.toFixed(3)).join(', '),
      paper.toFixed(2),
      code.toFixed(2),
      reason,
    ]),
  )}</details></section>`;
}

const ROW = 110;

/** Strict score and accuracy by dose: one small picture above the other, one for each algorithm. */
function response(doses: readonly Dose[]): Markup {
  const ks = [...new Set(doses.map(({ k }) => k))];
  const across = scaleOf([0, Math.max(1, ks.length - 1)], LEFT + 20, RIGHT - 10);
  const rows = permutationAlgorithms.map((algorithm, i): MarkupPart => {
    const own = doses.filter((dose) => dose.algorithm === algorithm);
    if (own.length === 0) return false;
    const top = i * ROW + 22;
    const y = (value: number): number => top + (1 - Math.min(1, Math.max(0, value))) * (ROW - 50);
    const curve = (of: (dose: Dose) => number): string =>
      own.map((dose, at) => `${at === 0 ? 'M' : 'L'}${px(across(ks.indexOf(dose.k)))} ${px(y(of(dose)))}`).join('');
    return [
      text(LEFT, top - 8, `${algorithm}: congruity (solid), strict score (dashed)`, 'start', 't s'),
      markup`<path fill="none" stroke="currentColor" stroke-width="2" d="${curve((dose) => dose.congruity.estimate)}"/><path fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="4 3" d="${curve((dose) => dose.strictScore.estimate)}"/>`,
      text(LEFT + 10, y(1) + 4, '1', 'end', 't s m'),
      text(LEFT + 10, y(0) + 4, '0', 'end', 't s m'),
    ];
  });
  const height = permutationAlgorithms.length * ROW + 36;
  return svg(height, 'Dose and response', 'Congruity by number of components resampled', [
    path(
      'grid',
      permutationAlgorithms.map((_, i) => `M${LEFT + 20} ${i * ROW + 22 + ROW - 50}H${RIGHT - 10}`).join(''),
    ),
    rows,
    axis(across, 0, permutationAlgorithms.length * ROW - 10, 'components resampled', (at) => String(ks[at] ?? '')),
  ]);
}

/** The page's text. */
export function toPage(result: Result): string {
  const { settings, inputs, matrices, doses, seconds, complete } = result;
  restartIds();
  return document(
    `${settings.n}-permutation detection`,
    markup`<p>${inputs} inputs, seed ${settings.seed}. Rows and columns are different models, the diagonal included. The paper has: highest on the diagonal, ${PAPER.sorting} between sorting algorithms, ${PAPER.across} between sorting and counting.</p>
<p class="muted">${complete ? 'Complete' : 'Interrupted: the same command goes on'}; ${duration(seconds)}; ${estimateInWords(result)}.</p>`,
    [
      matrices.map(section),
      doses.length > 0 &&
        markup`<section><h2>Dose and response</h2><p>Models against others of the same algorithm in which some random components of the circuit take their activation from another input.</p><figure>${response(doses)}</figure>${table(
          'Every dose',
          [
            { head: 'algorithm' },
            { head: 'k', numeric: true },
            { head: 'of', numeric: true },
            { head: 'accuracy', numeric: true },
            { head: 'verdict' },
            { head: 'congruity' },
            { head: 'strict score' },
            { head: 'T1, T2' },
          ],
          doses.map(({ algorithm, k, circuit, accuracy, outcome, congruity, strictScore, T }) => [
            algorithm,
            k,
            circuit.toFixed(0),
            accuracy.toFixed(2),
            outcome,
            interval(congruity),
            interval(strictScore),
            T.map((x) => x.toFixed(2)).join(', '),
          ]),
        )}</section>`,
    ],
  );
}
