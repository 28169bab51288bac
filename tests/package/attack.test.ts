/** `npm run attack`, small: that the campaign itself runs, reads undamaged files, and finds nothing in a few hundred damaged ones. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const script = join(__dirname, '..', '..', 'lab', 'attack.mjs');
const attack = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

// three processes, one of them a gate: some 5 seconds
test('a few hundred damaged files of every format end in a model or a typed error', async () => {
  const { code, stdout, stderr } = await attack('--only', 'damaged', '--files', '300', '--workers', '1');
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  const rows = stdout
    .split('\n')
    .filter((line) => line.startsWith('| damaged: '))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(rows).toHaveLength(13);
  for (const [, part, tries, accepted, typed, bad] of rows) {
    expect({ part, sum: Number(accepted) + Number(typed), bad }).toEqual({ part, sum: Number(tries), bad: '0' });
    expect(Number(tries)).toBeGreaterThan(0);
  }
});

// four processes at a time, some ended early
test('a comparison that is killed three times leaves a cache that is right, and goes on with it', async () => {
  const { code, stdout, stderr } = await attack('--only', 'cache', '--kills', '3', '--small');
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(/kills: the cache .*3 of 3 ended/);
});

test('a part that is not there is named', async () => {
  const { code, stderr } = await attack('--only', 'damage');
  expect(code).toBe(2);
  expect(stderr).toContain('there is no part damage; there are damaged, crafted');
});
