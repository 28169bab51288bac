// The pictures and tables of docs/n-permutation.md, from what the suite has kept: node lab/n-permutation/picture.mjs [congruity-suite/n-permutation.json]
// Writes docs/pictures/n-permutation.svg and n-permutation-dose.svg, and prints the tables.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const { matrices, doses, seconds, cpuSeconds } = JSON.parse(
  readFileSync(process.argv[2] ?? fileURLToPath(new URL('lab/n-permutation/result.json', root)), 'utf8'),
);
const algorithms = [...new Set(matrices[0].cells.map(({ row }) => row))];
const MARKS = { equivalent: '=', different: '≠', undecided: '?' };
const statistics = [
  { title: 'our verdict and congruity', of: (cell) => cell.congruity.estimate, mark: (cell) => MARKS[cell.outcome] },
  { title: 'the paper’s formula', of: (cell) => cell.paper, mark: () => '' },
  { title: 'the published code’s statistic', of: (cell) => cell.code, mark: () => '' },
];

const CELL = 34;
const LEFT = 124;
const GAP = 22;
const SIDE = algorithms.length * CELL;
const STEP = SIDE + 46;
const WIDTH = LEFT + statistics.length * (SIDE + GAP);

const text = (x, y, words, more = '') => `<text x="${x}" y="${y}"${more}>${words}</text>`;
const end = ' text-anchor="end"';
const middle = ' text-anchor="middle"';
const svg = (width, height, title, parts) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11"><title>${title}</title><rect width="${width}" height="${height}" fill="#fff"/>${parts.flat(Infinity).join('\n')}</svg>\n`;

/** White at 0, blue at 1. */
const shade = (value) => `rgb(${[255, 255, 255].map((light, i) => Math.round(light + ([49, 130, 189][i] - light) * value)).join(' ')})`;

const grids = matrices.map((matrix, m) => {
  const top = 40 + m * STEP;
  return [
    text(4, top - 8, matrix.setting, ' font-weight="bold"'),
    algorithms.map((name, i) => text(LEFT - 6, top + i * CELL + CELL / 2 + 4, `${i + 1} ${name}`, end)),
    statistics.map((statistic, s) => {
      const left = LEFT + s * (SIDE + GAP);
      return [
        m === 0 ? text(left, 12, statistic.title, ' font-weight="bold"') : '',
        algorithms.map((_, j) => text(left + j * CELL + CELL / 2, top - 4, j + 1, middle)),
        matrix.cells.map((cell) => {
          const [i, j] = [algorithms.indexOf(cell.row), algorithms.indexOf(cell.column)];
          const [x, y] = [left + j * CELL, top + i * CELL];
          const value = statistic.of(cell);
          return `<rect x="${x}" y="${y}" width="${CELL - 1}" height="${CELL - 1}" fill="${shade(value)}" stroke="#ccc"/>${text(x + CELL / 2, y + CELL / 2 + 4, `${statistic.mark(cell)}${value.toFixed(2)}`, middle)}`;
        }),
      ];
    }),
  ];
});
writeFileSync(
  new URL('docs/pictures/n-permutation.svg', root),
  svg(WIDTH, 40 + matrices.length * STEP, 'Six by six algorithms, in each setting, by three statistics', grids),
);

const PLOT = { width: 190, height: 90 };
const ks = [...new Set(doses.map(({ k }) => k))];
const plots = algorithms.map((name, a) => {
  const [left, top] = [30 + (a % 3) * (PLOT.width + 40), 24 + Math.floor(a / 3) * (PLOT.height + 60)];
  const own = doses.filter(({ algorithm }) => algorithm === name);
  const line = (of, colour, dashes) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2"${dashes ? ` stroke-dasharray="${dashes}"` : ''} points="${own.map((dose) => `${(left + (ks.indexOf(dose.k) * PLOT.width) / (ks.length - 1)).toFixed(1)},${(top + (1 - of(dose)) * PLOT.height).toFixed(1)}`).join(' ')}"/>`;
  return [
    text(left, top - 8, name, ' font-weight="bold"'),
    `<path d="M${left} ${top}V${top + PLOT.height}H${left + PLOT.width}" fill="none" stroke="#999"/>`,
    text(left - 4, top + 4, 1, end),
    text(left - 4, top + PLOT.height + 4, 0, end),
    ks.map((k, i) => text(left + (i * PLOT.width) / (ks.length - 1), top + PLOT.height + 14, k, middle)),
    line(({ congruity }) => congruity.estimate, '#3182bd'),
    line(({ strictScore }) => strictScore.estimate, '#3182bd', '4 3'),
    line(({ accuracy }) => accuracy, '#d95f0e', '1 3'),
  ];
});
const legend = text(30, 314, 'congruity (line), strict score (dashes), accuracy (dots); below: components of the circuit that are resampled');
writeFileSync(
  new URL('docs/pictures/n-permutation-dose.svg', root),
  svg(700, 322, 'Congruity, strict score and accuracy by number of components resampled', [plots, legend]),
);

const sorts = (name) => name.startsWith('sort');
const kinds = [
  ({ row, column }) => row === column,
  ({ row, column }) => row !== column && sorts(row) && sorts(column),
  ({ row, column }) => row !== column && !sorts(row) && !sorts(column),
  ({ row, column }) => sorts(row) !== sorts(column),
];
const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
for (const { title, of } of statistics) {
  row(title, 'one algorithm', 'two that sort', 'two that count', 'sort and count');
  row(...Array(5).fill('---'));
  for (const { setting, cells } of matrices) row(setting, ...kinds.map((kind) => mean(cells.filter(kind).map(of)).toFixed(2)));
  console.log();
}
row('verdicts', 'one algorithm', 'two algorithms');
row('---', '---', '---');
for (const { setting, cells } of matrices) {
  const said = (some) => Object.entries(MARKS).map(([outcome, mark]) => `${mark} ${some.filter((cell) => cell.outcome === outcome).length}`).join(', ');
  row(setting, said(cells.filter(kinds[0])), said(cells.filter((cell) => !kinds[0](cell))));
}
console.log();
row('distances', 'within one algorithm', 'between two');
row('---', '---', '---');
for (const { setting, cells } of matrices) {
  const spread = (values) => `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
  row(setting, spread(cells.flatMap(({ distances }) => distances.slice(0, 2))), spread(cells.filter((cell) => !kinds[0](cell)).map(({ distances }) => distances[2])));
}
console.log();
row('k', ...ks);
row(...Array(ks.length + 1).fill('---'));
for (const name of algorithms)
  row(name, ...doses.filter(({ algorithm }) => algorithm === name).map(({ outcome, congruity, strictScore }) => `${MARKS[outcome]}${congruity.estimate.toFixed(2)} (${strictScore.estimate.toFixed(2)})`));
console.log();
for (const { setting, cells } of matrices) {
  const why = new Map();
  for (const { outcome, reason } of cells) {
    const short = `${MARKS[outcome]} ${reason.replaceAll(/[\d.]+ ?%?/g, '#').replaceAll(/first|second/g, 'one').slice(0, 90)}`;
    why.set(short, (why.get(short) ?? 0) + 1);
  }
  for (const [reason, count] of why) console.log(`${setting}: ${count} ${reason}`);
}
console.log(`\n${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(0)} s of CPU time`);
