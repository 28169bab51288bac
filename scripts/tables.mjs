// Writes the tables of the docs that are made from the code (scripts/tables/index.ts) into the pages. A test fails when one is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = await esbuild.build({
  entryPoints: [join(root, 'scripts', 'tables', 'index.ts')],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  write: false,
});
const module = { exports: {} };
new Function('module', 'exports', 'require', built.outputFiles[0].text)(
  module,
  module.exports,
  createRequire(import.meta.url),
);
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);
const read = (page) => readFileSync(join(root, page), 'utf8');
const before = Object.fromEntries(docs.map((name) => join('docs', name)).map((page) => [page, read(page)]));
for (const [page, text] of Object.entries(module.exports.filledIn(before)))
  if (text !== before[page]) {
    writeFileSync(join(root, page), text);
    console.log(`wrote ${page}`);
  }
