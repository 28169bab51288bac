// The command `congruity suite` from the sources as they are, with the trained models of lab/: npm run suite -- n-permutation [--full] [--out folder]
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
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
  const models = join(root, 'lab', args[0] ?? '', 'models');
  const zoo = args[0] !== undefined && !args.includes('--models') && existsSync(models) ? ['--models', models] : [];
  process.exitCode = await command(['suite', ...args, ...zoo]);
} finally {
  rmSync(outfile, { force: true });
}
