// A disk that is full from the start, or becomes full while gates run: exit code 2, verdicts on the terminal all the same, and no old report in the place of the new one.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gate, project, reportFiles, started } from './gates.mjs';
import { row, workFolder } from './place.mjs';

const config = (full) => `const { side, sums, options } = require('./library.cjs');
const { openSync, writeSync } = require('node:fs');
// takes what room there is
const fill = () => { const file = openSync(${JSON.stringify(full)}, 'a'); try { for (;;) writeSync(file, Buffer.alloc(512)); } catch {} };
module.exports = { gates: [{ name: 'one', baseline: () => side('a'), candidate: () => side('b', { onRun: process.env.FILL ? fill : undefined }), task: sums(), options }] };`;

export async function disk() {
  const folder = workFolder('disk');
  const small = join(folder, 'small');
  mkdirSync(small);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', small]).status === 0;
  const found = row('full disk', {
    note: mounted ? 'a file system of 512 kB' : 'ulimit -f: no file system of a size could be mounted',
  });
  const at = project(join(folder, 'project'), { 'congruity.config.cjs': config(join(small, 'fill')) });
  const out = join(small, 'report');
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const old = join(folder, 'old');
  await started(gate('congruity.config.cjs', '--out', old), { cwd: at, env: { TMPDIR: temporary } }).ended;
  const text = (place, name) => readFileSync(join(place, name), 'utf8');
  const check = (what, held, said) => {
    if (!held) found.bad.push(`${what}: ${said}`);
  };
  const run = async (what, { env = {}, limit }) => {
    rmSync(out, { recursive: true, force: true });
    cpSync(old, out, { recursive: true });
    if (what.startsWith('full from'))
      spawnSync('sh', ['-c', `cat /dev/zero > ${join(small, 'fill')}`], { stdio: 'ignore' });
    const args = gate('congruity.config.cjs', '--out', out);
    const { code, stdout, stderr } = await started(
      limit ? ['sh', '-c', `ulimit -f ${limit}; exec "$0" "$@"`, ...args] : args,
      { cwd: at, env: { TMPDIR: temporary, ...env } },
    ).ended;
    rmSync(join(small, 'fill'), { force: true });
    const said = `exit code ${code}\n${(stdout + stderr).slice(-600)}`;
    const before = found.bad.length;
    found.tries++;
    check(what, code === 2 && !/please report|\n {4}at /.test(stdout + stderr), said);
    const wrong = reportFiles.filter(
      (name) => existsSync(join(out, name)) && (text(out, name) === text(old, name) || text(out, name) === ''),
    );
    check(`${what}, an old or a torn file is in the report's place: ${wrong.join(', ')}`, wrong.length === 0, said);
    if (env.FILL || limit)
      check(`${what}, the verdict is not printed`, /one/.test(stdout) && /held|established/i.test(stdout), said);
    if (found.bad.length === before) found.typed++;
  };
  try {
    if (mounted) {
      await run('full from the start', {});
      await run('full while gates run', { env: { FILL: '1' } });
      // the temporary folder
      spawnSync('sh', ['-c', `cat /dev/zero > ${join(small, 'fill')}`], { stdio: 'ignore' });
      const { code, stdout, stderr } = await started(gate('congruity.config.cjs'), { cwd: at, env: { TMPDIR: small } })
        .ended;
      found.tries++;
      if (code === 2 && !/please report|\n {4}at /.test(stdout + stderr)) found.typed++;
      else found.bad.push(`the temporary folder's disk is full: exit code ${code} ${(stdout + stderr).slice(-800)}`);
    } else {
      // in blocks of 512 bytes: room for the small files of a run, and not for its report
      await run('files of at most 16 kB', { limit: 32 });
    }
    return [found];
  } finally {
    if (mounted) spawnSync('umount', [small]);
    rmSync(folder, { recursive: true, force: true });
  }
}
