// The command `congruity suite` from the sources as they are, with the trained models of lab/: npm run suite -- n-permutation [--full] [--out folder], npm run suite -- ioi
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The models of lab/ that a suite compares where none are named: a folder of packed files, or a folder for each. */
function modelsOf(name) {
  const packed = join(root, 'lab', name ?? '', 'models');
  if (name !== undefined && existsSync(packed)) return ['--models', packed];
  const folder = join(root, 'lab', 'language-models', 'models');
  if (name !== 'ioi' || !existsSync(folder)) return [];
  const each = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());
  return ['--models', ...each.map((one) => join(folder, one.name))];
}

const outfile = join(root, 'node_modules', '.cache', 'congruity', `suite-${process.pid}.cjs`);
mkdirSync(join(outfile, '..'), { recursive: true });
try {
  await build({
    stdin: { contents: "export { command } from './cli/command.js';", resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logOverride: { 'empty-import-meta': 'silent' },
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  const { command } = createRequire(import.meta.url)(outfile);
  const args = process.argv.slice(2);
  process.exitCode = await command(['suite', ...args, ...(args.includes('--models') ? [] : modelsOf(args[0]))]);
} finally {
  rmSync(outfile, { force: true });
}
