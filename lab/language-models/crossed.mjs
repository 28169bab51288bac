// Whether what the suite "ioi" says of two models follows their mechanism or their family: node lab/language-models/crossed.mjs [congruity-suite/ioi.json]
// Writes the tables between the comments of docs/ioi.md, which `npm run format` aligns, and docs/pictures/ioi.svg as the suite's report draws it. Intervals are of resampled models (seeds), as pairs
// share models.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);
const path = process.argv[2] ?? fileURLToPath(new URL('lab/language-models/result.json', root));
if (!existsSync(path)) throw new Error(`${path}: there is no result; run npm run suite -- ioi --models ... first`);
const result = JSON.parse(readFileSync(path, 'utf8'));
const { pairs, models } = result;
const listed = JSON.parse(readFileSync(new URL('models/models.json', import.meta.url), 'utf8'));
const about = (name) => listed[name];

const RESAMPLED = 2000;
const kinds = [
  ['one family, one mechanism', true, true],
  ['two families, one mechanism', false, true],
  ['one family, two mechanisms', true, false],
  ['two families, two mechanisms', false, false],
];
const same = (pair, what) => about(pair.row)[what] === about(pair.column)[what];
/** Parts by their names, layers of models of several depths by the shallower one's. */
const nameOf = (role) => role.replace(/, layers (\d+) and (\d+)$/, (_, a, b) => `, layer ${Math.min(a, b)}`);
const parts = [...new Set(pairs.flatMap(({ response }) => response.roles.map(({ role }) => nameOf(role))))];
const partOf = ({ response }, name) => response.roles.find(({ role }) => nameOf(role) === name);
const worst = ({ response }) => Math.max(0, ...response.roles.map(({ discrepancy }) => discrepancy.estimate));

const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
const table = (head, rows) => {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
};
const two = (x) => (x === undefined || Number.isNaN(x) ? '' : x.toFixed(2));

const counts = (some, outcomes, of) =>
  outcomes.map((outcome) => some.filter((pair) => of(pair) === outcome).length).join(', ');
const verdicts = table(
  ['pairs', 'number', 'equivalent, different, undecided', 'respond alike, unlike, undecided', 'code', 'CKA'],
  kinds.map(([name, family, mechanism]) => {
    const some = pairs.filter((pair) => same(pair, 'family') === family && same(pair, 'mechanism') === mechanism);
    return [
      name,
      some.length,
      counts(some, ['equivalent', 'different', 'undecided'], ({ outcome }) => outcome),
      counts(some, ['alike', 'unlike', 'undecided'], ({ response }) => response.outcome),
      two(mean(some.map(({ code }) => code))),
      two(mean(some.map(({ cka }) => cka))),
    ];
  }),
);

/** Numbers that say how near two models are: larger is nearer. */
const statistics = {
  congruity: (pair) => pair.congruity.estimate,
  'ridge distance, all layers (code)': (pair) => pair.code,
  CKA: (pair) => pair.cka,
  'cross-model distance': (pair) => -pair.distances[2],
  'responses, largest discrepancy': (pair) => -worst(pair),
  ...Object.fromEntries(
    parts.map((name) => [`responses, ${name}`, (pair) => -(partOf(pair, name)?.discrepancy.estimate ?? NaN)]),
  ),
};

/** Verdicts that say that two models are the same. */
const relations = {
  equivalent: ({ outcome }) => outcome === 'equivalent',
  'respond alike, all parts': ({ response }) => response.outcome === 'alike',
  ...Object.fromEntries(
    parts.map((name) => [
      `respond alike, ${name}`,
      (pair) => partOf(pair, name)?.outcome === 'alike' && partOf(pair, name).moves,
    ]),
  ),
};

/** The share of pairs that share `what`, or do not, of which it holds; each pair as often as its models were drawn. */
function rate(holds, what, shared, weight) {
  let [yes, all] = [0, 0];
  for (const pair of pairs)
    if (same(pair, what) === shared) {
      all += weight(pair);
      yes += holds(pair) ? weight(pair) : 0;
    }
  return yes / all;
}

/** How often a pair that shares `what` is nearer than one that does not, ties one half; each pair as often as its models were drawn. */
function order(of, what, weight) {
  const [yes, no] = [pairs.filter((pair) => same(pair, what)), pairs.filter((pair) => !same(pair, what))].map((some) =>
    some.map((pair) => [of(pair), weight(pair)]).filter(([value, w]) => !Number.isNaN(value) && w > 0),
  );
  let [above, all] = [0, 0];
  for (const [a, wa] of yes)
    for (const [b, wb] of no) {
      above += wa * wb * (a > b ? 1 : a === b ? 0.5 : 0);
      all += wa * wb;
    }
  return above / all;
}

// mulberry32
let state = 20261130;
const draw = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const names = models.filter(({ leftOut }) => leftOut === undefined).map(({ name }) => name);
/** Node 20 has no Map.groupBy. */
function grouped(all, keyOf) {
  const groups = new Map();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}
/** Models drawn with replacement, within each family and mechanism. */
function weights() {
  const drawn = new Map(names.map((name) => [name, 0]));
  const cells = grouped(names, (name) => `${about(name).family} ${about(name).mechanism} ${about(name).size}`);
  for (const cell of cells.values())
    for (let i = 0; i < cell.length; i++) {
      const name = cell[Math.floor(draw() * cell.length)];
      drawn.set(name, drawn.get(name) + 1);
    }
  return (pair) => drawn.get(pair.row) * drawn.get(pair.column);
}
const draws = Array.from({ length: RESAMPLED }, weights);
const limits = (of) => {
  const all = draws
    .map(of)
    .filter((x) => !Number.isNaN(x))
    .toSorted((a, b) => a - b);
  const at = (share) => all[Math.min(all.length - 1, Math.floor(share * all.length))];
  return `${two(of(() => 1))} [${two(at(0.025))}, ${two(at(0.975))}]`;
};
const follows = table(
  ['number', 'nearer if of one mechanism', 'nearer if of one family'],
  Object.entries(statistics).map(([name, of]) => [
    name,
    ...['mechanism', 'family'].map((what) => limits((weight) => order(of, what, weight))),
  ]),
);
const rates = table(
  ['verdict', 'one mechanism', 'two mechanisms', 'one family', 'two families'],
  Object.entries(relations).map(([name, holds]) => [
    name,
    ...['mechanism', 'family'].flatMap((what) =>
      [true, false].map((shared) => limits((weight) => rate(holds, what, shared, weight))),
    ),
  ]),
);

const page = fileURLToPath(new URL('docs/ioi.md', root));
let text = readFileSync(page, 'utf8');
for (const [name, made] of Object.entries({ verdicts, rates, follows })) {
  const pattern = new RegExp(`(<!-- made by lab/language-models/crossed.mjs: ${name} -->)[^]*?(<!-- end -->)`);
  if (!pattern.test(text)) throw new Error(`${page} has no place for ${name}`);
  text = text.replace(pattern, (_, start, end) => `${start}\n\n${made}\n\n${end}`);
}
writeFileSync(page, text);

const folder = mkdtempSync(join(tmpdir(), 'ioi-picture-'));
try {
  const outfile = join(folder, 'picture.cjs');
  await build({
    entryPoints: [fileURLToPath(new URL('suites/ioi/picture.ts', root))],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    logLevel: 'error',
  });
  const { pictureOf } = createRequire(import.meta.url)(outfile);
  writeFileSync(new URL('docs/pictures/ioi.svg', root), pictureOf(result));
} finally {
  rmSync(folder, { recursive: true });
}
process.stdout.write(`${verdicts}\n\n${rates}\n\n${follows}\n`);
