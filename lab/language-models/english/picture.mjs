// The picture and the tables of docs/parts-of-speech.md, from what the suite has kept: node lab/language-models/english/picture.mjs [congruity-suite/parts-of-speech.json]
// Writes docs/pictures/parts-of-speech.svg and the tables between the comments of the page; `npm run format` aligns them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);
const at = (path) => fileURLToPath(new URL(path, root));
const path = process.argv[2] ?? at('congruity-suite/parts-of-speech.json');
if (!existsSync(path)) throw new Error(`${path}: there is no result; run npm run suite -- parts-of-speech first`);
const { slices, taggers, comparisons } = JSON.parse(readFileSync(path, 'utf8'));
const MARKS = { equivalent: '=', different: '≠', undecided: '?' };
const shown = slices.filter(({ leftOut }) => leftOut === undefined);
const of = (tagger, slice) => comparisons.find((one) => one.tagger === tagger && one.slice === slice)?.verdict;

const [WIDE, HIGH, LEFT, TOP] = [116, 24, 150, 30];
/** White at 0, blue at 1. */
const shade = (value) =>
  `rgb(${[49, 130, 189].map((dark) => Math.round(255 + (dark - 255) * Math.max(0, Math.min(1, value)))).join(' ')})`;
const text = (x, y, words, anchor) => `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
const cells = shown.flatMap(({ name }, i) => [
  text(LEFT - 8, TOP + i * HIGH + 16, name, 'end'),
  ...taggers.map((tagger, j) => {
    const verdict = of(tagger.name, name);
    const [x, y] = [LEFT + j * WIDE, TOP + i * HIGH];
    const value = verdict?.congruity.estimate ?? 0;
    return `<rect x="${x}" y="${y}" width="${WIDE - 1}" height="${HIGH - 1}" fill="${shade(value)}" stroke="#ccc"/>${text(x + WIDE / 2, y + 16, verdict ? `${MARKS[verdict.outcome]} ${value.toFixed(2)}` : 'not judged', 'middle')}`;
  }),
]);
const [width, height] = [LEFT + taggers.length * WIDE + 8, TOP + shown.length * HIGH + 8];
writeFileSync(
  at('docs/pictures/parts-of-speech.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12"><title>Verdict and congruity of two tasks, by slice and tagger.</title><rect width="${width}" height="${height}" fill="#fff"/>${[
    ...taggers.map(({ name }, j) => text(LEFT + j * WIDE + WIDE / 2, TOP - 10, name, 'middle')),
    ...cells,
  ].join('\n')}</svg>\n`,
);

const table = (head, rows) => {
  const line = (row) => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
};
const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
const judged = (name) => comparisons.flatMap((one) => (one.tagger === name && one.verdict ? [one.verdict] : []));
const average = (name, value) => (judged(name).length === 0 ? '' : mean(judged(name).map(value)).toFixed(2));
const made = {
  verdicts: table(
    [
      'tagger',
      'parts of speech right',
      'slices',
      'equivalent',
      'different',
      'undecided',
      'congruity',
      'within words',
      'within tags',
      'across',
    ],
    taggers.map(({ name, accuracy }) => [
      `\`${name}\``,
      accuracy.toFixed(2),
      judged(name).length,
      ...['equivalent', 'different', 'undecided'].map(
        (outcome) => judged(name).filter((one) => one.outcome === outcome).length,
      ),
      average(name, ({ congruity }) => congruity.estimate),
      ...[0, 1, 2].map((i) => average(name, ({ distances }) => distances[i])),
    ]),
  ),
  vectors: table(
    ['tagger', 'words: own mean', 'words: moved', 'tags: own mean', 'tags: moved'],
    taggers.map(({ name }) => [
      `\`${name}\``,
      ...[0, 1].flatMap((side) =>
        ['own', 'moved'].map((which) => average(name, ({ vectors }) => vectors[side][which])),
      ),
    ]),
  ),
};
const page = at('docs/parts-of-speech.md');
let found = readFileSync(page, 'utf8');
for (const [name, rows] of Object.entries(made)) {
  const pattern = new RegExp(`(<!-- made by lab/language-models/english/picture.mjs: ${name} -->)[^]*?(<!-- end -->)`);
  if (!pattern.test(found)) throw new Error(`${page} has no place for ${name}`);
  found = found.replace(pattern, (_, start, end) => `${start}\n\n${rows}\n\n${end}`);
}
writeFileSync(page, found);
process.stdout.write(`${made.verdicts}\n\n${made.vectors}\n`);
