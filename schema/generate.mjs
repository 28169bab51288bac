// Writes what is made from the schemas: schema/report.schema.json and docs/codes.md. Tests fail when they are out of date.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The exports of a TypeScript file. */
async function exportsOf(file) {
  const built = await esbuild.build({
    entryPoints: [join(root, file)],
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
  return module.exports;
}

const { reportJsonSchema } = await exportsOf('reports/json-schema.ts');
writeFileSync(join(root, 'schema', 'report.schema.json'), JSON.stringify(reportJsonSchema(), null, 2) + '\n');
const { codesPage } = await exportsOf('reports/codes.ts');
const page = join(root, 'docs', 'codes.md');
writeFileSync(page, codesPage());
// as `npm run format` leaves it
execFileSync(process.execPath, [join(root, 'node_modules', 'oxfmt', 'bin', 'oxfmt'), page]);
