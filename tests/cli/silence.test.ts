/** Nothing is sent, and nothing is left behind, by loading and running a model of any kind. `node scripts/silence.mjs` looks longer, and in more ways: what is said here is true at once. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadOnnx } from '../../src/model/formats/onnx/file/load.js';
import { testUnless } from '../helpers/unless.js';
import { root } from './command.js';

const traced = spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0;
const kinds = ['transformer', 'transformer', 'transformer', 'onnx', 'tfjs-graph', 'function'];

interface Result {
  readonly way: string;
  readonly ran: boolean;
  readonly kinds: string;
  readonly sockets: readonly string[];
  readonly left: readonly string[];
}

// processes that load every kind of model, two of them Jest's: some 8 seconds
describe('every kind of model, in a home of its own', () => {
  const ways = ['a worker thread of a process that is told', 'Jest, two workers'];
  let results: readonly Result[];
  beforeAll(async () => {
    const said = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        [join(root, 'scripts', 'silence.mjs'), '--seconds', '0', ...ways.flatMap((way) => ['--only', way])],
        (_, stdout) => resolve(stdout),
      );
    });
    results = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Result);
  });

  test('all of them run, and leave no file', () => {
    expect(results).toMatchObject(ways.map((way) => ({ way, ran: true, kinds: JSON.stringify(kinds), left: [] })));
  });

  testUnless(!traced && 'strace, which sees it, is not installed')('no process opens a socket to the network', () => {
    expect(results).toMatchObject(ways.map((way) => ({ way, sockets: [] })));
  });
});

test('in this very process, Jest’s: onnxruntime keeps no log of what it would send', async () => {
  const model = await loadOnnx(join(root, 'tests', 'model', 'formats', 'onnx', 'fixtures', 'mlp.onnx'));
  expect(existsSync(join(tmpdir(), `mat-debug-${process.pid}.log`))).toBe(false);
  model.dispose();
});

test('a worker thread cannot write to the environment of its process: it says so, and does not load', async () => {
  const script = `
    const { parentPort } = require('node:worker_threads');
    require(${JSON.stringify(join(root, 'dist', 'cjs', 'index.js'))}).load(${JSON.stringify(join(root, 'tests', 'model', 'formats', 'onnx', 'fixtures', 'mlp.onnx'))})
      .then(() => parentPort.postMessage('loaded'), ({ code, message }) => parentPort.postMessage(code + ': ' + message));`;
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  const said = await new Promise((resolve, reject) => {
    new Worker(script, { eval: true, env }).once('message', resolve).once('error', reject);
  });
  expect(said).toMatch(
    /^NO_BACKEND: .*ORT_DISABLE_TELEMETRY=1 is in the environment[\s\S]*in the main thread before the worker is started/,
  );
});
