// Writes what is made from the schemas: schema/report.schema.json and docs/codes.md. Tests fail when they are out of date.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportsOf, root } from '../scripts/exports-of.mjs';

const { reportJsonSchema } = await exportsOf('reports/json-schema.ts');
writeFileSync(join(root, 'schema', 'report.schema.json'), JSON.stringify(reportJsonSchema(), null, 2) + '\n');
const { codesPage } = await exportsOf('reports/codes.ts');
const page = join(root, 'docs', 'codes.md');
writeFileSync(page, codesPage());
// as `npm run format` leaves it
execFileSync(process.execPath, [join(root, 'node_modules', 'oxfmt', 'bin', 'oxfmt'), page]);
