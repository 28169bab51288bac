// Writes the tables of the docs that the code knows: `npm run tables`; with `--check` it only says which pages are out of date.
// A page has the place of a table: <!-- made by npm run tables: NAME --> ... <!-- end -->; the names are the keys of scripts/tables/index.ts.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import esbuild from 'esbuild';
import prettier from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');

const built = await esbuild.build({
  entryPoints: [join(root, 'scripts', 'tables', 'index.ts')],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  write: false,
  logLevel: 'error',
});
const module = { exports: {} };
new Function('module', 'exports', 'require', built.outputFiles[0].text)(
  module,
  module.exports,
  createRequire(import.meta.url),
);
const { tables } = module.exports;

const PLACE = /(<!-- made by npm run tables: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g;
const pages = ['README.md', 'CONTRIBUTING.md'].concat(
  readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
);
const options = await prettier.resolveConfig(join(root, 'README.md'));
const used = new Set();
const stale = [];
for (const page of pages) {
  const file = join(root, page);
  const before = readFileSync(file, 'utf8');
  const filled = before.replace(PLACE, (_, begin, name, end) => {
    if (!Object.hasOwn(tables, name))
      throw new Error(`${page}: there is no table "${name}" (there are: ${Object.keys(tables).join(', ')})`);
    used.add(name);
    return `${begin}\n${tables[name]()}\n\n${end}`;
  });
  if (filled === before) continue;
  const after = await prettier.format(filled, { ...options, parser: 'markdown' });
  if (after === before) continue;
  stale.push(page);
  if (!check) writeFileSync(file, after);
}
const unused = Object.keys(tables).filter((name) => !used.has(name));
if (unused.length > 0) throw new Error(`no page has a place for: ${unused.join(', ')}`);
for (const page of stale) console.log(check ? `${page} is out of date: npm run tables` : `${page} written`);
process.exit(check && stale.length > 0 ? 1 : 0);
