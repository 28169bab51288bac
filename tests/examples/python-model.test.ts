/** The example that drives a PyTorch model over a pipe: the pipe with processes that misbehave, and the whole with PyTorch where it is at hand. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Pipe } from '../../examples/python-model/pipe';
import { pythonWith } from '../helpers/python';
import { testUnless } from '../helpers/unless';

/** A process that says hello with its id, then does as the code says; `say` writes a line, `questions` calls back with each one. */
const fake = (code: string): Pipe => {
  const prelude = `const say = (x) => process.stdout.write((typeof x === 'string' ? x : JSON.stringify(x)) + '\\n');
    const questions = (f) => require('node:readline').createInterface({ input: process.stdin }).on('line', (l) => f(JSON.parse(l)));`;
  const pipe = new Pipe(process.execPath, ['-e', prelude + code]);
  opened.push(pipe);
  return pipe;
};
const opened: Pipe[] = [];
afterEach(() => opened.splice(0).forEach((pipe) => pipe.close()));

const hello = 'say({ pid: process.pid });';
const gone = async (pid: number): Promise<boolean> => {
  for (let wait = 0; wait < 100; wait++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
};

describe('the pipe', () => {
  test('answers go to their questions, in any order, and pieces of lines are put together', async () => {
    const pipe = fake(
      `${hello} const held = []; questions((q) => { held.push(q); if (held.length === 3) for (const { id, x } of held.reverse()) { const t = JSON.stringify({ id, y: x * 2 }) + '\\n'; process.stdout.write(t.slice(0, 5)); process.stdout.write(t.slice(5)); } });`,
    );
    expect(await pipe.hello).toMatchObject({ pid: expect.any(Number) });
    const answers = await Promise.all([1, 2, 3].map((x) => pipe.ask({ x })));
    expect(answers.map(({ y }) => y)).toEqual([2, 4, 6]);
  });

  test('closing ends the process and tells who waits', async () => {
    const pipe = fake(`${hello} questions(() => undefined);`);
    const { pid } = await pipe.hello;
    const waiting = pipe.ask({});
    pipe.close();
    await expect(waiting).rejects.toThrow(/was closed/);
    await expect(pipe.ask({})).rejects.toThrow(/was closed/);
    expect(await gone(pid as number)).toBe(true);
  });

  test.each<[string, string, RegExp]>([
    [
      'a process that fails before it says anything',
      "console.error('no such module'); process.exit(3);",
      /ended with code 3:\nno such module/,
    ],
    ['one that ends without a word', '', /ended with code 0$/],
    ['one that says no JSON', "say('hello?');setInterval(() => 0, 1000);", /said "hello\?", which is no answer/],
    ['one that says null', "say('null');setInterval(() => 0, 1000);", /which is no answer/],
  ])('%s', async (_, code, message) => {
    await expect(fake(code).hello).rejects.toThrow(message);
  });

  test.each<[string, string, RegExp]>([
    [
      'a crash over a question',
      "questions(() => { console.error('out of memory'); process.kill(process.pid, 'SIGKILL'); });",
      /ended by SIGKILL:\nout of memory/,
    ],
    ['garbage for an answer', "questions(() => say('\\u0000\\u0001{'));", /which is no answer/],
    ['an answer to nobody', 'questions(() => say({ id: 77 }));', /answered the question 77/],
    ['an answer that is an error', "questions(({ id }) => say({ id, error: 'IndexError' }));", /^IndexError$/],
    ['a closed door', 'process.stdin.destroy(); setTimeout(() => process.exit(1), 200);', /ended with code 1/],
  ])('%s', async (_, code, message) => {
    const pipe = fake(hello + code);
    await pipe.hello;
    await expect(pipe.ask({ text: 'x'.repeat(300_000) })).rejects.toThrow(message);
  });

  test('a program that is not there', async () => {
    const pipe = new Pipe(join(__dirname, 'no-such-program'), []);
    await expect(pipe.hello).rejects.toThrow(/cannot be started: .*ENOENT/);
    await expect(pipe.ask({})).rejects.toThrow(/cannot be started/);
  });
});

const { python, absent } = pythonWith('torch', 'numpy');

testUnless(absent)('with PyTorch: parity with the export, and the same way of adding', () => {
  const { NODE_OPTIONS: _1, JEST_WORKER_ID: _2, CONGRUITY_EVIDENCE: _3, ...env } = process.env;
  const config = join('examples', 'python-model', 'jest.config.cjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join('node_modules', 'jest', 'bin', 'jest.js'), '--config', config, '--reporters=default'],
    {
      cwd: join(__dirname, '..', '..'),
      encoding: 'utf8',
      env: { ...env, NO_COLOR: '1', CONGRUITY_PYTHON: python },
    },
  );
  expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 });
  expect(stdout + stderr).toMatch(/Tests:\s+6 passed, 6 total/);
});
