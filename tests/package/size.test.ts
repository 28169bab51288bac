/** The script that packs: into a folder that is made where there is none. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

test('--into makes its folder, relative to where it is typed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'congruity-size-'));
  try {
    const script = join(__dirname, '..', '..', 'scripts', 'package-size.mjs');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' });
    expect(run('--into', 'new/deeper').stdout).toMatch(/^\d+ files, \d+ kB packed/);
    expect(readdirSync(join(folder, 'new', 'deeper'))).toEqual([expect.stringMatching(/^congruity-.*\.tgz$/)]);
    expect(run('--into')).toMatchObject({ status: 1, stderr: expect.stringContaining('--into names no folder') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
