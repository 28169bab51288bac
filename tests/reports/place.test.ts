/** How a report gets to its place: whole, of one run, and past whatever lies there. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checkPlace, publish, setAside, type ReportFile } from '../../reports/place.js';
import { replaceFile } from '../../src/io/whole-file.js';
import { testUnless } from '../helpers/unless.js';
import { FileError } from '../../src/errors.js';
import { errorOf } from '../helpers/error-of.js';

const built = join(__dirname, '..', '..', 'dist', 'cjs', 'congruity.js');
if (!existsSync(built)) throw new Error('the package is not built: npm run build');

const base = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-place-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folder: string;
let n = 0;
beforeEach(() => void (folder = join(base, String(n++))));

const names = ['report.html', 'summary.md', 'junit.xml', 'report.json'] as const;
const texts = (run: string, size = 10, of: readonly ReportFile[] = names): Map<ReportFile, string> =>
  new Map(of.map((name) => [name, `congruity, run ${run} ${'x'.repeat(size)}`]));
const runs = (): (string | undefined)[] =>
  names.map((name) =>
    existsSync(join(folder, name)) ? /run (\w+)/.exec(readFileSync(join(folder, name), 'utf8'))![1] : undefined,
  );
const files = (): string[] => readdirSync(folder).sort();

/** Publishes in a process of its own under a limit of `blocks` times 1024 bytes a file: the last write that fits is a short one, as on a full disk. */
function publishUnderLimit(size: number, blocks: number): { status: number | null; text: string } {
  const script = `const { publish } = require(${JSON.stringify(built)})['reports/place']();
    try { publish(${JSON.stringify(folder)}, new Map(${JSON.stringify([...texts('new', 10)])}.concat([['report.json', 'congruity, run new ' + 'x'.repeat(${size})]]))); }
    catch (error) { console.log(error.name, error.what); process.exit(2); }`;
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `ulimit -f ${blocks} && exec "$0" -e "$1"`, process.execPath, script],
    { encoding: 'utf8' },
  );
  return { status, text: stdout + stderr };
}

// in a process of its own, which can be ended: Node's recursive mkdir does not end below /proc
testUnless(process.platform !== 'linux' && 'only Linux has /proc')(
  'a folder that the system makes no folders in is refused',
  () => {
    const script = `try { require(${JSON.stringify(built)})['reports/place']().checkPlace('/proc/congruity-report/deep', undefined, true); } catch (error) { console.log(error.what); }`;
    const { status, stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 20_000 });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^The report cannot be written: .* \((ENOENT|EACCES)\)/),
    });
  },
);

describe('a report is whole, or not there', () => {
  test('all files of one run, and nothing else', () => {
    expect(publish(folder, texts('one'))).toEqual(names.map((name) => join(folder, name)));
    publish(folder, texts('two', 1_000_000));
    expect(runs()).toEqual(['two', 'two', 'two', 'two']);
    expect(files()).toEqual([...names].sort());
    expect(readFileSync(join(folder, 'report.html'))).toHaveLength('congruity, run two '.length + 1_000_000);
  });

  test('where a write takes only a part, the last report is set aside and no new one is there', () => {
    publish(folder, texts('old'));
    expect(publishUnderLimit(200_000, 100)).toMatchObject({
      status: 2,
      text: expect.stringMatching(/^FileError The report cannot be written: .* \(EFBIG\)/),
    });
    expect(files()).toEqual(names.map((name) => `${name}.previous`).sort());
    expect(readFileSync(join(folder, 'report.json.previous'), 'utf8')).toContain('run old');
    // and with room it is there, and what was set aside is gone
    expect(publishUnderLimit(200_000, 300)).toEqual({ status: 0, text: '' });
    expect(runs()).toEqual(['new', 'new', 'new', 'new']);
    expect(files()).toEqual([...names].sort());
  });

  // a disk that is full indeed. A container's root may not mount one either; the limit above shows the same
  const disk = join(base, 'disk');
  const mount = (): boolean => {
    mkdirSync(disk, { recursive: true });
    return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status === 0;
  };
  const mayMount = mount();
  if (mayMount) spawnSync('umount', [disk]);
  testUnless(!mayMount && 'no disk may be mounted')('a full disk', () => {
    expect(mount()).toBe(true);
    try {
      folder = join(disk, 'report');
      publish(folder, texts('old'));
      expect(() => publish(folder, texts('new', 100_000))).toThrow(/ENOSPC/);
      expect(files()).toEqual(names.map((name) => `${name}.previous`).sort());
      expect(spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'fill')}`, 'bs=4k']).status).toBe(1);
      expect(() => checkPlace(folder, undefined, true)).toThrow(
        errorOf(FileError, /cannot be written: the disk is full \(ENOSPC\)/),
      );
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  test('what a killed run left half written is swept; what a living one writes is not', () => {
    mkdirSync(folder);
    const dead = spawnSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }).stdout.trim();
    const left = [
      `report.json.${dead}.0123abcd.new`,
      `report.json.${process.pid}.0123abcd.new`,
      `mine.${dead}.0123abcd.new`,
    ];
    for (const name of left) writeFileSync(join(folder, name), '{');
    publish(folder, texts('one'));
    expect(files().filter((name) => name.endsWith('.new'))).toEqual(left.slice(1).sort());
  });

  test('a run that writes fewer files leaves none of another run', () => {
    publish(folder, texts('old'));
    publish(folder, texts('new', 10, ['report.json']));
    expect(files()).toEqual(['report.json']);
  });
});

describe('what lies in its place', () => {
  test('a link is replaced, and what it points to stays', () => {
    mkdirSync(folder);
    const target = join(base, 'precious.json');
    writeFileSync(target, 'precious');
    for (const name of names) symlinkSync(target, join(folder, name));
    publish(folder, texts('one'));
    expect(runs()).toEqual(['one', 'one', 'one', 'one']);
    expect(lstatSync(join(folder, 'report.json')).isSymbolicLink()).toBe(false);
    expect(readFileSync(target, 'utf8')).toBe('precious');
    const kept = join(folder, 'kept.txt');
    symlinkSync(target, kept);
    replaceFile(kept, 'new');
    expect([readFileSync(kept, 'utf8'), readFileSync(target, 'utf8')]).toEqual(['new', 'precious']);
  });

  test('a pipe is replaced, and nobody waits for its reader', () => {
    mkdirSync(folder);
    for (const name of names) spawnSync('mkfifo', [join(folder, name)]);
    expect(lstatSync(join(folder, 'junit.xml')).isFIFO()).toBe(true);
    checkPlace(folder, undefined, true);
    setAside(folder);
    publish(folder, texts('one'));
    expect(runs()).toEqual(['one', 'one', 'one', 'one']);
  });

  test('a file of the same name that is not ours is not set aside', () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'junit.xml'), '<testsuites name="jest tests"></testsuites>');
    writeFileSync(join(folder, 'summary.md'), '# My notes');
    setAside(folder);
    publish(folder, texts('one', 10, ['report.json', 'report.html']));
    expect(files()).toEqual(['junit.xml', 'report.html', 'report.json', 'summary.md']);
  });
});

describe('before the work', () => {
  const problem = (work: () => void): { what: string; where: string } => {
    try {
      work();
    } catch (error) {
      return error as { what: string; where: string };
    }
    throw new Error('nothing was wrong');
  };

  test('a place that is fine is left as it was', () => {
    checkPlace(join(folder, 'deep', 'down'), undefined, false);
    expect(existsSync(folder)).toBe(false);
    checkPlace(folder, join(base, 'step.md'), true);
    expect(files()).toEqual([]);
    expect(existsSync(join(base, 'step.md'))).toBe(false);
    checkPlace(folder, '/dev/null', true);
  });

  test.each([
    [
      'below a file',
      () => writeFileSync(folder, ''),
      'inside',
      /a part of its path is a file, not a folder \(ENOTDIR\)/,
    ],
    [
      'a folder where a file goes',
      () => mkdirSync(join(folder, 'report.html'), { recursive: true }),
      '',
      /report\.html is a folder there/,
    ],
    ['a link to nowhere', () => symlinkSync(join(base, 'nowhere'), folder), '', /ENOENT/],
  ])('%s', (_, make, inner, what) => {
    make();
    for (const touch of [true, false]) {
      const { what: said, where } = problem(() => checkPlace(join(folder, inner), undefined, touch));
      expect(said).toMatch(what);
      expect(where).toBe(join(folder, inner));
    }
  });

  test.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['in no folder', () => undefined],
    ['a pipe', (path: string) => spawnSync('mkfifo', [path])],
  ])('GITHUB_STEP_SUMMARY that is %s is named, not --out', (kind, make) => {
    const path = kind === 'in no folder' ? join(folder, 'none', 'step.md') : join(base, `step-${n}`);
    make(path);
    expect(problem(() => checkPlace(join(base, 'out'), path, true))).toMatchObject({
      what: expect.stringContaining('GITHUB_STEP_SUMMARY'),
      where: path,
    });
  });
});
