/** Runs the built command as a shell would. `npm run build` first, as `npm test` does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const root = join(__dirname, '..', '..');
export const main = join(root, 'dist', 'cjs', 'cli', 'main.js');
if (!existsSync(main)) throw new Error('the command is not built: npm run build');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a shell, not of this test: nothing of Jest's or ours. */
export function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (/^(CONGRUITY_|JEST_|NODE_OPTIONS$|NODE_ENV$|FORCE_COLOR$|NO_COLOR$|GITHUB_)/.test(name)) delete env[name];
  return { ...env, ...extra };
}

export function start(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  return { child, result: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...texts }))) };
}

const run = (args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<Result> =>
  start(args, cwd, env).result;

/** A folder with these files. */
export class Project {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-command-')));
  /** its runs' own temporary folder, so that commands of tests beside this one do not show up in it */
  readonly temporary = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-command-tmp-')));

  constructor(files: Record<string, string> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }
  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }
  path(...names: string[]): string {
    return join(this.folder, ...names);
  }
  /** the example's models: the same task done in one way, in the same way, and in another */
  withModels(): this {
    cpSync(join(root, 'examples', 'modular-addition', 'models'), this.path('models'), { recursive: true });
    return this;
  }
  get temporaries(): Record<string, string> {
    return { TMPDIR: this.temporary, TEMP: this.temporary, TMP: this.temporary };
  }
  run(args: readonly string[], env: Record<string, string> = {}): Promise<Result> {
    return run(args, this.folder, { ...this.temporaries, ...env });
  }
  remove(): void {
    for (const folder of [this.folder, this.temporary]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Small and quick, and enough to tell the example's models apart: no search for components, and a pass for each draw. */
export const quick = `{ budget: { draws: 12 }, inputs: 60, splits: 1, bootstrap: 500, permutations: 199, alsoReport: [], power: false, set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.05 } }`;

export const addition = `
import { readFileSync } from 'node:fs';
import { accuracy, pairs, range, task } from 'congruity';
const p: number = JSON.parse(readFileSync(new URL('./models/released.json', import.meta.url), 'utf8')).d_vocab;
export const addition = task({
  name: 'addition',
  inputs: pairs(range(p), range(p)),
  behaviour: accuracy(([a, b]: readonly [number, number]) => (a + b) % p),
  threshold: { atLeast: 0.99 },
});
export const notATask = 1;
`;
