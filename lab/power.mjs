// Whether stated power covers held-out changes, behind lab/power.md: node lab/power.mjs [--stated 6] [--held 12] [--models 3] [--inputs 128] [--draws 40] [--recipes learned,sort,count,rank]
// Bundles lab/power/main.ts with the sources as they are, then runs it. What each change came to is kept in a file below .congruity/ as it comes, so that an interrupted run of the same code goes on where it was.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    stated: { type: 'string', default: '6' },
    held: { type: 'string', default: '12' },
    models: { type: 'string', default: '3' },
    inputs: { type: 'string', default: '128' },
    draws: { type: 'string', default: '40' },
    recipes: { type: 'string', default: 'learned,sort,count,rank' },
  },
});
// below the checkout: what is not bundled is found from there
const folder = mkdtempSync(join(here, '..', 'node_modules', '.cache', 'power-'));
try {
  const outfile = join(folder, 'main.mjs');
  await build({
    entryPoints: [join(here, 'power', 'main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  const { main } = await import(pathToFileURL(outfile).href);
  await main(join(here, 'calibration', 'models'), {
    stated: Number(values.stated),
    held: Number(values.held),
    models: Number(values.models),
    inputs: Number(values.inputs),
    draws: Number(values.draws),
    recipes: values.recipes.split(','),
    folder: join(
      here,
      '..',
      '.congruity',
      'lab-power',
      createHash('sha256').update(readFileSync(outfile)).digest('hex'),
    ),
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
