// Streams of releases, behind lab/streams.md: node lab/streams.mjs [--streams 1000] [--releases 50] [--seed 1]
// Bundles lab/streams/main.ts with the sources as they are, then runs it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    releases: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'streams-'));
try {
  const outfile = join(folder, 'main.mjs');
  await build({
    entryPoints: [join(here, 'streams', 'main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  const { main } = await import(pathToFileURL(outfile).href);
  main({ streams: Number(values.streams), releases: Number(values.releases), seed: Number(values.seed) });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
