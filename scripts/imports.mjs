// Holds the imports of what ships against .dependency-cruiser.mjs, and the picture of the rooms in docs/architecture.md against the imports.
//   npm run imports          checks both
//   npm run picture          draws the picture again
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import config, { ROOMS } from '../.dependency-cruiser.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const PAGE = 'docs/architecture.md';
const shipped = JSON.parse(readFileSync('tsconfig.json', 'utf8')).include;
const { output } = await cruise(shipped, {
  ...config.options,
  ruleSet: { forbidden: config.forbidden.map((rule) => ({ severity: 'error', ...rule })) },
  validate: true,
});

/** Where a file stands: a room of src, a folder beside it, or index.ts. None for the files directly in src, which all use. */
function placeOf(path) {
  const [top, room, ...rest] = path.split('/');
  if (top !== 'src') return top;
  return rest.length > 0 ? room : undefined;
}

/** What each place uses, in the order of the places' names. */
function usesOfPlaces(modules) {
  const uses = new Map();
  for (const { source, dependencies } of modules) {
    const from = placeOf(source);
    if (source.startsWith('node_modules') || from === undefined) continue;
    const mine = uses.get(from) ?? new Set();
    uses.set(from, mine);
    for (const { resolved } of dependencies) {
      const to = placeOf(resolved);
      if (to !== undefined && to !== from && shipped.includes(resolved.split('/')[0])) mine.add(to);
    }
  }
  return new Map([...uses].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether one place uses another, directly or through others. */
function reaches(uses, from, to, seen = new Set()) {
  if (seen.has(from)) return false;
  seen.add(from);
  return [...(uses.get(from) ?? [])].some((next) => next === to || reaches(uses, next, to, seen));
}

/** Arrows of what is used directly; an arrow that a longer way implies is left out. */
function picture(uses) {
  const drawn = [...uses].flatMap(([from, direct]) =>
    [...direct]
      .toSorted()
      .filter((to) => ![...direct].some((other) => other !== to && reaches(uses, other, to)))
      .map((to) => `  ${from} --> ${to}`),
  );
  const rooms = ROOMS.filter((room) => uses.has(room));
  return ['```mermaid', 'flowchart TD', '  subgraph src', `    ${rooms.join('\n    ')}`, '  end', ...drawn, '```'].join(
    '\n',
  );
}

const wrong = output.summary.violations.map(({ rule, from, to, cycle }) =>
  cycle ? `${rule.name}: ${[from, ...cycle.map(({ name }) => name)].join(' -> ')}` : `${rule.name}: ${from} -> ${to}`,
);
const page = readFileSync(PAGE, 'utf8');
const between = /(?<=<!-- picture: made by `npm run picture` -->\n\n)[^]*?(?=\n\n<!-- end of the picture -->)/;
const drawn = picture(usesOfPlaces(output.modules));
if (!between.test(page)) wrong.push(`${PAGE} has no place for the picture: ${between.source}`);
else if (process.argv.includes('--picture'))
  writeFileSync(
    PAGE,
    page.replace(between, () => drawn),
  );
else if (between.exec(page)[0] !== drawn)
  wrong.push(`the picture in ${PAGE} is not that of the imports: npm run picture`);

const { totalCruised, totalDependenciesCruised } = output.summary;
console.log(
  wrong.length > 0 ? wrong.join('\n') : `${totalDependenciesCruised} imports of ${totalCruised} files go one way`,
);
process.exit(wrong.length > 0 ? 1 : 0);
