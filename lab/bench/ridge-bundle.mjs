// The measures, bundled from source, for the benchmarks: needs no build.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function load() {
  const folder = await mkdtemp(join(tmpdir(), 'ridge-bench-'));
  try {
    const outfile = join(folder, 'measures.mjs');
    const contents = [
      'src/measure/index',
      'src/representation/gram',
      'src/random',
      'src/tensor/kernels',
      'src/tensor/linalg',
    ]
      .map((name) => `export * from './${name}.ts';`)
      .join('');
    await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const seconds = (since) => (performance.now() - since) / 1000;
