/** All pairwise distances as one square: within-model on the two diagonal blocks, cross-model on the other two. */
import { number } from '../../src/format.js';
import { figure, markup, type Markup } from '../html/markup.js';
import { heatStep, heatSteps, scaleOf } from '../html/scale.js';
import { ofComparison, type Comparison } from './section.js';
import { freshId, line, path, px, shorten, svg, text, WIDTH } from '../html/svg.js';

const LEFT = 34;
const TOP = 24;
/** the longest side; small sets have cells of at most so many */
const SIDE = WIDTH - LEFT - 8;
const CELL = 26;

/** Cell (i, j) of the whole square, from the blocks. */
export function wholeMatrix({ within1, within2, across }: Comparison['distances']): number[][] {
  const top = within1.map((row, i) => [...row, ...across[i]!]);
  const bottom = within2.map((row, j) => [...across.map((column) => column[j]!), ...row]);
  return [...top, ...bottom];
}

/** One path for each step of the scale, in units of a cell, of the pairs below the diagonal; each step's runs of cells side by side are one stroke. */
export function levels(matrix: readonly (readonly number[])[], max: number, place: (i: number) => number): string[] {
  const paths = Array.from({ length: heatSteps }, () => '');
  const level = (distance: number): number => (max > 0 ? heatStep(distance / max) : 0);
  matrix.forEach((row, i) => {
    for (let j = 0, end = 0; j < i; j = end) {
      const q = level(row[j]!);
      for (end = j + 1; end < i && level(row[end]!) === q && place(end) === place(end - 1) + 1;) end++;
      paths[q] += `M${place(j)} ${place(i)}h${end - j}`;
    }
  });
  return paths;
}

function legend(y: number, width: number, max: number): Markup {
  const scale = scaleOf([0, max], LEFT, LEFT + width, 4);
  const steps = Array.from({ length: heatSteps }, (_, q) => path(`q${q}`, `M${q} 0h1`));
  return markup`<g transform="translate(${LEFT} ${px(y + 6)}) scale(${(width / heatSteps).toFixed(3)} 12)">${steps}</g>${scale.ticks.map(
    (tick) => [
      line(scale(tick), y + 12, scale(tick), y + 16, 'axis'),
      text(scale(tick), y + 28, String(tick), 'middle', 't m'),
    ],
  )}${text(LEFT, y - 6, 'distance: near to far')}`;
}

function picture(evidence: Comparison): Markup {
  const m1 = evidence.baseline.implementations.length;
  const m = m1 + evidence.candidate.implementations.length;
  const matrix = wholeMatrix(evidence.distances);
  const max = matrix.flat().reduce((a, b) => Math.max(a, b), 0);
  // one cell's room is left between the two sets
  const cell = Math.min(CELL, SIDE / (m + 1));
  const place = (i: number): number => (i < m1 ? i : i + 1);
  const side = (m + 1) * cell;
  const id = freshId();
  const half = levels(matrix, max, place).map((d, q) => d !== '' && path(`q${q}`, d));
  const diagonal = matrix.map((_, i) => `M${place(i)} ${place(i)}h1`).join('');
  const middle1 = (m1 * cell) / 2;
  const middle2 = (place(m1) + (m - m1) / 2) * cell;
  const fit = (count: number): number => Math.max(4, Math.floor((count * cell) / 6.6));
  const label = (count: number, word: string): string => shorten(word, fit(count));
  const upright = (y: number, content: string): Markup =>
    markup`<text class="t b" text-anchor="middle" transform="translate(${px(LEFT - 10)} ${px(y)}) rotate(-90)">${content}</text>`;
  const drawn = svg(
    TOP + side + 66,
    'Distances between all implementations',
    `${m1} baseline and ${m - m1} candidate implementations; rows and columns in the same order, baseline first. ` +
      `Mean within the baseline ${number(evidence.judgement.sides[0].siblings.estimate)}, within the candidate ` +
      `${number(evidence.judgement.sides[1].siblings.estimate)}, cross-model ${number(evidence.judgement.strangers.estimate)}.`,
    [
      text(LEFT + middle1, TOP - 9, label(m1, 'baseline'), 'middle', 't b'),
      text(LEFT + middle2, TOP - 9, label(m - m1, 'candidate'), 'middle', 't b'),
      upright(TOP + middle1, label(m1, 'baseline')),
      upright(TOP + middle2, label(m - m1, 'candidate')),
      // the other half is the same turned over
      markup`<g class="cells" transform="translate(${LEFT} ${TOP}) scale(${cell.toFixed(3)})"><g id="${id}" transform="translate(0 .5)">${half}</g><use href="#${id}" transform="matrix(0 1 1 0 0 0)"/><g transform="translate(0 .5)">${path('self', diagonal)}</g></g>`,
      legend(TOP + side + 32, Math.min(260, Math.max(160, side)), max > 0 ? max : 1),
    ],
  );
  const short = (i: number): string => (i < m1 ? `b${i + 1}` : `c${i - m1 + 1}`);
  const rows = matrix.slice(1).map(
    (row, i) =>
      `${short(i + 1)}: ${row
        .slice(0, i + 1)
        .map(number)
        .join(' ')}\n`,
  );
  return figure(
    'Distance matrix',
    drawn,
    'If the two models do the task the same way, all four blocks look alike.',
    markup`<p>Distances (${evidence.measure}) of each implementation from those before it: ${short(0)}${m1 > 1 && ` to ${short(m1 - 1)}`}, then ${short(m1)} and so on (b: baseline, c: candidate).</p><pre class="numbers">${rows}</pre>`,
  );
}

export const heatmap = ofComparison({ id: 'heatmap', title: 'What was measured', html: picture });
