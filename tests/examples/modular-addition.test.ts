/** The example as a reader runs it: the gate command and the Jest test. They use what is built in dist/. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import '../../matchers/setup.js';
import { load } from '../../src/model/load.js';
import { addition, example, exampleFolder } from '../helpers/example.js';
import { runExamples } from '../../src/task/run.js';

const root = join(__dirname, '..', '..');
const main = join('dist', 'cjs', 'cli', 'main.js');
let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'congruity-example-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

function run(args: string[], extra: Record<string, string> = {}): { status: number | null; output: string } {
  const { NODE_OPTIONS: _1, JEST_WORKER_ID: _2, CONGRUITY_EVIDENCE: _3, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...env, NO_COLOR: '1', ...extra },
  });
  return { status, output: stdout + stderr };
}

test.each(['released', 'quantised', 'finetuned', 'finetuned-further', 'constant-attention', 'retrained'])(
  '%s is under 1 MB and at least 99 %% accurate on all pairs',
  async (name) => {
    const path = join(exampleFolder, 'models', `${name}.safetensors`);
    expect(statSync(path).size).toBeLessThan(1_000_000);
    const model = await load(path);
    try {
      const examples = addition().examples(Infinity, 0);
      expect(examples.inputs).toHaveLength(43 * 43);
      expect((await runExamples(model, addition(), examples)).score).toBeGreaterThanOrEqual(0.99);
    } finally {
      model.dispose();
    }
  },
);

// the other two gates make the comparisons that the tests of the Jest example make: they run once, there
test('the gate lets the 8-bit copy through, and knows the others', () => {
  const config = join('examples', 'modular-addition', 'congruity.config.ts');
  const { status, output } = run([main, 'gate', config, '--only', '8-bit copy', '--out', out]);
  expect({ status, output }).toMatchObject({ status: 0 });
  const { checks } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as {
    checks: { test: string; status: string }[];
  };
  expect(Object.fromEntries(checks.map((check) => [check.test, check.status]))).toEqual({ '8-bit copy': 'held' });
  expect(run([main, 'gate', config, '--list']).output).toBe(
    [
      '8-bit copy: models/quantised',
      'fine-tuned further: models/finetuned-further',
      'constant attention: models/constant-attention',
    ]
      .map((gate) => `${gate}.safetensors against models/released.safetensors, on addition mod 43\n`)
      .join(''),
  );
});

test('the Jest test passes', () => {
  const { status, output } = run([
    join('node_modules', 'jest', 'bin', 'jest.js'),
    '--config',
    join(exampleFolder, 'jest.config.cjs'),
    '--reporters=default',
  ]);
  expect({ status, output }).toMatchObject({ status: 0 });
  expect(output).toMatch(/Tests:\s+2 passed, 2 total/);
});

test('what README.md shows of the message is what comes out, the smallest case as well', async () => {
  const [candidate, released] = [await example('constant-attention'), await example('released')];
  try {
    const error: unknown = await expect(candidate)
      .toBeInterpretivelyEquivalent(released, { on: addition() })
      .then(
        () => undefined,
        (failed: unknown) => failed,
      );
    // the command that runs it again names the test that failed, which is another one here
    const shown = /fails with\s.*?```\n(.*?)\nReplay: /s.exec(readFileSync(join(root, 'README.md'), 'utf8'))![1]!;
    expect(shown).toMatch(/^ {2}smallest /m);
    const [said] = stripVTControlCharacters((error as Error).message).split('Replay: ');
    expect(said!.replaceAll(/\s+/g, ' ')).toBe(`${shown} `.replaceAll(/\s+/g, ' '));
  } finally {
    candidate.dispose();
    released.dispose();
  }
});
