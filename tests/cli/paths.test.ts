/** Every path that a command takes, and every way in which it can lead nowhere: an error of our own, in words, with the path as it was typed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { toJson } from '../../reports/json.js';
import { makeReport } from '../../reports/report.js';
import { makeCheck } from '../reports/evidence.js';
import { addition, Project, quick } from './command.js';
import { OneProcess } from './one-process.js';

const project = new Project({
  'addition.ts': addition,
  'congruity.config.ts': `
import { addition } from './addition.ts';
const options = ${quick};
export default { gates: [{ name: 'copy', baseline: 'models/released.safetensors', candidate: 'models/quantised.safetensors', task: addition, options }] };
`,
  plain: 'text',
  'report.json': toJson(makeReport([makeCheck({})], { version: '1', started: new Date(0), seconds: 1 })),
}).withModels();
const one = new OneProcess();

beforeAll(() => {
  mkdirSync(project.path('folder'));
  symlinkSync('circle', project.path('circle'));
  execFileSync('mkfifo', [project.path('pipe')]);
});
afterAll(() => {
  one.end();
  project.remove();
});

const long = 'x'.repeat(300);
/** What is read, and what of these is none. */
const toRead = ['nowhere', 'plain/below', 'circle', 'pipe', long, 'folder'];
/** What is written: a folder, or a file. */
const asFolder = ['plain', 'plain/below', 'circle', 'pipe', long];

const reads: readonly (readonly [string, (path: string) => string[]])[] = [
  ['gate CONFIG', (path) => ['gate', path]],
  ['gate CONFIG.ts', (path) => ['gate', `${path}.ts`]],
  ['fingerprint MODEL', (path) => ['fingerprint', path]],
  ['fingerprint --like', (path) => ['fingerprint', 'models/released.safetensors', '--like', path]],
  ['export-inputs --like', (path) => ['export-inputs', '--like', path]],
  ['export-inputs --tokenizer', (path) => ['export-inputs', '--tokenizer', path]],
  ['drift', (path) => ['drift', path, 'plain']],
  ['bisect', (path) => ['bisect', path, 'plain']],
  ['verify REPORT', (path) => ['verify', path]],
  ['verify FILES', (path) => ['verify', 'report.json', path]],
  ['card', (path) => ['card', path]],
  ['merge', (path) => ['merge', path]],
  ['ledger', (path) => ['ledger', path]],
  ['train', (path) => ['train', path]],
  ['suite', (path) => ['suite', path]],
];
const writes: readonly (readonly [string, (path: string) => string[]])[] = [
  ['gate --out', (path) => ['gate', '--out', path]],
  ['gate --cache', (path) => ['gate', '--cache', path]],
  ['cache', (path) => ['cache', path]],
  ['fingerprint --out', (path) => ['fingerprint', 'models/released.safetensors', '--out', path]],
  ['export-inputs --out', (path) => ['export-inputs', '--out', `${path}/inputs.safetensors`]],
  ['card --out', (path) => ['card', 'report.json', '--out', path]],
  ['ledger --create', (path) => ['ledger', path, '--create']],
  ['ledger --create below', (path) => ['ledger', `${path}/ledger.jsonl`, '--create']],
  ['gate --ledger', (path) => ['gate', '--ledger', `${path}/ledger.jsonl`]],
];
const cases = [
  ...reads.flatMap(([name, args]) => toRead.map((path) => [name, path, args] as const)),
  ...writes.flatMap(([name, args]) => asFolder.map((path) => [name, path, args] as const)),
];

test.each(cases.map(([name, path, args]) => [name, path.slice(0, 20), args(path)] as const))(
  '%s of %p',
  async (_1, _2, args) => {
    const { code, stdout, stderr } = await one.run(project, args);
    expect(stderr).toMatch(/^\w+Error .+\n {2}at: .+\n {2}do: .+\n$/);
    // neither the system's own words, nor a path that nobody typed
    expect(stderr).not.toMatch(
      /no such file or directory|not a directory|illegal operation|too many symbolic|name too long/,
    );
    expect(stderr).not.toContain(project.folder);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  },
);
