// The command, and Jest with the reporter, ended at any time: nothing may stay, and no report may be of two runs or half a file.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gate, jest, project, reportFiles, started } from './gates.mjs';
import { dist, inside, marked, row, wait, workFolder } from './place.mjs';

const config = `const { side, sums, options } = require('./library.cjs');
module.exports = { gates: ['one', 'two'].map((name) => ({ name, baseline: () => side('a'), candidate: () => side('b'), task: sums(), options })) };`;
const test = `require('congruity/setup');
const { side, sums, options: { set, ...options } } = require('./library.cjs');
test('same', async () => { await expect(side('b')).toBeInterpretivelyEquivalent(side('a'), { ...options, on: sums() }); }, 60000);`;
const signals = ['SIGKILL', 'SIGINT', 'SIGTERM'];

/** Why a report folder is none that may be there; undefined where it is whole, or empty. */
function torn(folder) {
  if (!existsSync(folder)) return undefined;
  const there = reportFiles.filter((name) => existsSync(join(folder, name)));
  if (there.length === 0) return undefined;
  if (!there.includes('report.json')) return `there are ${there.join(', ')} without report.json`;
  const text = (name) => readFileSync(join(folder, name), 'utf8');
  let run;
  try {
    ({ run } = JSON.parse(text('report.json')));
  } catch (error) {
    return `report.json is torn: ${error.message}`;
  }
  if (!text('junit.xml').trimEnd().endsWith('</testsuites>') || !text('report.html').trimEnd().endsWith('</html>'))
    return 'a file is torn';
  const other = there.filter((name) => !text(name).includes(run));
  return other.length > 0 ? `${other.join(', ')} are of another run than report.json` : undefined;
}

export async function kills({ seed, seconds, kills: count = 100, workers = 2 }) {
  const { random } = inside('src/random');
  const folder = workFolder('kills');
  const deadline = Date.now() + 1000 * seconds;
  const rows = new Map([
    ['gate', row('kills: the command')],
    ['jest', row('kills: Jest with the reporter')],
  ]);
  let next = 0;
  // runs that were ended: others were quicker than the signal
  let done = 0;
  const work = async (worker) => {
    const temporary = join(folder, `tmp-${worker}`);
    mkdirSync(temporary);
    const at = project(join(folder, `project-${worker}`), { 'congruity.config.cjs': config, 'a.spec.cjs': test });
    const commands = {
      gate: { args: gate('congruity.config.cjs', '--workers', '2'), out: join(at, 'congruity-report') },
      jest: {
        args: jest(
          '--ci',
          '--config',
          JSON.stringify({
            rootDir: at,
            transform: {},
            testMatch: ['**/*.spec.cjs'],
            reporters: ['default', [dist('reports', 'reporter.js'), { out: join(at, 'jest-report') }]],
          }),
        ),
        out: join(at, 'jest-report'),
      },
    };
    const took = {};
    const left = () => readdirSync(temporary).filter((name) => name.startsWith('congruity-'));
    for (const [name, { args, out }] of Object.entries(commands)) {
      const began = Date.now();
      const whole = await started(args, { cwd: at, env: { TMPDIR: temporary } }).ended;
      if (!(whole.code < 2) || !existsSync(join(out, 'report.json')))
        rows.get(name).bad.push(`left alone it ends with ${whole.code}: ${(whole.stdout + whole.stderr).slice(-500)}`);
      took[name] = Date.now() - began;
    }
    while (done < count && Date.now() < deadline) {
      const number = next++;
      const name = number % 10 === 9 ? 'jest' : 'gate';
      const { args, out } = commands[name];
      const found = rows.get(name);
      const numbers = random(seed, `kill ${number}`);
      const signal = signals[numbers.below(3)];
      const mark = `${process.pid}-${number}-`;
      const { child, ended } = started(args, { cwd: at, env: { TMPDIR: temporary, ATTACK_MARK: mark } });
      // half of them late, where the report is written
      const delay =
        took[name] * (numbers.below(2) === 0 ? numbers.below(1000) / 1000 : 0.6 + numbers.below(500) / 1000);
      const began = Date.now();
      const over = await Promise.race([ended, wait(delay)]);
      const what = `${signal} after ${Math.round(delay)} of ${took[name]} ms`;
      if (over === undefined) child.kill(signal);
      const { code } = await ended;
      found.tries++;
      if (over === undefined) {
        found.typed++;
        done++;
      } else {
        found.accepted++;
        // the machine has become quicker
        took[name] = Date.now() - began;
      }
      // 0 and 1 are verdicts: of a run that was quicker than the signal, and has left its report
      if (name === 'gate' && (code === 0 || code === 1) && !existsSync(join(out, 'report.json')))
        found.bad.push(`${what}: exit code ${code} without a report`);
      for (let tries = 0; tries < 150 && marked(`ATTACK_MARK=${mark}`).length > 0; tries++) await wait(100);
      const still = marked(`ATTACK_MARK=${mark}`);
      if (still.length > 0) found.bad.push(`${what}: ${still.length} processes live 15 s later`);
      for (const pid of still) process.kill(pid, 'SIGKILL');
      const why = torn(out);
      if (why) found.bad.push(`${what}: ${why}`);
    }
    // the next start tidies up what the kept process could not
    const last = await started(commands.gate.args, { cwd: at, env: { TMPDIR: temporary } }).ended;
    if (!(last.code < 2)) rows.get('gate').bad.push(`after all of them it ends with ${last.code}`);
    await wait(500);
    if (left().length > 0)
      rows.get('gate').bad.push(`${left().length} temporary folders are left: ${left().slice(0, 3).join(', ')}`);
  };
  try {
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
    if (done < count) rows.get('gate').note = `${done} of ${count} ended: stopped after ${seconds} s`;
    return [...rows.values()].filter(({ tries, bad }) => tries > 0 || bad.length > 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
