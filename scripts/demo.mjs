// Runs the gate on the example: two candidates that may go out and one that may not, though all are 100 % accurate.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status;

if (node('scripts/build.mjs') !== 0) process.exit(2);
const cli = join('dist', 'cjs', 'cli', 'main.js');
const status = node(cli, 'gate', join('examples', 'modular-addition', 'congruity.config.ts'), ...process.argv.slice(2));
const report = join('congruity-report', 'report.html');
console.log(
  status === 1
    ? `\nThe gate exited with 1, as it should: one of the three candidates adds by another mechanism.\nOpen ${report} to see how far apart the models are, and where.`
    : `\nThe gate exited with ${status}; 1 was expected.${existsSync(join(root, report)) ? ` See ${report}.` : ''}`,
);
process.exit(status === 1 ? 0 : 2);
