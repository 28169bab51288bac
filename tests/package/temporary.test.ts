/** Temporary folders: whose they are, and that those of the dead are swept. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FileError } from '../../src/errors.js';
import { removeTemporary, temporaryFolder } from '../../src/io/temporary.js';
import { errorOf } from '../helpers/error-of.js';

let within: string;
beforeEach(() => {
  within = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-sweep-')));
});
afterEach(() => rmSync(within, { recursive: true, force: true }));

test('a folder says whose it is; those of dead processes are swept when the next is made, and nothing else', () => {
  const own = temporaryFolder('gate', within);
  const [, where, pid, began] = /^congruity-gate-([0-9a-f]{8})-(\d+)-(\d+)-\w{6}$/.exec(basename(own))!;
  expect(Number(pid)).toBe(process.pid);
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const name = (kind: string, place: string, process_: number | string, since: string): string =>
    join(within, `congruity-${kind}-${place}-${process_}-${since}-abcdef`);
  const goes = [name('gate', where!, dead, '123'), name('evidence', where!, dead, '0')];
  const stays = [
    name('gate', '00000000', dead, '123'), // of another machine, or another container on this one
    name('gate', where!, process.pid, began!),
    name('gate', where!, process.ppid, '0'),
    join(within, `congruity-gate-${dead}`),
    join(within, `other-${where!}-${dead}-1-abcdef`),
    join(within, 'congruity-gate-abcdef'),
  ];
  // the number of a process that is no more, which another has by now
  if (process.platform === 'linux') goes.push(name('junit', where!, process.pid, '1'));
  for (const folder of [...goes, ...stays]) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), '');
  }
  // a link is not followed, and not ours to remove
  const target = join(within, 'target');
  mkdirSync(target);
  const link = name('link', where!, dead, '5');
  symlinkSync(target, link);

  const next = temporaryFolder('gate', within);
  expect(
    readdirSync(within)
      .map((one) => join(within, one))
      .toSorted(),
  ).toEqual([...stays, own, next, target, link].toSorted());
  for (const folder of [own, next]) removeTemporary(folder);
  expect(readdirSync(within)).toHaveLength(stays.length + 2);
  // once more does no harm
  removeTemporary(own);
});

test('where there is no temporary folder, an error of ours names it', () => {
  const nowhere = join(within, 'nowhere');
  expect(() => temporaryFolder('gate', nowhere)).toThrow(
    errorOf(
      FileError,
      /the temporary folder cannot be used: there is no such file or folder \(ENOENT\)[^]*nowhere[^]*TMPDIR/,
    ),
  );
});

// one that is kept, one that is not any more, one from after nothing was kept
const killed = (shell: boolean): string => `
const fs = require('node:fs');
const { existsSync } = fs;
fs.existsSync = (path) => path === '/bin/sh' ? ${shell} && existsSync(path) : existsSync(path);
const built = require(${JSON.stringify(join(__dirname, '..', '..', 'dist', 'cjs', 'congruity.js'))});
const { temporaryFolder, removeTemporary } = built['src/io/temporary']();
const within = ${JSON.stringify(within)};
removeTemporary(temporaryFolder('gate', within));
const [gone, stays, other] = ['gate', 'junit', 'evidence'].map((name) => temporaryFolder(name, within));
removeTemporary(gone);
fs.writeFileSync(require('node:path').join(stays, 'file'), '');
fs.mkdirSync(gone);
// written to a pipe, and read there after this process is no more
setImmediate(() => process.kill(process.pid, 'SIGKILL'));
`;
test.each([
  ['a shell', true],
  ['no shell', false],
])('what a process that is killed made is removed, and nothing else, where there is %s', async (_, shell) => {
  const { signal, stderr } = spawnSync(process.execPath, ['-e', killed(shell)], { encoding: 'utf8' });
  expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
  const deadline = Date.now() + 300_000;
  const left = (): string[] => readdirSync(within).map((name) => name.split('-')[1]!);
  while (left().length > 1 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  // of another, made where one of ours had been
  expect(left()).toEqual(['gate']);
});
