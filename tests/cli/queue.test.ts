/** Gates over a queue: a real Redis, and workers as processes of their own, one of which is killed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { checkQueue, shownQueue } from '../../cli/queue/connect.js';
import { jobId, type GateJob } from '../../cli/queue/jobs.js';
import { withoutRun } from '../../reports/merge.js';
import type { Report } from '../../reports/schema.js';
import { addition, environment, main, Project, quick } from './command.js';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const isThere = spawnSync('redis-server', ['--version']).status === 0;
const withRedis = isThere ? describe : describe.skip;
const project = new Project().withModels();
afterAll(() => project.remove());

/** A command, and what it says while it runs. */
class Running {
  readonly child: ChildProcess;
  said = '';
  readonly ended: Promise<number | null>;
  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [main, ...args], {
      cwd: project.folder,
      env: environment({ ...project.temporaries, ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }
  async until(part: string): Promise<void> {
    const deadline = Date.now() + 500_000;
    while (!this.said.includes(part)) {
      if (this.child.exitCode !== null || Date.now() > deadline) throw new Error(`never said "${part}": ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const read = (folder: string): Report =>
  JSON.parse(readFileSync(project.path(folder, 'report.json'), 'utf8')) as Report;
const nowhere = 'redis://127.0.0.1:1';

// Debian: apt-get install redis-server
withRedis(`with a Redis${isThere ? '' : ' (skipped: redis-server is not installed here)'}`, () => {
  let redis: ChildProcess;
  let url = '';
  beforeAll(async () => {
    const port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    redis.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!said.includes('Ready to accept connections')) await new Promise((resolve) => setTimeout(resolve, 20));
    project.write(
      'congruity.config.ts',
      `${addition}
import { load } from 'congruity';
const gate = (name: string, candidate: unknown) =>
  ({ name, baseline: 'models/released.safetensors', candidate, task: addition, options: ${quick} });
// in one worker this never ends
const held = () => process.env.HOLD === '1' ? new Promise(() => {}) : load('models/quantised.safetensors');
export default { seed: 3, cache: false, gates: [gate('held up', held), gate('copy', 'models/quantised.safetensors'), gate('other', 'models/constant-attention.safetensors')] };`,
    );
  });
  afterAll(async () => {
    if (redis.exitCode !== null || redis.signalCode !== null) return;
    redis.kill('SIGKILL');
    await once(redis, 'exit');
  });

  test('three workers, of which one is killed: another does its gate, and the report is that of one machine, to the bit', async () => {
    const gate = new Running(['gate', '--queue', url, '--out', 'queued']);
    const work = ['work', '--queue', url, '--lost-after', '2'];
    const first = new Running(work, { HOLD: '1' });
    await first.until('started   held up');
    const others = [new Running(work), new Running(work)];
    first.child.kill('SIGKILL');
    const [code] = await Promise.all([gate.ended, first.ended]);
    expect({ code, said: gate.said }).toMatchObject({ code: 1 });
    const done = others.map(({ said }) => said).join('');
    for (const name of ['held up', 'copy', 'other']) expect(done).toMatch(new RegExp(`(held|violated) {2}${name}`));
    for (const { child } of others) child.kill('SIGINT');
    expect(await Promise.all(others.map(({ ended }) => ended))).toEqual([0, 0]);
    await new Running(['gate', '--out', 'local']).ended;
    expect(JSON.stringify(withoutRun(read('queued')))).toBe(JSON.stringify(withoutRun(read('local'))));
    expect(read('queued').checks.map(({ status }) => status)).toEqual(['held', 'held', 'violated']);
  });

  test('what is in the queue already is not done again: no worker is needed', async () => {
    const again = new Running(['gate', '--queue', url, '--only', 'copy', '--only', 'other', '--out', 'again']);
    expect({ code: await again.ended, said: again.said }).toMatchObject({ code: 1 });
    expect(read('again').checks.map(({ evidence }) => evidence)).toEqual(
      read('queued')
        .checks.slice(1)
        .map(({ evidence }) => evidence),
    );
  });

  test('a queue that breaks off: exit 2, what was found is reported, the rest is not judged', async () => {
    const gate = new Running(['gate', '--queue', url, '--out', 'broken']);
    // the two that are known come at once
    await gate.until('violated  other');
    redis.kill('SIGKILL');
    expect({ code: await gate.ended, said: gate.said }).toMatchObject({ code: 2 });
    expect(read('broken').checks.map(({ test: name, status, error }) => [name, status, error?.code])).toEqual([
      ['held up', 'not judged', 'NO_QUEUE'],
      ['copy', 'held', undefined],
      ['other', 'violated', undefined],
    ]);
    expect(read('broken').checks[0]!.error!.what).toMatch(/the queue broke off/);
  });

  test('a queue that is down: an error of its own, exit 2, for the gate and the worker', async () => {
    const [gate, work] = [
      new Running(['gate', '--queue', nowhere, '--out', 'down']),
      new Running(['work', '--queue', nowhere]),
    ];
    expect([await gate.ended, await work.ended]).toEqual([2, 2]);
    for (const { said } of [gate, work])
      expect(said).toMatch(
        /QueueError the queue cannot be reached: .*ECONNREFUSED[^]*at: redis:\/\/127.0.0.1:1\n[^]*redis-cli ping/,
      );
  });
});

test('an address that is none is refused; a password is not shown', () => {
  for (const url of ['', 'localhost', 'http://localhost', 'redis://'])
    expect(() => checkQueue(url)).toThrow(/--queue is/);
  expect(shownQueue('redis://user:secret@host:1')).toBe('redis://host:1');
});

test('a job is known by all that its verdict follows from; one with a model made by a function never is', () => {
  const job: GateJob = {
    gate: 'g',
    seed: 1,
    backend: 'wasm',
    levels: { alpha: 0.05, beta: 0.05 },
    models: { 'a.safetensors': '00' },
  };
  const gate = { name: 'g', baseline: 'a.safetensors', candidate: 'a.safetensors', task: 't' };
  const id = jobId(job, gate);
  expect(jobId({ ...job }, { ...gate })).toBe(id);
  for (const other of [
    { seed: 2 },
    { backend: 'cpu' },
    { levels: { alpha: 0.01, beta: 0.05 } },
    { models: { 'a.safetensors': '01' } },
  ])
    expect(jobId({ ...job, ...other }, gate)).not.toBe(id);
  const made = { ...gate, candidate: () => Promise.reject(new Error('never')) };
  expect(jobId(job, made)).not.toBe(jobId(job, made));
});
