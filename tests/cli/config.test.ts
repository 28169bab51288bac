/** What the command says of a config before any gate runs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { addition, Project, root, type Result } from './command.js';
import { OneProcess } from './one-process.js';

const projects: Project[] = [];
const project = (files: Record<string, string> = {}): Project => {
  const made = new Project(files);
  projects.push(made);
  return made;
};
// the command as a process is what --version, planted packages, an error of the config’s own and the last test run, here and in the other files
const shared = new OneProcess();
const run = (one: Project, args: readonly string[], cwd?: string): Promise<Result> => shared.run(one, args, { cwd });
afterAll(() => {
  shared.end();
  projects.forEach((one) => one.remove());
});

const stub = `{ name: 'v2', baseline: 'a.safetensors', candidate: 'a.safetensors', task: 'task.js' }`;
const files = { 'a.safetensors': 'not read yet', 'task.js': 'module.exports = 1;' };
let empty: Project;
beforeAll(() => {
  empty = project();
});

describe('the command itself', () => {
  test('--version is the package’s, --help names the exit codes', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await empty.run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const help = await empty.run(['gate', '--help']);
    expect(help.code).toBe(0);
    for (const part of [
      '--out',
      '--seed',
      '--backend',
      '--only',
      '--workers',
      '--cache',
      '--no-cache',
      '--list',
      '--json',
      '--verbose',
    ])
      expect(help.stdout).toContain(part);
  });
  test.each([
    [['gate', '--sede', '3'], 'Did you mean --seed?'],
    [['gaet'], 'Did you mean gate?'],
    [['gate', '--seed', '1.5'], '--seed is "1.5", not an integer'],
    [['gate', '--seed', '99999999999999999999'], 'not an integer'],
    [['gate', '--workers', '0'], 'not an integer of at least 1'],
    [['gate', '--backend', 'wsam'], 'did you mean "wasm"?'],
    [['gate', 'missing.ts'], 'there is no such config'],
    [['gate', '--out', ''], '--out is empty'],
    [['gate', '--cache', ' '], '--cache is empty'],
    [['gate', ''], 'the config is empty'],
    [
      ['gate'],
      'looked for congruity.config.ts, congruity.config.mts, congruity.config.js, congruity.config.mjs, congruity.config.cjs, congruity.config.json',
    ],
  ])('%j: exit 2, %s', async (args, message) => {
    const { code, stdout, stderr } = await run(empty, args);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(empty.path('congruity-report'))).toBe(false);
  });
});

describe('kinds of config', () => {
  const esm = `export default { gates: [${stub}] };`;
  const cjs = `module.exports = { gates: [${stub}] };`;
  const json = JSON.stringify({
    gates: [{ name: 'v2', baseline: 'a.safetensors', candidate: 'a.safetensors', task: 'task.js' }],
  });
  test.each([
    [
      'congruity.config.ts',
      `import { defineConfig, type GateConfig } from 'congruity/suites';\nconst config: GateConfig = { gates: [${stub}] };\nexport default defineConfig(config);`,
    ],
    ['congruity.config.mts', esm],
    ['congruity.config.js', esm],
    ['congruity.config.js', cjs],
    ['congruity.config.mjs', esm],
    ['congruity.config.cjs', cjs],
    ['congruity.config.json', json],
  ])('%s', async (name, text) => {
    const one = project({ ...files, [name]: text });
    expect(await run(one, ['gate', '--list'])).toEqual({
      code: 0,
      stdout: 'v2: a.safetensors against a.safetensors, on task.js\n',
      stderr: '',
    });
    // a folder stands for the config in it
    const { stdout } = await run(one, ['gate', one.folder, '--list', '--json'], root);
    expect(JSON.parse(stdout)).toMatchObject({
      gates: [{ name: 'v2', candidate: 'a.safetensors', baseline: 'a.safetensors', task: 'task.js' }],
    });
  });

  test('JSON with a byte order mark, as some editors write it', async () => {
    const one = project({ ...files, 'congruity.config.json': `\ufeff${json}` });
    expect(await run(one, ['gate', '--list'])).toEqual({
      code: 0,
      stdout: 'v2: a.safetensors against a.safetensors, on task.js\n',
      stderr: '',
    });
  });

  test('what is required and not there now is looked for from the file that asks, as in Node; nothing is run from the temporary folder', async () => {
    const one = project({
      ...files,
      'congruity.config.ts': `
import { inner } from './inner/load.cjs';
const tried = (take: () => unknown): unknown => { try { return take(); } catch (error) { return (error as { code: string }).code; } };
const name: string = ['own', 'package'].join('-');
const found = {
  inner,
  absent: tried(() => require('planted')),
  again: tried(() => require('planted')),
  computed: [require(name), tried(() => require('plant' + 'ed')), require('./inner/' + ['data'][0] + '.json')],
  resolved: [require.resolve('own-package'), tried(() => require.resolve('planted')), import.meta.resolve('own-package')],
};
const later = Promise.all([
  import(name).then((one) => one.default),
  import('planted').catch((error) => error.code),
  import(['plan', 'ted'].join('')).catch((error) => error.code),
  import('./inner/' + ['typed'][0] + '.ts').then((one) => one.typed),
  import(new URL('./inner/plain.js', import.meta.url).href).then((one) => one.default),
]);
const candidate = async () => { throw new Error(JSON.stringify([...(await later), process.env.PLANTED ?? 'clean'])); };
export default { gates: [{ name: JSON.stringify(found), baseline: candidate, candidate, task: 'task.js#addition' }] };`,
      'task.js': `const { task, accuracy } = require('congruity');\nexports.addition = task({ name: 'x', inputs: [[1]], behaviour: accuracy(() => 1), threshold: { atLeast: 1 } });`,
      'inner/load.cjs': `
const name = ['deep', 'package'].join('-');
let optional = 'none';
try { optional = require('planted'); } catch (error) { optional = error.code; }
exports.inner = [require(name), require('./' + 'plain'), require.resolve('./plain') === require('node:path').join(__dirname, 'plain.js'), optional, typeof require, require.main === module, "require('planted')"];`,
      'inner/plain.js': `module.exports = 'plain';`,
      'inner/data.json': '{ "is": "data" }',
      'inner/typed.ts': `export const typed: string = 'typed';`,
      'inner/node_modules/deep-package/index.js': `module.exports = 'deep';`,
      'node_modules/own-package/index.js': `module.exports = 'own';`,
    });
    // what another user of the machine may put there: a package, and plugins that Jest looks for
    const planted = `process.env.PLANTED = 'ran'; require('node:fs').writeFileSync(${JSON.stringify(one.path('ran'))}, __filename); module.exports = 'planted';`;
    const plugins = [
      `jest-sequencer-${require.resolve('@jest/test-sequencer')}`,
      `jest-environment-${join(root, 'dist', 'cjs', 'matchers', 'environment.js')}`,
    ];
    for (const name of ['planted/index.js', ...plugins]) {
      mkdirSync(dirname(join(one.temporary, 'node_modules', name)), { recursive: true });
      writeFileSync(join(one.temporary, 'node_modules', name), planted);
    }
    const { stdout } = await one.run(['gate', '--json']);
    const [check] = (JSON.parse(stdout) as { checks: { test: string; error: { what: string } }[] }).checks;
    expect(JSON.parse(check!.test)).toEqual({
      inner: ['deep', 'plain', true, 'MODULE_NOT_FOUND', 'function', false, "require('planted')"],
      absent: 'MODULE_NOT_FOUND',
      again: 'MODULE_NOT_FOUND',
      computed: ['own', 'MODULE_NOT_FOUND', { is: 'data' }],
      resolved: [
        one.path('node_modules', 'own-package', 'index.js'),
        'MODULE_NOT_FOUND',
        pathToFileURL(one.path('node_modules', 'own-package', 'index.js')).href,
      ],
    });
    expect(JSON.parse(check!.error.what)).toEqual([
      'own',
      'MODULE_NOT_FOUND',
      'MODULE_NOT_FOUND',
      'typed',
      'plain',
      'clean',
    ]);
    expect(existsSync(one.path('ran'))).toBe(false);
  });

  test('an ES module may make a require of its own', async () => {
    const one = project({
      'congruity.config.mjs': `
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const name = require('./name.cjs') + require(['./na', 'me.cjs'].join(''));
const candidate = () => { throw new Error('ran'); };
export default { gates: [{ name, baseline: candidate, candidate, task: 'task.js#addition' }] };`,
      'name.cjs': `module.exports = 'own';`,
      'task.js': `const { task, accuracy } = require('congruity');\nexports.addition = task({ name: 'x', inputs: [[1]], behaviour: accuracy(() => 1), threshold: { atLeast: 1 } });`,
    });
    const { stdout, stderr } = await run(one, ['gate', '--list', '--json']);
    expect(stderr).toBe('');
    expect((JSON.parse(stdout) as { gates: { name: string }[] }).gates[0]!.name).toBe('ownown');
  });

  test('every file of a config keeps its own place, and there is one congruity', async () => {
    const one = project({
      ...files,
      'congruity.config.ts': `
import { fileURLToPath } from 'node:url';
import { OptionError } from 'congruity';
import { places, Same } from './inner/places.js';
if (OptionError !== Same) throw new Error('two copies');
const here = [import.meta.dirname, import.meta.filename, fileURLToPath(import.meta.url), __dirname, __filename];
export default { gates: [{ name: JSON.stringify({ here, places }), baseline: 'a.safetensors', candidate: 'a.safetensors', task: 'task.js' }] };`,
      'inner/places.ts': `
import { OptionError } from 'congruity';
export const Same = OptionError;
const __filename = 'its own';
export const places = [import.meta.dirname, __dirname, __filename];`,
    });
    const { stdout, stderr } = await run(one, ['gate', '--list']);
    expect(stderr).toBe('');
    const file = one.path('congruity.config.ts');
    expect(JSON.parse(stdout.slice(0, stdout.lastIndexOf('}') + 1))).toEqual({
      here: [one.folder, file, file, one.folder, file],
      places: [one.path('inner'), one.path('inner'), 'its own'],
    });
  });
});

describe('a config that is wrong: exit 2, what, where and what to do, and no report', () => {
  const config = (gates: string, rest = ''): string => `export default { gates: [${gates}], ${rest} };`;
  const gate = (parts: string): string => `{ ...${stub}, ${parts} }`;
  test.each([
    [
      'an unknown key',
      config(stub, 'sede: 1'),
      ['unknown option "sede"', 'at: congruity.config.ts', 'did you mean "seed"?'],
    ],
    [
      'an unknown key of a gate',
      config(`${stub}, ${gate(`name: 'b', candidte: 'x'`)}`),
      ['unknown option "candidte"', 'at: congruity.config.ts: gates[1]', 'did you mean "candidate"?'],
    ],
    [
      'a misspelt key',
      config(`{ name: 'b', baseline: 'a.safetensors', candidte: 'x', task: 'task.js' }`),
      ['unknown option "candidte"', 'at: congruity.config.ts: gates[0]', 'did you mean "candidate"?'],
    ],
    [
      'an unknown option of the matcher',
      config(gate('options: { margn: 0.1 }')),
      ['unknown option "margn"', 'gates[0].options', 'did you mean "margin"?'],
    ],
    [
      'an option of an option',
      config(gate('options: { draws: 3 }')),
      ['unknown option "draws"', 'gates[0].options', 'did you mean "budget.draws"?'],
    ],
    [
      'an unknown key deep in the options',
      config(gate('options: { set: { search: { bugdet: 100 } } }')),
      ['unknown option "bugdet"', 'gates[0].options.set.search', 'did you mean "budget"?'],
    ],
    ['no time at all', config(gate('seconds: 0')), ['gates[0].seconds', 'must be above 0']],
    [
      'levels inside a gate',
      config(gate('options: { alpha: 0.01 }')),
      ['"alpha" is not an option of a gate', 'the suite has one', 'put alpha beside gates'],
    ],
    ['a level that cannot be', config(stub, 'alpha: 0.7'), ['must be below 0.5', 'alpha']],
    ['an option that is the gate’s own', config(gate('options: { on: 1 }')), ['"on" is not an option of a gate']],
    ['a missing key', config(`{ name: 'x', baseline: 'a.safetensors', task: 'task.js' }`), ['gates[0].candidate']],
    ['a promise for a model', config(gate('candidate: Promise.resolve()')), ['gates[0].candidate', '() => load']],
    ['a backend of no such name', config(stub, `backend: 'wsam'`), ['backend', 'wasm']],
    ['no gates', config(''), ['at least one gate', 'at: congruity.config.ts: gates']],
    ['two gates of one name', config(`${stub}, ${stub}`), ['two gates are called "v2"', 'gates[0] and gates[1]']],
    [
      'a missing model',
      config(gate(`candidate: 'b.safetensors'`)),
      ['FileError', 'b.safetensors', 'gates[0].candidate'],
    ],
    [
      'a run of a bank that is not there',
      config(gate(`options: { bank: [...'1234567'].map((one) => one + '.safetensors') }`)),
      ['FileError', 'a run of the bank of gate "v2"', '1.safetensors', 'gates[0].options.bank[0]'],
    ],
    [
      'a run to be stopped that is not there',
      config(gate(`options: { bank: { accept: 'copies', stop: [...'12345678'].map((one) => one + '.safetensors') } }`)),
      ['FileError', '1.safetensors', 'gates[0].options.bank.stop[0]'],
    ],
    [
      'too few runs for a bank',
      config(gate(`options: { bank: ['1.safetensors', '2.safetensors'] }`)),
      ['3 models are too few runs of a bank', 'gates[0].options.bank', 'give at least 8'],
    ],
    [
      'too few runs for the level of a bank, the baseline among them',
      config(
        gate(
          `options: { bank: { accept: ['./a.safetensors', ...[...'1234567'].map((one) => one + '.safetensors')], level: 0.05 } }`,
        ),
      ),
      ['8 models are too few', 'the smallest p is 1/9, and the level is 0.05', 'gates[0].options.bank', 'at least 19'],
    ],
    [
      'too few runs to be stopped',
      config(gate(`options: { bank: { accept: 'copies', stop: ['1.safetensors'] } }`)),
      ['1 model are too few changes to be stopped', 'gates[0].options.bank'],
    ],
    [
      'a run that is named twice',
      config(gate(`options: { bank: [...'1234567'].map((one) => one + '.safetensors').concat('./3.safetensors') }`)),
      ['./3.safetensors is named twice', 'gates[0].options.bank[2]', 'bank[7]'],
    ],
    ['a run of no kind', config(gate(`options: { bank: [1, 2] }`)), ['gates[0].options.bank', 'a bank must be']],
    ['a missing task', config(gate(`task: 'tasks.ts#addition'`)), ['FileError', 'tasks.ts', 'gates[0].task']],
    ['no default export', 'export const gates = [];', ['no default export']],
    ['a list', 'export default [];', ['is a list, not an object with gates']],
    ['a syntax error', 'export default {\n  gates: [,\n', ['FileError', 'cannot be bundled', 'congruity.config.ts:3']],
    [
      'an import that is not there',
      `import './nowhere.js';\nexport default {};`,
      ['nowhere.js', 'congruity.config.ts:1'],
    ],
    [
      'an entry of ours that is not there',
      `import 'congruity/suits';\nexport default {};`,
      ['congruity/suits', 'did you mean "congruity/suites"?'],
    ],
    ['await at the top level', 'export default await 1;', ['top level', '() => load(...)', 'congruity.config.ts:1']],
    [
      'an error of the library',
      `import { accuracy, task } from 'congruity';\ntask({ name: 'x', inputs: [[1]], behaviour: accuracy(() => 1), threshold: { atLeast: 1 }, encod: 1 });\nexport default {};`,
      ['OptionError unknown option', 'did you mean "encode"?'],
    ],
  ])('%s', async (_, text, parts) => {
    const one = project({ ...files, 'congruity.config.ts': text });
    const { code, stdout, stderr } = await run(one, ['gate']);
    for (const part of parts) expect(stderr).toContain(part);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    // a message, not a stack
    expect(stderr).not.toMatch(/\n\s+at (?!.*: )\S+ \(/);
    expect(existsSync(one.path('congruity-report'))).toBe(false);
  });

  test.each([
    ['{ "gates": [,] }', 'the config is not JSON'],
    ['{ "seed": 1,\n  "gates": [],\n  "seed": 2 }', 'the key "seed" comes twice in one object, in line 3'],
    ['{ "gates": [], "__proto__": { "seed": 1 } }', 'unknown option "__proto__"'],
  ])('JSON that is none: %j', async (text, message) => {
    const one = project({ 'congruity.config.json': text });
    const { code, stderr } = await run(one, ['gate']);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
  test('the process ends with 2, and an error of the config’s own is told with its place in the source', async () => {
    expect((await empty.run(['gate', '--sede', '3'])).code).toBe(2);
    const one = project({ 'congruity.config.ts': `\nthrow new Error('of its own');\nexport default {};` });
    const { code, stdout, stderr } = await one.run(['gate']);
    expect(stderr).toContain('of its own');
    expect(stderr).toContain('at: congruity.config.ts:2');
    expect(stderr).not.toMatch(/\n\s+at (?!.*: )\S+ \(/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(one.path('congruity-report'))).toBe(false);
  });
  test('a gate of no such name', async () => {
    const one = project({ ...files, 'congruity.config.ts': config(stub) });
    const { code, stderr } = await run(one, ['gate', '--only', 'v3']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no gate "v3"');
    expect(stderr).toContain('did you mean "v2"?');
  });
  test('another kind of file', async () => {
    const one = project({ 'config.yaml': '' });
    expect((await run(one, ['gate', 'config.yaml'])).stderr).toContain('a config cannot be a .yaml');
  });
});

test('a task that cannot be found is a gate that was not judged, with the nearest name', async () => {
  const one = project({
    'tasks/addition.ts': addition.replace('./models/released.json', '../released.json'),
    'released.json': '{"d_vocab": 7}',
    'a.safetensors': 'short',
    'congruity.config.json': JSON.stringify({
      gates: [
        { name: 'misspelt', baseline: 'a.safetensors', candidate: 'a.safetensors', task: 'tasks/addition.ts#additon' },
        { name: 'no task', baseline: 'a.safetensors', candidate: 'a.safetensors', task: 'tasks/addition.ts#notATask' },
        { name: 'corrupt', baseline: 'a.safetensors', candidate: 'a.safetensors', task: 'tasks/addition.ts#addition' },
      ],
    }),
  });
  const { code, stdout, stderr } = await one.run(['gate']);
  expect({ code, stderr }).toMatchObject({ code: 2 });
  expect(stdout).toContain('there is no export "additon"');
  expect(stdout).toContain('did you mean "addition"?');
  expect(stdout).toContain('the export "notATask" is not a task');
  const report = JSON.parse(readFileSync(one.path('congruity-report', 'report.json'), 'utf8')) as {
    exitCode: number;
    checks: { status: string; test: string; error: { code: string } }[];
  };
  expect(report.checks.map(({ test: name, status, error }) => [name, status, error.code])).toEqual([
    ['misspelt', 'not judged', 'BAD_OPTION'],
    ['no task', 'not judged', 'BAD_OPTION'],
    ['corrupt', 'not judged', 'BAD_FILE'],
  ]);
});
