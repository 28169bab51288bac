/** The command on real models: what it says, writes and exits with. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../reports/schema.js';
import { validReport } from '../../reports/validate.js';
import { addition, Project, quick, root, start, type Result } from './command.js';
import { OneProcess } from './one-process.js';

const project = new Project().withModels();
// the command as a process of its own is what the four gates, Ctrl-C and the other files run
const shared = new OneProcess();
const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Result> =>
  shared.run(project, args, { env });
afterAll(() => {
  shared.end();
  project.remove();
});

const report = (folder = 'congruity-report'): Report =>
  JSON.parse(readFileSync(project.path(folder, 'report.json'), 'utf8')) as Report;
// oxlint-disable-next-line no-control-regex
const escape = /\u001b/;
const leftBehind = (): string[] =>
  readdirSync(project.temporary).filter((name) => /^congruity-(gate|evidence|junit)-/.test(name));

project.write(
  'congruity.config.ts',
  `${addition}
const gate = (name: string, candidate: string, options: object = ${quick}) =>
  ({ name, baseline: 'models/released.safetensors', candidate: \`models/\${candidate}.safetensors\`, task: addition, options });
export default {
  seed: 3,
  gates: [
    gate('8-bit copy', 'quantised', { ...${quick}, power: undefined }),
    gate('other mechanism <b>', 'constant-attention'),
    gate('too few', 'quantised', { ...${quick}, budget: { draws: 2 } }),
    gate('truncated', 'truncated'),
  ],
};`,
);
const whole = readFileSync(project.path('models/quantised.safetensors'));
writeFileSync(project.path('models/truncated.safetensors'), whole.subarray(0, whole.length - 100));
writeFileSync(project.path('models/truncated.json'), readFileSync(project.path('models/quantised.json')));

describe('four gates, one of each status', () => {
  let result: Result;
  beforeAll(async () => {
    writeFileSync(project.path('step.md'), '# before\n');
    result = await project.run(['gate'], { GITHUB_STEP_SUMMARY: project.path('step.md') });
  });

  test('exit 2: one could not be judged; the report agrees', () => {
    expect({ code: result.code, stderr: result.stderr }).toMatchObject({ code: 2 });
    const { exitCode, totals, checks, tool } = report();
    expect({ exitCode, totals }).toEqual({
      exitCode: 2,
      totals: { held: 1, violated: 1, notEstablished: 1, notJudged: 1 },
    });
    expect(checks.map((check) => [check.test, check.status, check.file])).toEqual([
      ['8-bit copy', 'held', 'congruity.config.ts'],
      ['other mechanism <b>', 'violated', 'congruity.config.ts'],
      ['too few', 'not established', 'congruity.config.ts'],
      ['truncated', 'not judged', 'congruity.config.ts'],
    ]);
    expect(tool.version).toBe(
      (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version,
    );
    expect(checks[3]!.error).toMatchObject({ name: 'FileError', code: 'BAD_FILE' });
    expect(checks[1]!.replay).toBe(`npx congruity gate congruity.config.ts --only 'other mechanism <b>' --seed 3`);
  });

  test('a gate says what it would stop without being asked, a few changes in each run, and not if it is told to be still', () => {
    const [first, ...others] = report().checks;
    expect(first!.evidence!.power).toMatchObject({ judged: 2, cached: false });
    expect(first!.evidence!.power!.planned).toBeGreaterThan(2);
    for (const { evidence } of others) expect(evidence?.power).toBeUndefined();
    expect(first!.evidence!.power!.reasons.at(-1)).toMatch(/^\d+ more changes will be judged in the next runs\.$/);
    const [file, ...more] = readdirSync(project.path('.congruity/power'));
    expect(more).toEqual([]);
    const kept = readFileSync(project.path(`.congruity/power/${file}`), 'utf8');
    expect(Object.keys((JSON.parse(kept) as { changes: object }).changes)).toHaveLength(2);
  });

  // tests/reports holds the published schema to this one
  test('the report meets its schema', () => {
    expect(validReport(report())).toEqual(report());
  });

  test('the terminal says it, without colour where it is piped', () => {
    expect(escape.test(result.stdout + result.stderr)).toBe(false);
    for (const part of [
      '✓ 8-bit copy',
      '✗ other mechanism <b> – violated',
      'Received  different (necessity violated)',
      'undecided (sufficiency not established)',
      'To settle',
      '! truncated – not judged',
      '1 of 4 checks holds',
      'Report: congruity-report',
    ])
      expect(result.stdout).toContain(part);
    for (const name of ['8-bit copy', 'too few', 'truncated']) expect(result.stderr).toContain(`started   ${name}`);
    expect(result.stderr).toContain('✓ held  8-bit copy');
    // Jest itself is not heard
    expect(result.stdout + result.stderr).not.toMatch(/Test Suites:|PASS|FAIL|●/);
  });

  test('junit.xml has a case per gate, with its values', () => {
    const xml = readFileSync(project.path('congruity-report', 'junit.xml'), 'utf8');
    expect(xml).toContain('<testsuites name="congruity" tests="4" failures="2" errors="1"');
    const cases = xml.split('<testcase ').slice(1);
    expect(cases.map((one) => / name="([^"]*)"/.exec(one)![1])).toEqual([
      '8-bit copy',
      'other mechanism &lt;b&gt;',
      'too few',
      'truncated',
    ]);
    const { judgement, seed } = report().checks[1]!.evidence!;
    for (const [name, value] of [
      ['congruity.status', 'violated'],
      ['congruity.outcome', 'different'],
      ['excess.baseline', judgement.sides[0].excess.estimate],
      ['excess.baseline.low', judgement.sides[0].excess.low],
      ['excess.candidate.high', judgement.sides[1].excess.high],
      ['T2', judgement.sides[1].T.estimate],
      ['congruity', judgement.congruity.estimate],
      ['energy.p', judgement.energy.p],
      ['seed', seed],
    ])
      expect(cases[1]).toContain(`[[PROPERTY|${name}=${value}]]`);
    expect(cases[0]).not.toContain('<failure');
    expect(cases[1]).toContain('necessity violated');
    expect(cases[3]).toMatch(/<error message="Not judged: [^"]+" type="not judged">/);
  });

  test('summary.md is written, and appended to $GITHUB_STEP_SUMMARY', () => {
    const summary = readFileSync(project.path('congruity-report', 'summary.md'), 'utf8');
    expect(summary).toContain('## congruity: 1 of 4 checks holds');
    expect(readFileSync(project.path('step.md'), 'utf8')).toBe(`# before\n${summary}`);
  });

  test('report.html shows them', () => {
    const page = readFileSync(project.path('congruity-report', 'report.html'), 'utf8');
    expect(page.includes('other mechanism &lt;b&gt;')).toBe(true);
    expect(page.match(/<section class="check"/g)).toHaveLength(4);
    expect(page.match(/<svg/g)!.length).toBeGreaterThanOrEqual(21);
  });

  test('nothing is left in the temporary folder', () => expect(leftBehind()).toEqual([]));

  test('replayed alone, a gate measures the same to the bit; --out, --json and FORCE_COLOR', async () => {
    const { code, stdout, stderr } = await run(
      ['gate', '--only', '8-bit copy', '--seed', '3', '--out', 'again', '--json', '--no-cache'],
      { FORCE_COLOR: '1' },
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(escape.test(stderr)).toBe(true);
    expect(stdout).toBe(readFileSync(project.path('again', 'report.json'), 'utf8'));
    const { seconds: _1, power: more, rows: all, ...again } = report('again').checks[0]!.evidence!;
    const { seconds: _2, power: some, rows: _3, ...first } = report().checks[0]!.evidence!;
    expect(all.kept).toBe(0);
    expect(again).toEqual(first);
    // the next run went on
    expect([some!.judged, more!.judged]).toEqual([2, 4]);
    expect(readdirSync(project.path('again')).sort()).toEqual([
      'junit.xml',
      'report.html',
      'report.json',
      'summary.md',
    ]);
    expect(report('again').partial).toBe('only 1 of the 4 gates (--only)');
    expect(report().partial).toBeUndefined();
  });

  test('a second run in which nothing changed runs no model, and says the same', async () => {
    const { code } = await run(['gate', '--out', 'second']);
    expect(code).toBe(2);
    const [first, second] = [report(), report('second')].map(({ checks }) =>
      checks.map(({ status, error, evidence }) => {
        const { seconds: _1, rows, power, ...rest } = evidence ?? { rows: undefined };
        return { rows, power, same: { status, error, rest } };
      }),
    );
    expect(second!.map(({ same }) => same)).toEqual(first!.map(({ same }) => same));
    for (const { rows } of second!.slice(0, 3)) expect(rows).toEqual({ computed: 0, kept: expect.any(Number) });
    // the run above judged two more changes; this one, which has nothing to compute, none
    expect(second![0]!.power!.judged).toBe(4);
    const { stdout } = await run(['cache', '--json']);
    const { files } = JSON.parse(stdout) as { files: { kind: string; rows: number }[] };
    expect(files.filter(({ kind }) => kind === 'verdict')).toHaveLength(3);
    expect((await run(['cache'])).stdout).toMatch(/verdict: 3, \d+ KiB, \d+ rows/);
    expect((await run(['cache', '--clear'])).stdout).toMatch(new RegExp(`removed ${files.length} files`));
    expect((await run(['cache'])).stdout).toMatch(/: 0 files, 0 KiB\n$/);
  });

  test('exit 1 where a gate is violated and every one was judged; another seed draws others', async () => {
    const { code } = await run([
      'gate',
      '--only',
      'other mechanism <b>',
      '--seed',
      '4',
      '--backend',
      'wasm',
      '--out',
      'seed4',
    ]);
    expect(code).toBe(1);
    const { evidence } = report('seed4').checks[0]!;
    expect(evidence!.seed).toBe(4);
    expect(evidence!.environment.backend).toBe('wasm');
    expect(evidence!.distances).not.toEqual(report().checks[1]!.evidence!.distances);
  });
});

test('a backend that does not work here: exit 2, with why, and a gate on an ONNX file, which is not computed by it, is judged', async () => {
  copyFileSync(
    join(root, 'tests', 'model', 'formats', 'onnx', 'fixtures', 'encoder.onnx'),
    project.path('models', 'encoder.onnx'),
  );
  project.write(
    'backend.config.ts',
    `${addition}
const any = task({ name: 'anything', inputs: pairs(range(8), range(8)), behaviour: accuracy(() => 0), threshold: { atLeast: 0 } });
export default { gates: [
  { name: 'onnx', baseline: 'models/encoder.onnx', candidate: 'models/encoder.onnx', task: any, options: { ...${quick}, set: undefined, budget: { draws: 3, seconds: undefined }, inputs: 40, backend: undefined } },
  { name: 'transformer', baseline: 'models/released.safetensors', candidate: 'models/quantised.safetensors', task: addition, options: ${quick} },
] };`,
  );
  const { code, stdout, stderr } = await run([
    'gate',
    'backend.config.ts',
    '--backend',
    'tfjs-node',
    '--workers',
    '1',
    '--out',
    'backend',
  ]);
  const [onnx, transformer] = report('backend').checks;
  expect({ code, status: onnx!.status, error: onnx!.error, stderr }).toMatchObject({
    code: 2,
    status: 'not established',
    error: undefined,
  });
  expect(onnx!.evidence!.environment.backend).toBe('onnxruntime');
  expect(stdout).toContain('the backend tfjs-node does not work here');
  expect(transformer!.error!.code).toBe('NO_BACKEND');
});

describe('a gate that does not come to an end', () => {
  const config = (...bad: string[]): string => `${addition}
import { appendFileSync } from 'node:fs';
const told = (): void => appendFileSync(${JSON.stringify(project.path('pids'))}, process.pid + '\\n');
const gate = (name: string, candidate: unknown) => ({ name, baseline: 'models/released.safetensors', candidate, task: addition, options: ${quick} });
export default { gates: [gate('a good one', 'models/quantised.safetensors'), ${bad.map((one, at) => `gate('bad${at === 0 ? '' : ` ${at + 1}`}', () => { told(); ${one} })`).join(', ')}] };`;
  const killed = `process.kill(process.pid, 'SIGKILL'); return new Promise(() => {});`;

  test('is killed, throws what is no error of ours, gives no model, or leaves a rejection to nobody, with several workers: exit 2, and the other one is judged', async () => {
    project.write(
      'bad.config.ts',
      config(
        killed,
        `throw new TypeError('of its own');`,
        `return 7;`,
        `void Promise.reject(new Error('left alone')); return new Promise(() => {});`,
      ),
    );
    const { code, stdout, stderr } = await run(['gate', 'bad.config.ts', '--out', 'bad', '--workers', '2']);
    expect({ code, stdout, stderr }).toMatchObject({ code: 2 });
    const { checks } = report('bad');
    expect(checks.map((check) => [check.test, check.status])).toEqual([
      ['a good one', 'held'],
      ['bad', 'not judged'],
      ['bad 2', 'not judged'],
      ['bad 3', 'not judged'],
      ['bad 4', 'not judged'],
    ]);
    expect(checks.slice(1).map((check) => check.error!.what)).toEqual([
      'the gate’s process was ended by SIGKILL',
      expect.stringContaining('of its own'),
      expect.stringContaining('neither a model nor an implementation set'),
      'left alone',
    ]);
    expect(existsSync(project.path('bad', 'junit.xml'))).toBe(true);
  });

  test('Ctrl-C: exit 2, finished gates are reported, nothing runs on', async () => {
    writeFileSync(project.path('pids'), '');
    project.write('slow.config.ts', config('return new Promise((resolve) => setTimeout(resolve, 1e9));'));
    const { child, result } = start(['gate', 'slow.config.ts', '--out', 'slow', '--workers', '2'], project.folder);
    let stderr = '';
    child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const begun = (): string[] => readFileSync(project.path('pids'), 'utf8').split('\n').filter(Boolean);
    // the other one has begun as well
    while (child.exitCode === null && !(stderr.includes('✓ held  a good one') && begun().length > 0))
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await result).toMatchObject({ code: 2 });
    expect(report('slow').checks.map((check) => [check.test, check.status, check.error?.code])).toEqual([
      ['a good one', 'held', undefined],
      ['bad', 'not judged', 'CANCELLED'],
    ]);
    const pids = begun().map(Number);
    expect(pids.length).toBeGreaterThan(0);
    const running = (pid: number): boolean => {
      try {
        process.kill(pid, 0);
        return true;
      } catch {
        return false;
      }
    };
    // the system may take a moment to bury what was killed
    const deadline = Date.now() + 300_000;
    while (pids.some(running) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pids.filter(running)).toEqual([]);
  });
});

describe('what keeps a report from being written', () => {
  const reportFiles = (folder: string): string[] => readdirSync(project.path(folder)).sort();

  test.each([
    [
      '--out below a file',
      ['--out', 'a-file/inside'],
      {},
      /The report cannot be written: a part of its path is a file, not a folder \(ENOTDIR\)\n  at: a-file\/inside\n/,
    ],
    ['an empty --out', ['--out', ''], {}, /--out is empty/],
    ['GITHUB_STEP_SUMMARY', [], { GITHUB_STEP_SUMMARY: project.folder }, /GITHUB_STEP_SUMMARY names: it is not a file/],
    [
      'the temporary folder',
      [],
      { TMPDIR: project.path('no-tmp'), TEMP: project.path('no-tmp'), TMP: project.path('no-tmp') },
      /the temporary folder cannot be used[^]*do: set TMPDIR/,
    ],
  ])('%s is named before any gate runs: exit 2', async (_, args, env, said) => {
    project.write('a-file', 'x');
    const { code, stdout, stderr } = await run(['gate', '--only', '8-bit copy', ...args], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/started|please report|\n\s+at .*\(/);
  });

  test('after a config that fails, the last report is not in place any more', async () => {
    for (const name of ['report.json', 'junit.xml']) project.write(`stale/${name}`, 'congruity');
    project.write('broken.config.ts', 'export default 7;');
    expect((await run(['gate', 'broken.config.ts', '--out', 'stale'])).code).toBe(2);
    expect(reportFiles('stale')).toEqual(['junit.xml.previous', 'report.json.previous']);
    for (const command of ['verify', 'card'])
      expect(await run([command, 'stale/report.json'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`congruity ${command} stale/report.json.previous`),
      });
  });

  test('a run that is refused before it judges leaves no folder that it made, and one that was there', async () => {
    project.write('foreign.jsonl', 'not a ledger\n');
    mkdirSync(project.path('was-there'));
    const refused = ['gate', '--only', '8-bit copy', '--ledger', 'foreign.jsonl', '--out'];
    for (const out of ['not-there/deep', 'was-there']) expect((await run([...refused, out])).code).toBe(2);
    expect([existsSync(project.path('not-there')), existsSync(project.path('was-there'))]).toEqual([false, true]);
  });

  test('where it is only known afterwards: the verdict is printed, exit 2, and no report is there', async () => {
    project.write(
      'spoil.config.ts',
      `${addition}
import { mkdirSync } from 'node:fs';
import { load } from 'congruity';
// while the gate runs, a folder takes the place of a file
const spoil = async () => { mkdirSync(${JSON.stringify(project.path('spoilt', 'summary.md'))}); return load(${JSON.stringify(project.path('models/quantised.safetensors'))}); };
export default { gates: [{ name: 'good', baseline: 'models/released.safetensors', candidate: spoil, task: addition, options: ${quick} }] };`,
    );
    project.write('spoilt/report.html', 'congruity');
    const { code, stdout, stderr } = await run(['gate', 'spoil.config.ts', '--out', 'spoilt']);
    expect({ code, stdout, stderr }).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('The one check holds.'),
      stderr: expect.stringContaining('The report cannot be written'),
    });
    expect(stdout).not.toContain('Report:');
    expect(reportFiles('spoilt')).toEqual(['report.html.previous', 'summary.md']);
  });
});
