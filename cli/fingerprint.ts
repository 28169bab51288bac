/** `congruity fingerprint`: writes what a comparison needs of a model into a file. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { FileError } from '../src/errors.js';
import { isFingerprintFile, readFingerprint, writeFingerprint } from '../src/fingerprint/file.js';
import { fingerprint } from '../src/fingerprint/make.js';
import { plural } from '../src/format.js';
import { shownPath, statsOf } from '../src/io/system.js';
import { removeTemporary, temporaryFolder } from '../src/io/temporary.js';
import { makeFolder } from '../src/io/whole-file.js';
import { oneLine } from '../src/plain.js';
import { Opened } from '../suites/open.js';
import { taskOf } from '../suites/task.js';
import { checkBackend, integer, notEmpty } from './arguments.js';
import { findConfig, loadConfig } from './config.js';
import { cacheFor } from './cache-option.js';
import { interruptible } from './interruptible.js';
import { gateOf } from './one-gate.js';

/** As typed: texts. */
export interface FingerprintArguments {
  readonly config?: string | undefined;
  readonly gate?: string | undefined;
  readonly out?: string | undefined;
  readonly like?: string | undefined;
  readonly draws?: string | undefined;
  readonly float64?: boolean | undefined;
  readonly seed?: string | undefined;
  readonly backend?: string | undefined;
  /** false for none */
  readonly cache?: string | false | undefined;
}

/** Where fingerprints go. */
const FOLDER = 'baselines';

const ENDING = '.safetensors';

/** The path of the file: as typed, or in the folder that was typed. @throws FileError where something else is there */
async function placeOf(out: string, model: string): Promise<string> {
  const name = basename(model);
  const isFolder = !out.endsWith(ENDING) || statsOf(out)?.isDirectory() === true;
  const path = isFolder ? join(out, `${name.slice(0, name.length - extname(name).length) || name}${ENDING}`) : out;
  if (existsSync(path) && !(await isFingerprintFile(path)))
    throw new FileError({
      what: 'something that is no fingerprint is there',
      where: path,
      hint: 'name another: --out',
    });
  makeFolder(dirname(path), 'name another: --out');
  return path;
}

/**
 * Runs the command and returns its exit code, 0.
 * @throws OptionError, FileError, FingerprintError and whatever config, task and model throw: nothing is written then
 */
export async function fingerprintCommand(given: string, args: FingerprintArguments): Promise<0> {
  notEmpty(given, 'the model', 'congruity fingerprint models/v1.safetensors');
  for (const name of ['config', 'out', 'like'] as const) notEmpty(args[name], `--${name}`, `--${name} path`);
  if (args.cache !== false) notEmpty(args.cache, '--cache', '--cache folder');
  const seed = integer(args.seed, '--seed', Number.MIN_SAFE_INTEGER);
  const draws = integer(args.draws, '--draws', 1);
  const { backend } = args;
  checkBackend(backend);
  const work = temporaryFolder('fingerprint');
  let opened: Opened | undefined;
  try {
    const loaded = await loadConfig(findConfig(args.config, process.cwd()), work, 'tasks');
    const { config, folder } = loaded;
    const gate = gateOf(loaded, args.gate);
    const path = await placeOf(resolve(args.out ?? FOLDER), given);
    const task = await taskOf(loaded.tasks.get(gate) ?? gate.task, folder);
    const like = args.like === undefined ? undefined : await readFingerprint(resolve(args.like), args.like);
    opened = new Opened(process.cwd(), backend ?? config.backend);
    const model = await opened.model(given);
    const { inputs, sites, pool, measure, set, minAcceptance, budget, seed: own } = { ...gate.options };
    const asked = {
      seed: seed ?? own ?? config.seed,
      draws: draws ?? budget?.draws,
      inputs,
      sites,
      pool,
      measure,
      set,
    };
    let said = '';
    const made = await interruptible((signal) =>
      fingerprint(model, {
        on: task,
        ...(like ? { like } : asked),
        minAcceptance,
        ...(args.float64 === true && { precision: 'float64' as const }),
        cache: cacheFor(args.cache, loaded),
        signal,
        progress(done, doing) {
          const line = `${String(Math.floor(done * 20) * 5).padStart(3)} %  ${doing}\n`;
          if (line !== said) process.stderr.write((said = line));
        },
      }),
    );
    const bytes = writeFingerprint(path, made);
    const { inputs: over, draws: all, task: on } = made.said;
    process.stdout.write(
      `${oneLine(shownPath(path))}: ${oneLine(made.said.model.name)} on ${oneLine(on.name)}, ${plural(all.length - 1, 'draw')} over ${plural(over.measured, 'input')}, ${made.exact ? 'float64' : 'float32'}, ${(bytes / 2 ** 20).toFixed(1)} MiB\n`,
    );
    return 0;
  } finally {
    opened?.dispose();
    removeTemporary(work);
  }
}
