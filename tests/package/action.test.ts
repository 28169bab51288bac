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
let comments: { id: number; body: string; url: string }[] = [];
let forbidden = false;
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
      else if (request.method === 'GET') {
        const page = Number(searchParams.get('page'));
        answer(200, comments.slice((page - 1) * 100, page * 100));
      } else if (forbidden) answer(403, { message: 'Resource not accessible by integration' });
      else {
        const { body } = JSON.parse(text) as { body: string };
        const own = comments.find(({ url }) => url.endsWith(pathname));
        if (own) own.body = body;
        else comments.push({ id: comments.length, body, url: `${api()}/comments/${comments.length}` });
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
  [comments, heard, forbidden] = [[], [], false];
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
    GITHUB_REPOSITORY: 'owner/name',
    GITHUB_TOKEN: 'secret',
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
    SUMMARY: 'summary.md',
  });

test('one comment, which a later run writes anew, found behind a hundred others', async () => {
  comments = Array.from({ length: 100 }, (_, id) => ({ id, body: 'another', url: `${api()}/comments/${id}` }));
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
