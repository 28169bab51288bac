// Builds the package twice, as ES modules and as CommonJS: Jest cannot require an ES module on Node 20, so both ship.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = (...path) => join(root, 'dist', ...path);
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compile = (...args) =>
  execFileSync(process.execPath, [tsc, '-p', root, ...args], { stdio: 'inherit', cwd: root });

rmSync(dist(), { recursive: true, force: true });
// several checkers each infer anew what they have in common: more work, and on two cores no sooner done
compile('--checkers', '1');
// the same sources: checked once, and declared once
const modules = readdirSync(dist('esm'), { recursive: true })
  .filter((path) => path.endsWith('.js'))
  .map((path) => path.slice(0, -'.js'.length).replaceAll('\\', '/'))
  .sort();
await bundle(root, modules, dist('cjs'));
const declares = (path) => path.endsWith('.d.ts') || !/\.[^/\\]*$/.test(path);
cpSync(dist('esm'), dist('cjs'), { recursive: true, filter: declares });
writeFileSync(dist('cjs', 'package.json'), '{ "type": "commonjs" }\n');
chmodSync(dist('cjs', 'cli', 'main.js'), 0o755);
