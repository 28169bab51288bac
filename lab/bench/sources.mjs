// What a benchmark needs of the sources, as one module: it then measures the code as it is, without a build.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param contents TypeScript that exports what is wanted, with paths from the project's root
 * @param define what takes the place of a name in it
 */
export async function fromSources(name, contents, define = {}) {
  const cache = join(root, 'node_modules', '.cache', 'congruity');
  mkdirSync(cache, { recursive: true });
  const outfile = join(cache, `${name}.cjs`);
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logOverride: { 'empty-import-meta': 'silent' },
    packages: 'external',
    // examples name the package
    define,
    alias: { congruity: join(root, 'index.ts') },
    outfile,
    logLevel: 'error',
  });
  return createRequire(import.meta.url)(outfile);
}
