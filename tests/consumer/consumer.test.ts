/** The packed tarball, installed in an empty project and used there as a reader of the README would: Jest's two module systems, Vitest, types, command. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseJunit } from '../reports/junit-form.js';
import { aloneTypeScript, install, otherTypeScript, root } from './install.js';
import { describeStory } from './story.js';

let project: string;

/** A clean environment: this test itself runs inside Jest. */
const environment = (extra: Record<string, string> = {}): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _1, JEST_WORKER_ID: _2, CONGRUITY_EVIDENCE: _3, CONGRUITY_REPLAY: _4, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1', ...extra };
};

function run(
  script: string,
  args: string[],
  cwd: string,
  extra?: Record<string, string>,
): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd,
    encoding: 'utf8',
    env: environment(extra),
  });
  return { status, output: stdout + stderr };
}

/** Enough to tell the example's models apart: what is tried here is the package, not the statistics. */
const quick = `{ budget: { draws: 12 }, inputs: 60, splits: 1, bootstrap: 500, permutations: 199, alsoReport: [], set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.05 } }`;
const body = `
const addition = task({
  name: 'addition mod p',
  inputs: pairs(range(P), range(P)),
  behaviour: accuracy(([a, b]) => (a + b) % P),
  threshold: { atLeast: 0.99 },
});
const options = { on: addition, ...${quick} };
`;

const prime = (
  JSON.parse(readFileSync(join(root, 'examples', 'modular-addition', 'models', 'released.json'), 'utf8')) as {
    d_vocab: number;
  }
).d_vocab;
const source = body.replaceAll('P', String(prime));
const load = (name: string): string => `await load('../models/${name}.safetensors')`;

const tests = `${source}
test('the 8-bit copy passes', async () => {
  await expect(${load('quantised')}).toBeInterpretivelyEquivalent(${load('released')}, options);
});
test('another mechanism is told apart', async () => {
  await expect(${load('constant-attention')}).not.toBeInterpretivelyEquivalent(${load('released')}, options);
});
test('another mechanism does not pass', async () => {
  await expect(${load('constant-attention')}).toBeInterpretivelyEquivalent(${load('released')}, options);
});
test('an undecided verdict fails', async () => {
  await expect(${load('quantised')}).toBeInterpretivelyEquivalent(${load('released')}, { ...options, budget: { draws: 2 } });
});
test('an undecided verdict fails under not', async () => {
  await expect(${load('quantised')}).not.toBeInterpretivelyEquivalent(${load('released')}, { ...options, budget: { draws: 2 } });
});
test('a forgotten await fails', async () => {
  const [candidate, released] = [${load('constant-attention')}, ${load('released')}];
  expect(candidate).toBeInterpretivelyEquivalent(released, options);
});
`;

const write = (path: string, text: string): void => writeFileSync(join(project, path), text);

beforeAll(() => {
  if (!existsSync(join(root, 'dist', 'cjs', 'index.js')))
    execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'ignore' });
  project = mkdtempSync(join(tmpdir(), 'congruity-consumer-'));
  install(project);
  cpSync(join(root, 'examples', 'modular-addition', 'models'), join(project, 'models'), { recursive: true });
  for (const folder of ['cjs', 'esm', 'vitest', 'types', 'story']) mkdirSync(join(project, folder));
});

afterAll(() => {
  if (project) rmSync(project, { recursive: true, force: true });
});

const byJest = {
  script: 'jest/bin/jest.js',
  args: [],
  again: 'npx jest',
  /** the names of tests that failed, as they are printed */
  failures: /^ *● (.+)$/gm,
  counted: /Tests:\s+4 failed, 2 passed, 6 total/,
};
const byVitest = {
  script: 'vitest/vitest.mjs',
  args: ['run'],
  again: 'npx vitest run',
  failures: /^ *FAIL +release\.test\.js > (.+)$/gm,
  counted: /\n +× late[^]*\n +Test Files +2 failed \| 1 passed \(3\)/,
};
const names = 'task, range, pairs, accuracy, load';
const esm = `import { ${names} } from 'congruity';\n`;

describe.each([
  ['Jest, CommonJS', 'cjs', byJest, `const { ${names} } = require('congruity');\nrequire('congruity/setup');\n`, {}],
  [
    'Jest, ES modules',
    'esm',
    byJest,
    `${esm}import 'congruity/setup';\n`,
    { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
  ],
  ['Vitest', 'vitest', byVitest, `${esm}import { expect, test } from 'vitest';\n`, {}],
] as const)('%s', (_mode, folder, runner, head, extra) => {
  interface Reported {
    readonly totals: unknown;
    readonly checks: readonly { readonly test: string; readonly status: string }[];
  }
  let output: string;
  let status: number | null;
  beforeAll(() => {
    write(
      `${folder}/package.json`,
      JSON.stringify({
        type: folder === 'cjs' ? 'commonjs' : 'module',
        jest: { transform: {}, reporters: ['default', 'congruity/reporter'] },
      }),
    );
    write(`${folder}/release.test.js`, head + tests);
    if (folder === 'vitest') {
      // in one process, where setup files are loaded once for each test file
      write(
        'vitest/vitest.config.js',
        `export default { test: { include: ['*.test.{js,mjs}'], setupFiles: ['congruity/vitest'], reporters: ['default', 'congruity/vitest/reporter'], isolate: false, fileParallelism: false } };\n`,
      );
      for (const name of ['watched.test.mjs', 'snapshots.test.mjs'])
        cpSync(join(__dirname, 'given', name), join(project, 'vitest', name));
    }
    // by CI Vitest knows that no snapshot is to be written
    const all = { ...extra, ...(folder === 'vitest' && { CI: '1' }) };
    ({ status, output } = run(join(project, 'node_modules', runner.script), runner.args, join(project, folder), all));
  });

  test('tests that hold pass, and the others fail, each for its reason', () => {
    expect({ status, output }).toMatchObject({ status: 1 });
    expect(output).toMatch(runner.counted);
    const failed = new Set([...output.matchAll(runner.failures)].map(([, name]) => name));
    expect([...failed].toSorted()).toEqual([
      'a forgotten await fails',
      'an undecided verdict fails',
      'an undecided verdict fails under not',
      'another mechanism does not pass',
    ]);
    expect(output).toMatch(/Different \(necessity violated\)/);
    expect(output.match(/Undecided \(sufficiency not established\)/g)?.length).toBeGreaterThanOrEqual(2);
    expect(output).toContain('toBeInterpretivelyEquivalent was not awaited in "a forgotten await fails"');
    expect(output).toContain(`CONGRUITY_SEED=0 ${runner.again} 'release.test.js' -t '^another mechanism`);
  });

  test('the reporter writes what was measured', () => {
    const report = JSON.parse(
      readFileSync(join(project, folder, 'congruity-report', 'report.json'), 'utf8'),
    ) as Reported;
    const totals = { held: 2, violated: 1, notEstablished: 2, notJudged: 1 };
    const snapshots = { 'is matched': 'held', 'is edited': 'not judged', 'is missing': 'not judged' };
    const more = folder === 'vitest';
    expect(report.totals).toEqual(more ? { ...totals, held: 3, aside: 2 } : totals);
    expect(Object.fromEntries(report.checks.map((check) => [check.test, check.status]))).toEqual({
      ...(more && snapshots),
      'the 8-bit copy passes': 'held',
      'another mechanism is told apart': 'held',
      'another mechanism does not pass': 'violated',
      'an undecided verdict fails': 'not established',
      'an undecided verdict fails under not': 'not established',
      'a forgotten await fails': 'not judged',
    });
    const xml = readFileSync(join(project, folder, 'congruity-report', 'junit.xml'), 'utf8');
    expect(parseJunit(xml).wrong).toEqual([]);
    for (const file of ['report.html', 'summary.md'])
      expect(existsSync(join(project, folder, 'congruity-report', file))).toBe(true);
  });

  if (folder === 'vitest')
    test('snapshots of models: one is matched, one is edited, one is missing and one is of no test any more', () => {
      expect(output).toMatch(/✓ snapshots\.test\.mjs/);
      expect(output).toMatch(/1 interpretation snapshot is obsolete, -u removes: .*gone-00000000\.1\.safetensors/);
    });

  // what tests/matchers/setup.test.ts tries of Jest
  if (folder === 'vitest')
    test('late, forgotten and concurrent matchers, tries and names', () => {
      // Vitest 3 does not say in which of several concurrent tests a matcher runs: one of them fails
      const [found] = /RUN +v(\d+)/.exec(output)!.slice(1);
      const beside = found === '3' ? 'another' : 'forgotten beside another';
      const failed = [...output.matchAll(/^ *FAIL +watched\.test\.mjs > (.+)\n(?:Error|AssertionError): (.+)$/gm)];
      expect(failed.map(([, name, why]) => `${name}: ${why}`).toSorted()).toEqual(
        [
          `${beside}: toWait was not awaited in "${beside}": the test ended before there was a verdict.`,
          'failed beside: mine',
          'forgotten: toWait was not awaited in "forgotten": the test ended before there was a verdict.',
          'late: Test timed out in 200ms.',
          'late: toWait had not finished when its test ran out of time (0.2 s): 3 of at most 40 rows',
        ].toSorted(),
      );
      expect(output).toMatch(/✓ names, tries and numbers are told/);
    });
});

test('the package holds no source map: the sources that maps point to are not in it', () => {
  const files = readdirSync(join(project, 'node_modules', 'congruity'), { recursive: true, encoding: 'utf8' });
  expect(files).toContain(join('dist', 'cjs', 'index.js'));
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
  expect(readFileSync(join(project, 'node_modules', 'congruity', 'dist', 'cjs', 'index.js'), 'utf8')).not.toContain(
    'sourceMappingURL',
  );
});

describe('types', () => {
  const typed = `
const addition = task({ name: 'addition', inputs: pairs(range(5), range(5)), behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 5), threshold: { atLeast: 0.99 } });
export async function check(candidate: Model, released: Model): Promise<void> {
  const done: Promise<void> = expect(candidate).toBeInterpretivelyEquivalent(released, { on: addition, seed: 1 });
  await done;
  await expect(candidate).not.toBeInterpretivelyEquivalent(released, { on: addition });
  // @ts-expect-error: the task is required
  await expect(candidate).toBeInterpretivelyEquivalent(released, {});
  // @ts-expect-error: no such option
  await expect(candidate).toBeInterpretivelyEquivalent(released, { on: addition, sed: 1 });
  fc.assert(fc.property(inputs(addition), ({ input: [a, b] }) => a + b < 9));
}
`;
  const imports = `import { task, pairs, range, accuracy, type Model } from 'congruity';\nimport { inputs } from 'congruity/generators';\nimport * as fc from 'fast-check';\n`;
  const global = `import 'congruity/setup';\n`;
  const imported = `import { expect } from '@jest/globals';\nimport 'congruity/setup';\n`;
  const ofVitest = `import { expect } from 'vitest';\nimport 'congruity/vitest';\n`;
  const alone = `import { task, pairs, range, accuracy, assertOutcome, compare, type Model } from 'congruity';
import { test } from 'node:test';
const addition = task({ name: 'addition', inputs: pairs(range(5), range(5)), behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 5), threshold: { atLeast: 0.99 } });
export const check = (candidate: Model, released: Model): void => void test('adds', async () => {
  assertOutcome(await compare(released, candidate, { on: addition }), 'equivalent');
  // @ts-expect-error: no such option
  await compare(released, candidate, { on: addition, sed: 1 });
  // @ts-expect-error: what an input is follows from the inputs, not from the behaviour
  task({ name: 'addition', inputs: pairs(range(5), range(5)), behaviour: accuracy((text: string) => text.length), threshold: { atLeast: 0.99 } });
});
`;
  // TypeScript finds nothing beside itself: this project's own is as good as an installed one
  const own = [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--checkers', '1'];
  // the last one that knows node10
  const six = [join(createRequire(require.resolve('@microsoft/api-extractor')).resolve('typescript'), '..', 'tsc.js')];
  test.each<[string, object, Record<string, string>, string[]]>([
    [
      'node10: global expect of @types/jest',
      {
        module: 'commonjs',
        moduleResolution: 'node10',
        types: ['jest'],
        skipLibCheck: true,
        ...(otherTypeScript === undefined && { ignoreDeprecations: '6.0' }),
      },
      { 'node10.ts': global },
      six,
    ],
    // both kinds of module in one program
    [
      'node16: @jest/globals',
      { module: 'node16', moduleResolution: 'node16', types: ['node'] },
      { 'globals.mts': imported, 'globals.cts': imported },
      own,
    ],
    // both runners in one program
    [
      'bundler: global expect of @types/jest, and Vitest',
      { module: 'esnext', moduleResolution: 'bundler', types: ['jest'] },
      { 'global.ts': global, 'vitest.ts': ofVitest },
      own,
    ],
    [
      'alone: compare under node:test, both kinds of module',
      { module: 'node16', moduleResolution: 'node16', types: ['node'] },
      { 'alone.mts': alone, 'alone.cts': alone },
      own,
    ],
    [
      'alone-bundler: compare under node:test',
      { module: 'esnext', moduleResolution: 'bundler', types: ['node'] },
      { 'alone.ts': alone },
      own,
    ],
  ])('%s', (name, options, files, given) => {
    const isAlone = name.startsWith('alone');
    const other = isAlone ? aloneTypeScript && 'typescript-alone' : otherTypeScript && 'typescript';
    const [compiler, ...args] = other ? [join(project, 'node_modules', other, 'bin', 'tsc')] : given;
    for (const [file, head] of Object.entries(files)) write(`types/${file}`, isAlone ? head : head + imports + typed);
    const config = `tsconfig.${name.split(':')[0]}.json`;
    write(
      `types/${config}`,
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          skipDefaultLibCheck: true,
          ...options,
        },
        files: Object.keys(files),
      }),
    );
    const { status, output } = run(compiler!, [...args, '-p', config], join(project, 'types'));
    expect({ status, output }).toEqual({ status: 0, output: '' });
  });
});

describeStory(() => project, run);
