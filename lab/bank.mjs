// How often a bank is right, behind lab/bank.md: node lab/bank.mjs [--measure cka] [--plain] [--half even|odd]
// Bundles lab/bank/main.ts with the sources as they are, then runs it.
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    measure: { type: 'string', default: 'cka' },
    plain: { type: 'boolean', default: false },
    half: { type: 'string' },
  },
});
const halves = values.half === undefined ? [0, 1] : [values.half === 'odd' ? 1 : 0];
// below the checkout: what is not bundled is found from there
const folder = mkdtempSync(join(here, '..', 'node_modules', '.cache', 'bank-'));
try {
  const outfile = join(folder, 'main.mjs');
  await build({
    entryPoints: [join(here, 'bank', 'main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  const { main } = await import(pathToFileURL(outfile).href);
  await main(join(here, 'calibration', 'models'), values.measure, !values.plain, halves);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
