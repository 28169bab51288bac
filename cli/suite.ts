/** `congruity suite`: runs an experiment by its name, and keeps what it found as JSON and as a page. */
import { existsSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { FileError, OptionError } from '../src/errors.js';
import { replaceFile } from '../src/io/whole-file.js';
import { suggest } from '../src/options.js';
import { suites } from '../suites/list.js';
import { integer, notEmpty } from './arguments.js';
import { interruptible } from './interruptible.js';

/** As typed: texts. */
export interface SuiteArguments {
  readonly out?: string | undefined;
  readonly models?: string | undefined;
  readonly seed?: string | undefined;
  readonly full?: boolean | undefined;
}

/** Columns where nobody says how many there are. */
const COLUMNS = 160;

/**
 * Runs the suite and returns the exit code: 0 it is complete, 2 it was interrupted and goes on when it is run again. Without a name the suites are listed.
 * @throws OptionError, FileError and whatever the suite throws
 */
export async function suiteCommand(name: string | undefined, args: SuiteArguments): Promise<0 | 2> {
  const seed = integer(args.seed, '--seed', Number.MIN_SAFE_INTEGER) ?? 0;
  notEmpty(args.out, '--out', '--out congruity-suite');
  notEmpty(args.models, '--models', '--models folder');
  if (name === undefined) {
    process.stdout.write(suites.map((one) => `${one.name}: ${one.description}\n`).join(''));
    return 0;
  }
  const suite = suites.find((one) => one.name === name);
  if (suite === undefined)
    throw new OptionError({
      what: `there is no suite "${name}"`,
      where: 'congruity suite',
      hint: suggest(
        name,
        suites.map((one) => one.name),
      ),
    });
  const folder = resolve(args.out ?? 'congruity-suite');
  const stem = join(folder, `${suite.name}${args.full === true ? '-full' : ''}`);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new FileError({
      what: `the folder cannot be made: ${(cause as Error).message}`,
      where: folder,
      hint: 'name another with --out',
      cause,
    });
  }
  const path = `${stem}.json`;
  const shown = relative(process.cwd(), stem);
  if (existsSync(path)) process.stderr.write(`going on from ${shown}.json\n`);
  let last = '';
  const found = await interruptible((signal) =>
    suite.run({
      path,
      full: args.full === true,
      models: args.models === undefined ? undefined : resolve(args.models),
      seed,
      signal,
      progress(done, doing) {
        const line = `${String(Math.floor(done * 20) * 5).padStart(3)} %  ${doing}\n`;
        if (line !== last) process.stderr.write((last = line));
      },
    }),
  );
  replaceFile(`${stem}.html`, found.html());
  process.stdout.write(`${found.text(process.stdout.columns ?? COLUMNS)}kept: ${shown}.json, ${shown}.html\n`);
  return found.complete ? 0 : 2;
}
