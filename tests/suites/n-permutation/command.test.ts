/** The command refuses what it cannot run, before anything is computed. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { command } from '../../../cli/command.js';

let folder: string;
let said: { out: string; err: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suite-command-'));
  said = { out: '', err: '' };
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((said.out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((said.err += String(text)), true));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test('without a name it lists the suites', async () => {
  expect(await command(['suite'])).toBe(0);
  expect(said.out).toMatch(/^n-permutation: six algorithms[^]*^ioi: language models/m);
});

test('a name that is none', async () => {
  expect(await command(['suite', 'n-permutations', '--out', folder])).toBe(2);
  expect(said.err).toMatch(/no suite "n-permutations"[^]*n-permutation/);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  [['--seed', 'one'], /a whole number is needed[^]*options of n-permutation\.seed/],
  [['--sead', '1'], /unknown option "sead"[^]*seed/],
  [['1', '--seed', '1'], /"1" stands before every option/],
  [['--out', ''], /--out is empty/],
  [['--models', ' '], /the path of a folder of trained models is needed[^]*models/],
])('%j', async (args, message) => {
  expect(await command(['suite', 'n-permutation', ...args])).toBe(2);
  expect(said.err).toMatch(message);
});

test('models that are not there, and a result that is damaged', async () => {
  expect(await command(['suite', 'n-permutation', '--out', folder, '--models', folder])).toBe(2);
  expect(said.err).toMatch(/there is none of weights\.safetensors/);
  writeFileSync(join(folder, 'n-permutation.json'), '{}');
  expect(await command(['suite', 'n-permutation', '--out', folder])).toBe(2);
  expect(said.err).toMatch(/damaged/);
  // what is refused is not gone on from
  expect(said.err).not.toMatch(/going on/);
});

test('a folder that cannot be made', async () => {
  writeFileSync(join(folder, 'file'), '');
  expect(await command(['suite', 'n-permutation', '--out', join(folder, 'file', 'below')])).toBe(2);
  expect(said.err).toMatch(/the folder cannot be made/);
});
