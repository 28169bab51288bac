// Builds the package twice, as ES modules and as CommonJS: Jest cannot require an ES module on Node 20, so both ship.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
// types of zod, and ours, name a type that TypeScript has since 5.4: package.json sends older ones here first
writeFileSync(dist('no-infer.d.ts'), 'type NoInfer<T> = [T][T extends any ? 0 : never];\n');
writeFileSync(
  dist('esm', 'before-5.4.d.ts'),
  `/// <reference path="../no-infer.d.ts" />\nexport * from './index.js';\n`,
);
const declares = (path) => path.endsWith('.d.ts') || !/\.[^/\\]*$/.test(path);
cpSync(dist('esm'), dist('cjs'), { recursive: true, filter: declares });
writeFileSync(dist('cjs', 'package.json'), '{ "type": "commonjs" }\n');
chmodSync(dist('cjs', 'cli', 'main.js'), 0o755);

// what is kept between runs (docs/cache.md) is of this code and no other
const compiled = readdirSync(dist('esm'), { recursive: true }).filter((path) => path.endsWith('.js'));
const digest = createHash('sha256');
for (const path of compiled.toSorted()) digest.update(`${path}\0`).update(readFileSync(dist('esm', path)));
const code = digest.digest('hex');
for (const path of [dist('esm', 'src', 'code.js'), dist('cjs', 'congruity.js')]) {
  const [before, after, ...more] = readFileSync(path, 'utf8').split('source, not built');
  if (after === undefined || more.length > 0) throw new Error(`${path} has no one place for the code's digest`);
  writeFileSync(path, `${before}${code}${after}`);
}
