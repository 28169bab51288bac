// Writes schema/report.schema.json from reports/schema.ts. A test fails when the file is out of date.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const built = await esbuild.build({
  entryPoints: [join(here, '..', 'reports', 'json-schema.ts')],
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
writeFileSync(join(here, 'report.schema.json'), JSON.stringify(module.exports.reportJsonSchema(), null, 2) + '\n');
