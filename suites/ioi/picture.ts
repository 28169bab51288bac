/** The matrices as pictures: each in the page, and all in one file. */
import { Markup, markup, type MarkupPart } from '../../reports/html/markup.js';
import { heatStep } from '../../reports/html/scale.js';
import { lightHeat } from '../../reports/html/style.js';
import { px, restartIds, RIGHT, shorten, svg, text, WIDTH } from '../../reports/html/svg.js';
import { pairOf, type Result } from './result.js';
import { judgedOf } from './summary.js';
import { matrices } from './text.js';

const TOP = 24;
const NAMES = 160;
/** widths of a cell: at most, and where a number still fits in */
const MOST = 44;
const NUMBER = 26;
/** height of a row at least: of its name */
const LEAST = 12;

const cellOf = (models: number): number => Math.min(MOST, (RIGHT - NAMES) / models);
const rowOf = (models: number): number => Math.max(LEAST, cellOf(models));
const heightOf = (models: number): number => TOP + models * rowOf(models) + 8;

/** One matrix: a cell for each pair above the diagonal, the darker the nearer. */
export function heat(result: Result, which: (typeof matrices)[number]): Markup {
  const models = judgedOf(result);
  const cell = cellOf(models.length);
  const height = rowOf(models.length);
  const cells = models.flatMap(({ name }, i) =>
    models.map((other, j): MarkupPart => {
      const pair = i < j ? pairOf(result, name, other.name) : undefined;
      if (pair === undefined) return false;
      const step = heatStep(which.value(pair));
      const [x, y] = [NAMES + j * cell, TOP + i * height];
      const label = which.of(pair);
      return markup`<path class="q${step}" stroke-width="${px(height - 1)}" d="M${px(x + 0.5)} ${px(y + height / 2)}h${px(cell - 1)}"><title>${name}, ${other.name}: ${label}</title></path>${cell >= NUMBER && text(x + cell / 2, y + height / 2 + 4, label, 'middle', 't s')}`;
    }),
  );
  const labels = models.map(({ name }, i) => [
    text(NAMES - 6, TOP + i * height + height / 2 + 4, shorten(`${i + 1} ${name}`, 26), 'end', 't s'),
    (cell >= 12 || i % 5 === 4) && text(NAMES + i * cell + cell / 2, TOP - 8, String(i + 1), 'middle', 't s'),
  ]);
  return svg(heightOf(models.length), which.title, which.says, [labels, cells]);
}

/** Matrices beside each other. */
const COLUMNS = 3;
const style = `.t{font:10px system-ui,sans-serif;fill:#1b1f24;paint-order:stroke;stroke:#fff;stroke-width:3px}.t.b{font-weight:600}${lightHeat}`;

/** All matrices as one picture that needs nothing else. */
export function pictureOf(result: Result): string {
  restartIds();
  const height = heightOf(judgedOf(result).length) + TOP;
  const rows = Math.ceil(matrices.length / COLUMNS);
  const all = matrices.map((which, i) => {
    const [x, y] = [(i % COLUMNS) * WIDTH, Math.floor(i / COLUMNS) * height];
    return markup`<g transform="translate(${px(x)} ${px(y)})">${text(NAMES, 14, which.title, 'start', 't b')}<svg y="${px(TOP)}" width="${WIDTH}" height="${px(height - TOP)}">${heat(result, which)}</svg></g>`;
  });
  return `${
    markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${COLUMNS * WIDTH} ${px(rows * height)}"><title>Models by models: ${matrices.map(({ title }) => title).join(', ')}</title><style>${new Markup(style)}</style><rect width="100%" height="100%" fill="#fff"/>${all}</svg>`
      .text
  }\n`;
}
