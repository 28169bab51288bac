/** Gates over a queue: a real Redis, and workers as processes of their own, one of which is killed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Ahead } from '../../cli/queue/ahead.js';
import { checkQueue, openRedis, shownQueue } from '../../cli/queue/connect.js';
import { HandingOn } from '../../cli/queue/handing-on.js';
import { jobId, type GateJob } from '../../cli/queue/jobs.js';
import { Told } from '../../cli/queue/told.js';
import { withoutRun } from '../../reports/merge.js';
import type { Report } from '../../reports/schema.js';
import { Cache } from '../../src/cache/cache.js';
import { environment, main, Project } from './command.js';

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

async function startRedis(port: number, ...more: string[]): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...more];
  const redis = spawn('redis-server', args, { cwd: project.folder, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  redis.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  while (!said.includes('Ready to accept connections')) await new Promise((resolve) => setTimeout(resolve, 20));
  return redis;
}

const read = (folder: string): Report =>
  JSON.parse(readFileSync(project.path(folder, 'report.json'), 'utf8')) as Report;
const nowhere = 'redis://127.0.0.1:1';

/** Milliseconds for which the task of one gate rests at each input in some workers, without work: so that there is something left to do for others. */
const config = `
import { accuracy, pairs, range, task } from 'congruity';
const rest = Number(process.env.REST ?? 0);
const nobody = new Int32Array(new SharedArrayBuffer(4));
const addition = (resting: boolean) => task({
  name: 'addition',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]: readonly [number, number]) => {
    if (resting && rest > 0) Atomics.wait(nobody, 0, 0, rest);
    return (a + b) % 43;
  }),
  threshold: { atLeast: 0.99 },
});
const options = { inputs: 60, splits: 1, bootstrap: 500, alsoReport: [], power: false, set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.05 } };
const gate = (name: string, candidate: string, resting: boolean, more: object) =>
  ({ name, baseline: 'models/released.safetensors', candidate: \`models/\${candidate}.safetensors\`, task: addition(resting), options: { ...options, ...more } });
export default { seed: 3, cache: false, gates: [
  gate('other', 'constant-attention', false, { budget: { draws: 12 } }),
  gate('slow', 'quantised', true, { relation: 'equivalent', margin: 0.02, budget: { draws: 20 } }),
  gate('new', 'finetuned', false, { budget: { draws: 12 } }),
] };`;

// Debian: apt-get install redis-server
withRedis(`with a Redis${isThere ? '' : ' (skipped: redis-server is not installed here)'}`, () => {
  let redis: ChildProcess;
  let url = '';
  let down: Running[];
  let others: Running[];
  let guarded: ChildProcess;
  const servers: Server[] = [];
  beforeAll(async () => {
    const port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    redis = await startRedis(port);
    project.write('congruity.config.ts', config);
    // they try again for some seconds
    down = [
      ['gate', '--queue', nowhere, '--out', 'down'],
      ['work', '--queue', nowhere],
    ].map((args) => new Running(args));
    const answering = async (answer: (socket: Socket) => void): Promise<string> => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        answer(socket);
      }).listen(0, '127.0.0.1');
      servers.push(server);
      await once(server, 'listening');
      return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const guardedPort = await freePort();
    guarded = await startRedis(guardedPort, '--requirepass', 'secret');
    const addresses = [
      await answering(() => undefined),
      await answering((socket) => socket.end('<html>')),
      `redis://127.0.0.1:${guardedPort}`,
      `redis://:wrong@127.0.0.1:${guardedPort}`,
    ];
    others = addresses.map((address) => new Running(['gate', '--queue', address, '--out', 'other']));
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    guarded.kill('SIGKILL');
    if (redis.exitCode !== null || redis.signalCode !== null) return;
    redis.kill('SIGKILL');
    await once(redis, 'exit');
  });

  test('three workers, of which one is killed: another goes on with its gate, the third draws for it, and the report is that of one machine, to the bit', async () => {
    const both = ['--only', 'other', '--only', 'slow'];
    const gate = new Running(['gate', '--queue', url, '--out', 'queued', ...both]);
    // a lock is renewed every half of this: less, and a worker that a busy machine lets wait is lost beside the killed one
    const work = ['work', '--queue', url, '--lost-after', '6'];
    const first = new Running(work, { REST: '2' });
    const local = new Running(['gate', '--out', 'local', ...both]);
    await first.until('started   slow');
    const client = await openRedis(url);
    const handedOn = async (): Promise<number> => {
      const [name] = await client.keys('congruity:entries:*');
      return name === undefined ? 0 : client.hlen(name);
    };
    // that it is open, both models, and a draw
    while ((await handedOn()) < 4) await new Promise((resolve) => setTimeout(resolve, 50));
    first.child.kill('SIGKILL');
    const second = new Running(work, { REST: '2' });
    await second.until('started   slow');
    const third = new Running(work);
    const [code] = await Promise.all([gate.ended, first.ended, local.ended]);
    expect({ code, said: gate.said }).toMatchObject({ code: 1 });
    expect(first.said).toMatch(/violated {2}other/);
    expect(second.said).toMatch(/(held|not established) {2}slow/);
    expect(third.said).toMatch(/made {2}draws \d+ to \d+ of slow/);
    for (const { child } of [second, third]) child.kill('SIGINT');
    expect(await Promise.all([second.ended, third.ended])).toEqual([0, 0]);
    expect(JSON.stringify(withoutRun(read('queued')))).toBe(JSON.stringify(withoutRun(read('local'))));
    expect(read('queued').checks.map(({ status }) => status)[0]).toBe('violated');
    // what the first had drawn was not drawn again
    expect(read('queued').checks[1]!.evidence!.rows!.kept).toBeGreaterThan(0);
    expect(await client.keys('congruity:entries:*')).toEqual([]);
    client.disconnect();
  });

  test('a worker that stood still for longer than it may: another does its gate, and it says so when it goes on', async () => {
    const gate = new Running(['gate', '--queue', url, '--out', 'stood', '--seed', '9', '--only', 'slow']);
    const work = ['work', '--queue', url, '--lost-after', '2'];
    const still = new Running(work, { REST: '2' });
    await still.until('started   slow');
    still.child.kill('SIGSTOP');
    const other = new Running(work);
    await other.until('started   slow');
    still.child.kill('SIGCONT');
    await still.until('lost      slow: silent for too long (--lost-after), another worker does it');
    expect(still.said).not.toMatch(/the queue|undefined/);
    expect([0, 1]).toContain(await gate.ended);
    expect(read('stood').checks[0]!.evidence).toBeDefined();
    for (const { child } of [still, other]) child.kill('SIGINT');
    expect(await Promise.all([still.ended, other.ended])).toEqual([0, 0]);
  });

  test('every break of the queue is said once, and that it is back', async () => {
    const port = await freePort();
    let own = await startRedis(port);
    const worker = new Running(['work', '--queue', `redis://127.0.0.1:${port}`]);
    try {
      await worker.until('waits for gates');
      const times = (part: string): number => worker.said.split(part).length - 1;
      for (const round of [1, 2]) {
        own.kill('SIGKILL');
        await once(own, 'exit');
        while (times('the queue broke off') < round) await new Promise((resolve) => setTimeout(resolve, 50));
        own = await startRedis(port);
        while (times('the queue is back') < round) await new Promise((resolve) => setTimeout(resolve, 50));
        expect([times('the queue broke off'), times('the queue is back')]).toEqual([round, round]);
      }
      worker.child.kill('SIGINT');
      expect(await worker.ended).toBe(0);
      expect([times('the queue broke off'), worker.said.trim().split('\n').length]).toEqual([2, 5]);
    } finally {
      worker.child.kill('SIGKILL');
      own.kill('SIGKILL');
    }
  });

  test('entries are handed on whole, to whoever has not got them, until the gate is judged', async () => {
    const client = await openRedis(url);
    const [one, other] = ['one', 'other'].map((name) => ({
      cache: new Cache(project.path(`${name}-cache`)),
      file: project.path(`${name}-entries`),
    })) as [{ cache: Cache; file: string }, { cache: Cache; file: string }];
    const [giving, taking] = [one, other].map(({ cache, file }) => new HandingOn(client, 'id', cache, file)) as [
      HandingOn,
      HandingOn,
    ];
    const key = 'a'.repeat(64);
    await one.cache.write(key, { kind: 'draw', about: 'a draw', rows: 3, value: { x: 1 }, tensors: new Map() });
    await giving.open();
    // half a line is not read
    appendFileSync(one.file, `draw ${key}`);
    await giving.exchange();
    expect(await client.hkeys('congruity:entries:id')).toEqual(['open']);
    appendFileSync(one.file, `\nverdict ${'b'.repeat(64)}\n`);
    await giving.exchange();
    // one that somebody spoiled
    await client.hset('congruity:entries:id', 'c'.repeat(64), 'no entry');
    await taking.exchange();
    expect(await other.cache.read(key)).toMatchObject({ kind: 'draw', rows: 3, value: { x: 1 } });
    expect(other.cache.has('c'.repeat(64))).toBe(false);
    expect([giving.drawn, giving.judged]).toEqual([1, true]);
    await giving.close();
    expect(await taking.isOpen()).toBe(false);
    client.disconnect();
  });

  test('what is known is not done again, no worker is needed; a queue that breaks off: exit 2, the rest is not judged', async () => {
    const gate = new Running(['gate', '--queue', url, '--out', 'broken', '--only', 'other', '--only', 'new']);
    await gate.until('violated  other');
    redis.kill('SIGKILL');
    expect({ code: await gate.ended, said: gate.said }).toMatchObject({ code: 2 });
    const [other, rest] = read('broken').checks;
    expect(other!.evidence).toEqual(read('queued').checks[0]!.evidence);
    expect(rest).toMatchObject({ test: 'new', status: 'not judged', error: { code: 'NO_QUEUE' } });
    expect(rest!.error!.what).toMatch(/the queue broke off/);
  });

  test('a queue that is down: an error of its own, exit 2, for the gate and the worker', async () => {
    expect(await Promise.all(down.map(({ ended }) => ended))).toEqual([2, 2]);
    for (const { said } of down)
      expect(said).toMatch(
        /QueueError the queue cannot be reached: .*ECONNREFUSED[^]*at: redis:\/\/127.0.0.1:1\n[^]*redis-cli ping/,
      );
  });

  test('what is silent, is not Redis or asks for a password: each is said, exit 2', async () => {
    expect(await Promise.all(others.map(({ ended }) => ended))).toEqual([2, 2, 2, 2]);
    const [silent, page, none, wrong] = others.map(({ said }) => said);
    expect(silent).toMatch(/QueueError the queue cannot be reached: nothing is answered for 15 s/);
    expect(page).toMatch(/QueueError what answers at this address is not Redis/);
    expect(none).toMatch(/QueueError Redis refuses the connection: NOAUTH[^]*do: write user and password into/);
    expect(wrong).toMatch(/QueueError Redis refuses the connection: WRONGPASS/);
    expect(wrong).not.toContain('wrong@');
  });
});

test('ranges for others overlap nowhere, lie within the budget, and leave the worker that judges its own', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 8 })), { maxLength: 60 }),
      (most, steps) => {
        const ahead = new Ahead(most);
        const given = new Set<number>();
        let drawn = 0;
        for (const [more, helpers] of steps) {
          drawn += more;
          const range = ahead.range(drawn, helpers);
          if (!range) continue;
          expect(range.from).toBeGreaterThan(drawn);
          expect(range.to).toBeGreaterThan(range.from);
          expect(range.to).toBeLessThanOrEqual(most + 1);
          for (let i = range.from; i < range.to; i++) {
            expect(given.has(i)).toBe(false);
            given.add(i);
          }
        }
        // the first ones are its own
        for (const i of [1, 2, 3, 4]) expect(given.has(i)).toBe(false);
      },
    ),
  );
  const ahead = new Ahead(100);
  expect(Array.from({ length: 5 }, () => ahead.range(0, 2)?.from)).toEqual([5, 9, 17, 21, undefined]);
});

test('a lost job is said by its name and once; a fault that stays is said again after a minute, and after a break', () => {
  const said: string[] = [];
  let now = 0;
  const names = new Map([['a1', 'draws 3 to 6 of slow']]);
  const told = new Told(
    (text) => said.push(text),
    names,
    () => now,
  );
  for (const message of ['could not renew lock for job a1', 'Missing lock for job a1. moveToFinished'])
    told.fault(new Error(message));
  told.fault(new Error('Lock mismatch for job b2. Cmd moveToFinished from active'));
  for (now of [0, 59_000, 60_000]) told.fault(new Error('MISCONF the disk is full'));
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  for (const error of [refused, refused, new Error('MISCONF the disk is full'), new Error('Connection is closed.')])
    told.fault(error);
  told.isBack();
  told.isBack();
  told.fault(new Error('MISCONF the disk is full'));
  told.brokeOff();
  told.end();
  told.isBack();
  told.brokeOff();
  expect(said).toEqual([
    'lost      draws 3 to 6 of slow: silent for too long (--lost-after), another worker does it',
    'lost      job b2: silent for too long (--lost-after), another worker does it',
    'the queue: MISCONF the disk is full',
    'the queue: MISCONF the disk is full',
    'the queue broke off: connect ECONNREFUSED; this worker waits until it is back',
    'the queue is back',
    'the queue: MISCONF the disk is full',
    'the queue broke off; this worker waits until it is back',
    'the queue is back',
  ]);
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
