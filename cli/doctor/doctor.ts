/** `congruity doctor`: what works here, what does not, why, and what would help. */
import { spawn } from 'node:child_process';
import { platform, release } from 'node:os';
import { join } from 'node:path';
import chalk from 'chalk';
import { wantsColour } from '../../reports/colour.js';
import { oneLine, plainJson } from '../../src/plain.js';
import { backendNames } from '../../src/tensor/backend-names.js';
import { OptionError } from '../../src/errors.js';
import { suggest } from '../../src/options.js';
import { version } from '../../src/version.js';
import { built } from '../package-paths.js';
import { tries, tryOne, type Tried, type Try } from './tries.js';

/** What is printed with `--json`. */
export interface Diagnosis {
  readonly version: string;
  readonly node: string;
  readonly system: string;
  /** the one that models are computed on where none is named; null where none works */
  readonly backend: string | null;
  /** whether what congruity needs works: the exit code is 0 then, else 1 */
  readonly ok: boolean;
  readonly tried: readonly Tried[];
}

/** A try that never ends is one that does not work. */
const SECONDS = 150;
/** Before the line of JSON that a process of ours prints: what it tries may print as well. */
const MARK = '\u0000congruity:';

/** Tries one thing in a process of its own. */
function apart(one: Try): Promise<Tried> {
  const { name, purpose, needed, help } = one;
  const child = spawn(process.execPath, [join(built, 'cli', 'main.js'), 'doctor', '--only', name], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SECONDS * 1000,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const broken = (reason: string): Tried => ({ name, purpose, needed, state: 'does not work', reason, help });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(broken(error.message)));
    child.on('close', (code, signal) => {
      const line = out.split('\n').find((text) => text.includes(MARK));
      if (line !== undefined) resolve(JSON.parse(line.slice(line.indexOf(MARK) + MARK.length)) as Tried);
      else if (child.killed) resolve(broken(`it did not answer in ${SECONDS} s`));
      else
        resolve(
          broken(
            `it ended its process with ${signal ?? `code ${code ?? 'none'}`}${err.trim() === '' ? '' : `: ${err.trim().split('\n')[0]}`}`,
          ),
        );
    });
  });
}

/** In the order given, two at a time: each may take a core. */
async function all(): Promise<Tried[]> {
  const results: Tried[] = [];
  const waiting = [...tries.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results[next[0]] = await apart(next[1]);
  };
  await Promise.all([work(), work()]);
  return results;
}

export function diagnose(tried: readonly Tried[]): Diagnosis {
  const works = new Set(tried.filter(({ state }) => state === 'works').map(({ name }) => name));
  const backend = backendNames.find((name) => works.has(name)) ?? null;
  const ok = backend !== null && tried.every(({ needed, state }) => !needed || state === 'works');
  return {
    version,
    node: process.versions.node,
    system: `${platform()} ${release()} ${process.arch}`,
    backend,
    ok,
    tried,
  };
}

export function toText({ backend, ok, tried, node, system }: Diagnosis, colour: boolean): string {
  const style = new chalk.Instance({ level: colour ? 1 : 0 });
  const width = Math.max(...tried.map(({ name }) => name.length)) + 2;
  const lines = tried.flatMap(({ name, purpose, state, detail, reason, help, needed }) => {
    const mark = state === 'works' ? style.green('✓') : needed ? style.red('✗') : style.dim('–');
    const said = state === 'works' ? detail : state === 'not installed' ? state : `${state}: ${reason}`;
    return [
      `${mark} ${name.padEnd(width)}${oneLine(`${said} (for ${purpose})`)}`,
      ...(state === 'works' ? [] : [`  ${''.padEnd(width)}${oneLine(`would help: ${help}`)}`]),
    ];
  });
  const missing = tried.filter(({ needed, state }) => needed && state !== 'works').map(({ name }) => name);
  const verdict = ok
    ? `Gates can run. Models are computed on ${backend}.`
    : `Gates cannot run: ${[...(backend === null ? ['no backend works'] : []), ...missing.map((name) => `${name} does not work`)].join(', ')}.`;
  return [
    `congruity ${version}, Node ${node}, ${system}`,
    '',
    ...lines,
    '',
    ok ? verdict : style.red(verdict),
    '',
  ].join('\n');
}

/**
 * Runs the command and returns its exit code: 0 where what congruity needs works, else 1.
 * @param args `only`: for the process of one try, which prints what came of it for the one that started it
 * @throws OptionError where there is nothing of that name
 */
export async function doctorCommand(args: { readonly json?: boolean; readonly only?: string }): Promise<0 | 1> {
  const folder = process.cwd();
  if (args.only !== undefined) {
    const one = tries.find(({ name }) => name === args.only);
    if (!one)
      throw new OptionError({
        what: `the doctor tries nothing called "${args.only}"`,
        where: '--only',
        hint: suggest(
          args.only,
          tries.map(({ name }) => name),
        ),
      });
    process.stdout.write(`\n${MARK}${JSON.stringify(await tryOne(one, folder))}\n`);
    return 0;
  }
  const found = diagnose(await all());
  process.stdout.write(
    args.json
      ? `${plainJson(JSON.stringify(found, null, 2))}\n`
      : toText(found, wantsColour(process.stdout, process.env)),
  );
  return found.ok ? 0 : 1;
}
