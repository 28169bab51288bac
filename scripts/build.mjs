// Builds the package twice, as ES modules and as CommonJS: Jest cannot require an ES module on Node 20, so both ship.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = (...path) => join(root, 'dist', ...path);
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compile = (...args) =>
  execFileSync(process.execPath, [tsc, '-p', root, ...args], { stdio: 'inherit', cwd: root });

rmSync(dist(), { recursive: true, force: true });
// several checkers each infer anew what they have in common: more work, and on two cores no sooner done
compile('--checkers', '1');
// the same sources: checked once, and declared once
compile('--noCheck', '--composite', 'false', '--declaration', 'false', '--module', 'commonjs', '--outDir', dist('cjs'));
const declares = (path) => path.endsWith('.d.ts') || !/\.[^/\\]*$/.test(path);
cpSync(dist('esm'), dist('cjs'), { recursive: true, filter: declares });
writeFileSync(dist('cjs', 'package.json'), '{ "type": "commonjs" }\n');
chmodSync(dist('cjs', 'cli', 'main.js'), 0o755);

// what is kept between runs (docs/cache.md) is of this code and no other
const compiled = readdirSync(dist('esm'), { recursive: true }).filter((path) => path.endsWith('.js'));
const digest = createHash('sha256');
for (const path of compiled.toSorted()) digest.update(`${path}\0`).update(readFileSync(dist('esm', path)));
const code = digest.digest('hex');
for (const kind of ['esm', 'cjs']) {
  const path = dist(kind, 'src', 'code.js');
  const before = readFileSync(path, 'utf8');
  const after = before.replace(/'source'|"source"/, JSON.stringify(code));
  if (after === before) throw new Error(`${path} has no place for the code's digest`);
  writeFileSync(path, after);
}
