// The size of the npm package against what it was when last looked at (package-size.json). Needs a build.
//   npm run size             fails where the package grew by more than a tenth, and says what grew
//   npm run size -- --write  takes today's sizes
//   --into <folder>          leaves the package there, for who needs it packed; the folder is made
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = process.argv.indexOf('--into');
if (at > 0 && !process.argv[at + 1]) throw new Error('--into names no folder');
const into = at > 0 ? resolve(process.argv[at + 1]) : undefined;
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const RECORD = 'package-size.json';
const MAY_GROW = 1.1;

const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
if (into !== undefined) mkdirSync(into, { recursive: true });
const where = into === undefined ? ['--dry-run'] : ['--pack-destination', into];
const args = [...npm.slice(1), 'pack', ...where, '--json', '--ignore-scripts'];
const [packed] = JSON.parse(execFileSync(npm[0], args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));

/** The folder that a file counts to: `dist/esm/src/model`, `docs`, or `.` for those at the top. */
const folderOf = (path) => path.split('/').slice(0, -1).slice(0, 4).join('/') || '.';
const folders = {};
for (const { path, size } of packed.files) folders[folderOf(path)] = (folders[folderOf(path)] ?? 0) + size;
const now = {
  files: packed.entryCount,
  packed: packed.size,
  unpacked: packed.unpackedSize,
  folders: Object.fromEntries(Object.entries(folders).toSorted(([a], [b]) => (a < b ? -1 : 1))),
};

if (process.argv.includes('--write')) writeFileSync(RECORD, `${JSON.stringify(now, null, 2)}\n`);
const then = JSON.parse(readFileSync(RECORD, 'utf8'));
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
const wrong = ['files', 'packed', 'unpacked'].filter((what) => now[what] > then[what] * MAY_GROW);
console.log(`${now.files} files, ${kilobytes(now.packed)} packed, ${kilobytes(now.unpacked)} unpacked`);
if (wrong.length > 0) {
  const grown = Object.entries(now.folders)
    .map(([folder, size]) => ({ folder, size, more: size - (then.folders[folder] ?? 0) }))
    .filter(({ more }) => more > 0)
    .toSorted((a, b) => b.more - a.more)
    .slice(0, 8);
  for (const what of wrong) console.log(`${what}: ${now[what]}, was ${then[what]}: more than a tenth above ${RECORD}`);
  for (const { folder, size, more } of grown) console.log(`  ${folder}: ${kilobytes(size)}, ${kilobytes(more)} more`);
  console.log('leave out what nobody needs, or take the new sizes: npm run size -- --write');
}
process.exit(wrong.length > 0 ? 1 : 0);
