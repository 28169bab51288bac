/** The GitHub Action's steps as far as they run without GitHub: the shell of its gate, and the comment, against a server that answers as GitHub's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');
const action = readFileSync(join(root, 'action.yml'), 'utf8');
/** The shell of each step that has one. */
const steps = [...action.matchAll(/^ {6}run: (?:\|\n((?: {8}.*\n?)+)|(.*))$/gm)].map(
  ([, block, line]) => block?.replace(/^ {8}/gm, '') ?? line!,
);

let folder: string;
let server: Server;
interface User {
  readonly login: string;
  readonly type: 'Bot' | 'User';
}
const bot: User = { login: 'github-actions[bot]', type: 'Bot' };
let comments: { id: number; body: string; url: string; user: User | null }[] = [];
let forbidden = false;
/** of the token, and how GraphQL calls it: undefined where it does not say */
let self: User = bot;
let viewer: string | undefined = bot.login;
let heard: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'congruity-action-'));
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://here');
      heard.push(`${request.method} ${pathname}`);
      const answer = (status: number, value: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      };
      if (request.headers.authorization !== 'Bearer secret') answer(401, {});
      else if (pathname === '/graphql') {
        if (viewer === undefined) answer(404, {});
        else answer(200, text.includes('viewer') ? { data: { viewer: { login: viewer } } } : { errors: [] });
      } else if (request.method === 'GET') {
        const page = Number(searchParams.get('page'));
        answer(200, comments.slice((page - 1) * 100, page * 100));
      } else if (forbidden) answer(403, { message: 'Resource not accessible by integration' });
      else {
        const { body } = JSON.parse(text) as { body: string };
        const own = comments.find(({ url }) => url.endsWith(pathname));
        if (own) own.body = body;
        else comments.push({ id: comments.length, body, url: `${api()}/comments/${comments.length}`, user: self });
        answer(200, {});
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  writeFileSync(join(folder, 'event.json'), JSON.stringify({ pull_request: { number: 7 } }));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  [comments, heard, forbidden, self, viewer] = [[], [], false, bot, bot.login];
});
const api = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function run(
  command: string,
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; out: string }> {
  const child = spawn(command, args, { cwd: folder, env: { PATH: process.env['PATH'], ...env } });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out };
}
const comment = (): Promise<{ code: number; out: string }> =>
  run(process.execPath, [join(root, 'scripts', 'action-comment.mjs')], {
    GITHUB_API_URL: api(),
    GITHUB_GRAPHQL_URL: `${api()}/graphql`,
    GITHUB_REPOSITORY: 'owner/name',
    GITHUB_TOKEN: 'secret',
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
    SUMMARY: 'summary.md',
  });

test('one comment, which a later run writes anew, found behind a hundred others', async () => {
  comments = Array.from({ length: 100 }, (_, id) => ({
    id,
    body: 'another',
    url: `${api()}/comments/${id}`,
    user: bot,
  }));
  writeFileSync(join(folder, 'summary.md'), 'first');
  expect(await comment()).toEqual({ code: 0, out: '' });
  writeFileSync(join(folder, 'summary.md'), `second ${'x'.repeat(70_000)}`);
  expect(await comment()).toEqual({ code: 0, out: '' });
  expect(comments).toHaveLength(101);
  expect(comments[100]!.body).toMatch(/^<!-- congruity gate -->\nsecond x+\n\nThe rest is in the report\.\n$/);
  expect(comments[100]!.body.length).toBeLessThan(65_536);
  expect(heard).toContain('POST /repos/owner/name/issues/7/comments');
  expect(heard.at(-1)).toBe('PATCH /comments/100');
});

test('a comment that is cut within what is folded away says so outside', async () => {
  writeFileSync(join(folder, 'summary.md'), `<details>${'x'.repeat(70_000)}</details>`);
  await comment();
  expect(comments[0]!.body).toMatch(/x\n\n<\/details>\n\nThe rest is in the report\.\n$/);
});

const person: User = { login: 'somebody', type: 'User' };

test.each<[string, User, string | undefined, User | null]>([
  ['a person, where the run’s own token writes', bot, bot.login, person],
  ['another bot', bot, bot.login, { login: 'other[bot]', type: 'Bot' }],
  ['a person who calls himself as the bot', bot, 'github-actions', { login: 'github-actions', type: 'User' }],
  ['an account that is gone', bot, bot.login, null],
  ['the run’s own token, where a person’s writes', person, person.login, bot],
  ['a person, where nobody says whose token it is', bot, undefined, person],
])('a comment with the mark that is of %s stays as it is', async (_, writer, login, other) => {
  [self, viewer] = [writer, login];
  writeFileSync(join(folder, 'summary.md'), 'first');
  const body = '<!-- congruity gate -->\nall is well';
  comments = [{ id: 0, body, url: `${api()}/comments/0`, user: other }];
  for (const text of ['first', 'second']) {
    writeFileSync(join(folder, 'summary.md'), text);
    expect(await comment()).toEqual({ code: 0, out: '' });
  }
  expect(comments.map((one) => [one.user, one.body])).toEqual([
    [other, body],
    [writer, '<!-- congruity gate -->\nsecond'],
  ]);
});

test('a token that may only read is a warning, and no report is said', async () => {
  forbidden = true;
  rmSync(join(folder, 'summary.md'), { force: true });
  const { code, out } = await comment();
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^::warning title=congruity::.* 403 /) });
  forbidden = false;
  await comment();
  expect(comments.map(({ body }) => body)).toEqual([expect.stringContaining('there is no report')]);
});

test.each([
  ['', 0],
  ['gates/my config.ts', 1],
])('the gate’s shell passes the config %p on as one word, and its exit code %p', async (config, code) => {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin', 'npx'), `#!/bin/sh\nprintf '[%s]' "$@"\nexit ${code}\n`);
  chmodSync(join(folder, 'bin', 'npx'), 0o755);
  const output = join(folder, `output-${code}`);
  const PATH = `${join(folder, 'bin')}:${process.env['PATH']}`;
  const [gate, , exit] = steps;
  expect(gate).toContain('congruity gate');
  // as GitHub runs a bash step
  const ran = await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', gate!], {
    PATH,
    CONFIG: config,
    OUT: 'congruity-report',
    GITHUB_OUTPUT: output,
  });
  expect(ran).toEqual({
    code: 0,
    out: `[--no-install][congruity][gate]${config && `[${config}]`}[--out][congruity-report]`,
  });
  expect(readFileSync(output, 'utf8')).toBe(`exit-code=${code}\n`);
  expect((await run('bash', ['-eo', 'pipefail', '-c', exit!], { CODE: String(code) })).code).toBe(code);
});

test('no input is pasted into a shell', () => {
  expect(steps).toHaveLength(3);
  for (const step of steps) expect(step).not.toContain('${{');
});

/** A tag can be moved to other code, and a commit cannot. */
test('every action of others is named by its commit, each by one, with its version behind it', () => {
  const paths = ['action.yml', 'cli/init/files.ts', 'docs/ci.md', 'docs/machines.md', '.github/workflows/ci.yml'];
  const named = paths.flatMap((path) => [...readFileSync(join(root, path), 'utf8').matchAll(/uses: (actions\/.*)$/gm)]);
  expect(named.length).toBeGreaterThan(10);
  const commits = new Map<string, string>();
  for (const [, said] of named) {
    const [, action, commit] = /^(actions\/[a-z-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(said!) ?? [];
    expect({ said, action }).toEqual({ said, action: expect.any(String) });
    expect(commits.get(action!) ?? commit).toBe(commit);
    commits.set(action!, commit!);
  }
});
