// Builds the package twice, as ES modules and as CommonJS: Jest cannot require an ES module on Node 20, so both ship.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compile = (...args) =>
  execFileSync(process.execPath, [tsc, '-p', root, ...args], { stdio: 'inherit', cwd: root });

rmSync(join(root, 'dist'), { recursive: true, force: true });
compile();
// the same sources: checked once
compile('--noCheck', '--module', 'commonjs', '--outDir', join(root, 'dist', 'cjs'));
mkdirSync(join(root, 'dist', 'cjs'), { recursive: true });
writeFileSync(join(root, 'dist', 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
chmodSync(join(root, 'dist', 'cjs', 'cli', 'main.js'), 0o755);
