/** The example that tests a network while it trains, as a reader runs it. It uses what is built in dist/. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

test('every check that the example makes comes out as its README says', () => {
  const { NODE_OPTIONS: _1, JEST_WORKER_ID: _2, CONGRUITY_EVIDENCE: _3, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join('node_modules', 'jest', 'bin', 'jest.js'),
      '--config',
      join('examples', 'training', 'jest.config.cjs'),
      '--reporters=default',
    ],
    {
      cwd: join(__dirname, '..', '..'),
      encoding: 'utf8',
      env: { ...env, NO_COLOR: '1' },
    },
  );
  const output = stdout + stderr;
  expect({ status, output }).toMatchObject({ status: 0 });
  expect(
    [...output.matchAll(/epoch (\d): accuracy [\d.]+, fingerprint (.*)/g)].map(([, epoch, said]) => [epoch, said]),
  ).toEqual([
    ['1', 'none yet'],
    ['2', 'written'],
    ['3', 'written'],
    ['4', 'written'],
    ['5', 'written'],
  ]);
  expect([...output.matchAll(/epoch (\d) against epoch \d: (.*)/g)].map(([, epoch, said]) => [epoch, said])).toEqual([
    ['3', 'undecided'],
    ['4', 'equivalent'],
    ['5', 'equivalent'],
  ]);
});
