// Writes the tables of the pages that follow from the registries (scripts/tables/tables.ts), between `<!-- table: NAME -->` and `<!-- end of table -->`. A test fails when one is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = await esbuild.build({
  entryPoints: [join(root, 'scripts', 'tables', 'tables.ts')],
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
const { filledIn, pagesWithTables } = module.exports;
for (const page of pagesWithTables) {
  const path = join(root, page);
  const text = readFileSync(path, 'utf8');
  const now = filledIn(page, text);
  if (now !== text) {
    writeFileSync(path, now);
    console.log(`wrote ${page}`);
  }
}
