// The pictures and tables of docs/n-permutation.md, from what the suite has kept: node lab/n-permutation/picture.mjs [congruity-suite/n-permutation.json]
// Writes docs/pictures/n-permutation.svg and n-permutation-dose.svg, and the tables between the comments of the page; `npm run format` aligns them.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const { matrices, doses } = JSON.parse(
  readFileSync(process.argv[2] ?? fileURLToPath(new URL('lab/n-permutation/result.json', root)), 'utf8'),
);
const algorithms = [...new Set(matrices[0].cells.map(({ row }) => row))];
const MARKS = { equivalent: '=', different: '≠', undecided: '?' };
const statistics = [
  {
    title: 'our verdict and congruity',
    short: 'ours',
    of: (cell) => cell.congruity.estimate,
    mark: (cell) => MARKS[cell.outcome],
  },
  { title: 'the paper’s formula', short: 'formula', of: (cell) => cell.paper, mark: () => '' },
  { title: 'the published code’s statistic', short: 'code', of: (cell) => cell.code, mark: () => '' },
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
const shade = (value) =>
  `rgb(${[255, 255, 255].map((light, i) => Math.round(light + ([49, 130, 189][i] - light) * value)).join(' ')})`;

const grids = matrices.map((matrix, m) => {
  const top = 40 + m * STEP;
  return [
    text(4, top - 17, matrix.setting, ' font-weight="bold"'),
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
const legend = text(
  30,
  314,
  'congruity (line), strict score (dashes), accuracy (dots); below: components of the circuit that are resampled',
);
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
const table = (head, ...rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const said = (cells) =>
  Object.entries(MARKS)
    .map(([outcome, mark]) => `${mark} ${cells.filter((cell) => cell.outcome === outcome).length}`)
    .join(', ');
const spread = (values) => `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
const [same] = kinds;
const other = (cell) => !same(cell);
/** What decided, or kept from deciding, by a word that is in its sentence. */
const REASONS = [
  ['copies of each other', 'copies'],
  ['too few to decide', 'fewer than 4 models on a side'],
  ['so few can miss', 'alike, but fewer than 8 models on a side'],
  ['agree with itself', 'a side does not agree with itself'],
  ['neither surely', 'limits on both sides of the tolerance'],
  ['sides disagree', 'the sides disagree'],
];
const why = (cells) => {
  const open = cells.filter(({ outcome }) => outcome === 'undecided');
  const count = ([words]) => open.filter(({ reason }) => reason.includes(words)).length;
  const counts = REASONS.map((one) => [one[1], count(one)]);
  const rest = open.length - counts.reduce((sum, [, n]) => sum + n, 0);
  return [...counts, ['other', rest]]
    .filter(([, n]) => n > 0)
    .map(([words, n]) => `${words}: ${n}`)
    .join('; ');
};

const tables = {
  means: table(
    ['mean over pairs', 'one algorithm', 'two that sort', 'two that count', 'sort and count'],
    ['the paper, trained', 'highest', '0.43', 'not told', '0.01'],
    ...matrices.flatMap(({ setting, cells }) =>
      statistics.map(({ short, of }) => [
        `${setting}: ${short}`,
        ...kinds.map((kind) => mean(cells.filter(kind).map(of)).toFixed(2)),
      ]),
    ),
  ),
  verdicts: table(
    ['setting', 'models a side', 'one algorithm', 'two algorithms', 'distance within', 'distance between'],
    ...matrices.map(({ setting, cells }) => [
      setting,
      [...new Set(cells.flatMap(({ models }) => models))].toSorted((a, b) => a - b).join(', '),
      said(cells.filter(same)),
      said(cells.filter(other)),
      spread(cells.flatMap(({ distances }) => distances.slice(0, 2))),
      spread(cells.filter(other).map(({ distances }) => distances[2])),
    ]),
  ),
  why: table(
    ['setting', 'undecided', 'what it lacks'],
    ...matrices.map(({ setting, cells }) => [
      setting,
      cells.filter(({ outcome }) => outcome === 'undecided').length,
      why(cells),
    ]),
  ),
  dose: table(
    ['k', ...ks],
    ...algorithms.map((name) => [
      name,
      ...doses
        .filter(({ algorithm }) => algorithm === name)
        .map(
          ({ outcome, congruity, strictScore }) =>
            `${MARKS[outcome]}${congruity.estimate.toFixed(2)} (${strictScore.estimate.toFixed(2)})`,
        ),
    ]),
  ),
};
const page = new URL('docs/n-permutation.md', root);
let words = readFileSync(page, 'utf8');
for (const [name, made] of Object.entries(tables)) {
  const begin = `<!-- made by lab/n-permutation/picture.mjs: ${name} -->`;
  const from = words.indexOf(begin) + begin.length;
  const to = words.indexOf('<!-- end -->', from);
  if (from < begin.length || to < 0) throw new Error(`docs/n-permutation.md has no place for ${name}`);
  words = `${words.slice(0, from)}\n\n${made}\n\n${words.slice(to)}`;
}
writeFileSync(page, words);
