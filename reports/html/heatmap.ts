/** All pairwise distances as one square: siblings on the two diagonal blocks, strangers on the other two. */
import type { Evidence } from '../../src/verdict/evidence.js';
import { number } from '../../src/format.js';
import { figure, markup, table, type Markup } from './markup.js';
import { scaleOf } from './scale.js';
import { line, px, rect, shorten, svg, text } from './svg.js';

/** steps of the colour scale; style.ts has one class for each */
export const heatSteps = 24;

const gap = 8;

/** Cell (i, j) of the whole square, from the blocks. */
export function wholeMatrix({ within1, within2, across }: Evidence['distances']): number[][] {
  const top = within1.map((row, i) => [...row, ...across[i]!]);
  const bottom = within2.map((row, j) => [...across.map((column) => column[j]!), ...row]);
  return [...top, ...bottom];
}

function legend(x: number, y: number, width: number, max: number): Markup {
  const scale = scaleOf([0, max], x, x + width, 4);
  const step = width / heatSteps;
  return markup`${Array.from({ length: heatSteps }, (_, q) => rect(x + q * step, y, step + 0.4, 12, `q${q}`))}${scale.ticks.map(
    (tick) => [line(scale(tick), y + 12, scale(tick), y + 16, 'axis'), text(scale(tick), y + 28, String(tick), 'middle', 't m')],
  )}${text(x, y - 6, 'distance: near to far')}`;
}

export function heatmap(evidence: Evidence): Markup {
  const m1 = evidence.baseline.implementations.length;
  const m = m1 + evidence.candidate.implementations.length;
  const matrix = wholeMatrix(evidence.distances);
  const max = matrix.flat().reduce((a, b) => Math.max(a, b), 0);
  const cell = Math.max(3, Math.min(26, 400 / m));
  const left = 34;
  const top = 24;
  const at = (i: number): number => i * cell + (i >= m1 ? gap : 0);
  const side = m * cell + gap;
  const name = (i: number): string => (i < m1 ? `baseline ${i + 1}` : `candidate ${i - m1 + 1}`);
  const cells = matrix.map((row, i) =>
    row.map((distance, j) => {
      if (i === j) return rect(left + at(j), top + at(i), cell, cell, 'self', `${name(i)} with itself`);
      const q = max > 0 ? Math.max(0, Math.min(heatSteps - 1, Math.floor((distance / max) * heatSteps))) : 0;
      return rect(left + at(j), top + at(i), cell, cell, `q${q}`, `${name(i)}, ${name(j)}: ${number(distance)}`);
    }),
  );
  const middle1 = (m1 * cell) / 2;
  const middle2 = at(m1) + ((m - m1) * cell) / 2;
  const fit = (count: number): number => Math.max(4, Math.floor((count * cell) / 6.6));
  const label = (count: number, word: string): string => shorten(word, fit(count));
  const upright = (y: number, content: string): Markup =>
    markup`<text class="t b" text-anchor="middle" transform="translate(${px(left - 10)} ${px(y)}) rotate(-90)">${content}</text>`;
  const legendWidth = Math.min(260, Math.max(160, side));
  const width = left + Math.max(side, legendWidth) + 16;
  const height = top + side + 66;
  const picture = svg(
    width,
    height,
    'Distances between all implementations',
    `${m1} baseline and ${m - m1} candidate implementations; rows and columns in the same order, baseline first. ` +
      `Mean among baseline siblings ${number(evidence.judgement.sides[0].siblings.estimate)}, among candidate siblings ` +
      `${number(evidence.judgement.sides[1].siblings.estimate)}, between strangers ${number(evidence.judgement.strangers.estimate)}.`,
    [
      text(left + middle1, top - 9, label(m1, 'baseline'), 'middle', 't b'),
      text(left + middle2, top - 9, label(m - m1, 'candidate'), 'middle', 't b'),
      upright(top + middle1, label(m1, 'baseline')),
      upright(top + middle2, label(m - m1, 'candidate')),
      markup`<g class="cells">${cells}</g>`,
      legend(left, top + side + 32, legendWidth, max > 0 ? max : 1),
    ],
  );
  const short = (i: number): string => (i < m1 ? `b${i + 1}` : `c${i - m1 + 1}`);
  const numbers = table(
    `Distances (${evidence.measure}); b: baseline, c: candidate`,
    [{ head: '' }, ...matrix.map((_, j) => ({ head: short(j), numeric: true }))],
    matrix.map((row, i) => [short(i), ...row.map((distance, j) => (i === j ? '–' : number(distance)))]),
  );
  return figure(
    'Distance matrix',
    picture,
    'If the two models do the task the same way, all four blocks look alike. Hover over a cell for its pair.',
    numbers,
  );
}
