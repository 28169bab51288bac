/** `congruity doctor`: what works here, what does not, why, and what would help. */
import { spawn } from 'node:child_process';
import { platform, release } from 'node:os';
import { join } from 'node:path';
import chalk from 'chalk';
import { wantsColour } from '../../reports/colour.js';
import { oneLine, plainJson } from '../../src/plain.js';
import { OptionError } from '../../src/errors.js';
import { suggest } from '../../src/options.js';
import { version } from '../../src/version.js';
import { built } from '../package-paths.js';
import { DEFAULT_BACKEND, tries, tryOne, type Tried, type Try } from './tries.js';

/** What is printed with `--json`. */
export interface Diagnosis {
  readonly version: string;
  readonly node: string;
  readonly system: string;
  /** whether all works that was tried and that congruity needs: the exit code is 0 then, else 1 */
  readonly ok: boolean;
  readonly tried: readonly Tried[];
}

/** A try that never ends is one that does not work. */
const SECONDS = 660;
/** Before the line of JSON that a process of ours prints: what it tries may print as well. */
const MARK = '\u0000congruity:';

/** Tries one thing in a process of its own. */
function apart(one: Try): Promise<Tried> {
  const { name, purpose, needed, help } = one;
  const child = spawn(process.execPath, [join(built, 'cli', 'main.js'), 'doctor', '--here', name], {
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
async function all(chosen: readonly Try[]): Promise<Tried[]> {
  const results: Tried[] = [];
  const waiting = [...chosen.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results[next[0]] = await apart(next[1]);
  };
  await Promise.all([work(), work()]);
  return results;
}

export const diagnose = (tried: readonly Tried[]): Diagnosis => ({
  version,
  node: process.versions.node,
  system: `${platform()} ${release()} ${process.arch}`,
  ok: tried.every(({ needed, state }) => !needed || state === 'works'),
  tried,
});

export function toText({ ok, tried, node, system }: Diagnosis, colour: boolean): string {
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
  const failing = tried.filter(({ needed, state }) => needed && state !== 'works').map(({ name }) => name);
  const computes = tried.find(({ name, state }) => name === DEFAULT_BACKEND && state === 'works')?.detail;
  const verdict = ok
    ? `What congruity needs works.${computes === undefined ? '' : ` It computes models on ${computes}.`}`
    : `What congruity needs does not work: ${failing.join(', ')}.`;
  return [
    `congruity ${version}, Node ${node}, ${system}`,
    '',
    ...lines,
    '',
    ok ? verdict : style.red(verdict),
    '',
  ].join('\n');
}

/** @throws OptionError where there is nothing of that name */
function named(name: string): Try {
  const one = tries.find((each) => each.name === name);
  if (one) return one;
  throw new OptionError({
    what: `the doctor tries nothing called "${name}"`,
    where: 'congruity doctor',
    hint: suggest(
      name,
      tries.map((each) => each.name),
    ),
  });
}

/**
 * Runs the command and returns its exit code: 0 where what congruity needs works, else 1.
 * @param names what is tried; none: all
 * @param args `here`: for the process of one try, which prints what came of it for the one that started it
 * @throws OptionError
 */
export async function doctorCommand(
  names: readonly string[],
  args: { readonly json?: boolean; readonly here?: string },
): Promise<0 | 1> {
  if (args.here !== undefined) {
    const tried = await tryOne(named(args.here), process.cwd());
    // what was tried may keep the process
    process.stdout.write(`\n${MARK}${JSON.stringify(tried)}\n`, () => process.exit(0));
    return new Promise(() => undefined);
  }
  const found = diagnose(await all(names.length > 0 ? names.map(named) : tries));
  process.stdout.write(
    args.json
      ? `${plainJson(JSON.stringify(found, null, 2))}\n`
      : toText(found, wantsColour(process.stdout, process.env)),
  );
  return found.ok ? 0 : 1;
}
