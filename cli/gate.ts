/** `congruity gate`: reads a config, runs its gates, writes the report, and says with its exit code what came of it. */
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { toJson } from '../reports/json.js';
import { checkPlace, setAside } from '../reports/place.js';
import { makeReport } from '../reports/report.js';
import type { Check } from '../reports/schema.js';
import { wantsColour } from '../reports/colour.js';
import { toTerminal } from '../reports/terminal.js';
import { writeReport } from '../reports/write.js';
import { CACHE_FOLDER, cacheUnder, type CacheOption } from '../src/cache/options.js';
import { OptionError } from '../src/errors.js';
import { suggest } from '../src/options.js';
import { oneLine, plainJson, plainText } from '../src/plain.js';
import { removeTemporary, temporaryFolder } from '../src/io/temporary.js';
import { version } from '../src/version.js';
import type { Gate, GateSide } from '../suites/config.js';
import { checkBackend, integer, notEmpty } from './arguments.js';
import { findConfig, loadConfig, type Loaded } from './config.js';
import { interruptible } from './interruptible.js';
import { Progress } from './progress.js';
import { runGates } from './run-gates.js';
import { replayOf, writeTestFiles, type GateFile } from './test-files.js';

/** As typed: texts. */
export interface GateArguments {
  readonly out?: string | undefined;
  readonly seed?: string | undefined;
  readonly backend?: string | undefined;
  readonly only?: readonly string[] | undefined;
  readonly workers?: string | undefined;
  /** false for none */
  readonly cache?: string | false | undefined;
  readonly list?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

function chosen(loaded: Loaded, only: readonly string[] | undefined): readonly Gate[] {
  const { gates } = loaded.config;
  if (!only || only.length === 0) return gates;
  for (const name of only)
    if (!gates.some((gate) => gate.name === name))
      throw new OptionError({
        what: `there is no gate "${name}"`,
        where: loaded.shown,
        hint: suggest(
          name,
          gates.map((gate) => gate.name),
        ),
      });
  return gates.filter((gate) => only.includes(gate.name));
}

const sideInWords = (side: GateSide): string =>
  typeof side === 'string'
    ? side
    : typeof side === 'function'
      ? 'made by a function'
      : 'open' in side
        ? side.description
        : side.name;

function list(loaded: Loaded, gates: readonly Gate[], json: boolean): string {
  const all = gates.map(({ name, candidate, baseline, task }) => ({
    name,
    candidate: sideInWords(candidate),
    baseline: sideInWords(baseline),
    task: typeof task === 'string' ? task : task.name,
  }));
  if (json) return `${plainJson(JSON.stringify({ config: loaded.shown, gates: all }, null, 2))}\n`;
  return all
    .map(
      ({ name, candidate, baseline, task }) =>
        `${oneLine(name)}: ${oneLine(candidate)} against ${oneLine(baseline)}, on ${oneLine(task)}\n`,
    )
    .join('');
}

/** As typed, or else as the config says, or else in the working folder. */
export function cacheFor(typed: string | false | undefined, { config, folder }: Loaded): CacheOption {
  if (typed !== undefined) return typed && resolve(typed);
  return config.cache === undefined ? resolve(CACHE_FOLDER) : cacheUnder(folder, config.cache);
}

/** Gates that do not hold and are printed in full: more of them nobody reads on a terminal. */
const DETAILS = 5;

/**
 * Runs the command and returns its exit code: 0 every gate holds, 1 one is violated or not established, 2 one could not be judged.
 * @throws OptionError, FileError and whatever the config throws, before any gate runs
 */
export async function gateCommand(given: string | undefined, args: GateArguments): Promise<0 | 1 | 2> {
  const started = new Date();
  const seed = integer(args.seed, '--seed', Number.MIN_SAFE_INTEGER);
  const wantedWorkers = integer(args.workers, '--workers', 1);
  checkBackend(args.backend);
  notEmpty(given, 'the config', 'congruity gate congruity.config.ts');
  notEmpty(args.out, '--out', '--out congruity-report');
  if (args.cache !== false) notEmpty(args.cache, '--cache', `--cache ${CACHE_FOLDER}`);
  const out = resolve(args.out ?? 'congruity-report');
  const stepSummary = process.env['GITHUB_STEP_SUMMARY'];
  if (!args.list) {
    checkPlace(out, stepSummary, false);
    // however this run ends, the last one's report does not pass for its
    setAside(out);
  }
  const path = findConfig(given, process.cwd());
  const work = temporaryFolder('gate');
  try {
    const loaded = await loadConfig(path, work);
    const gates = chosen(loaded, args.only);
    if (args.list) {
      process.stdout.write(list(loaded, gates, args.json === true));
      return 0;
    }
    // with a config that can be run, the folder is made, and whether there is room in it is tried
    checkPlace(out, stepSummary, true);
    const ofAll = seed ?? loaded.config.seed;
    const seedOf = (gate: Gate): number => gate.options?.seed ?? ofAll ?? (Number(process.env['CONGRUITY_SEED']) || 0);
    const files = writeTestFiles(loaded, gates, work, {
      seed: ofAll,
      backend: args.backend ?? loaded.config.backend,
      cache: cacheFor(args.cache, loaded),
      seedOf,
    });
    const named = ({ gate }: GateFile, check: Check): Check => ({
      ...check,
      file: loaded.shown,
      test: gate.name,
      replay: replayOf(loaded.shown, gate, check.evidence?.seed ?? seedOf(gate)),
    });
    const { checks, output } = await interruptible((signal) => {
      const progress = new Progress(process.stderr, files.length, wantsColour(process.stderr, process.env));
      const workers = Math.min(wantedWorkers ?? availableParallelism(), files.length);
      return runGates(files, { work, folder: loaded.folder, workers, signal, events: progress, named }).finally(() =>
        progress.end(),
      );
    });
    if (checks.some((check) => check.error?.code === 'CRASHED') && output.trim() !== '')
      process.stderr.write(`${plainText(stripVTControlCharacters(output)).trimEnd()}\n`);
    const all = loaded.config.gates.length;
    const partial = gates.length < all ? `only ${gates.length} of the ${all} gates (--only)` : undefined;
    const report = makeReport(checks, { version, started, seconds: (Date.now() - started.getTime()) / 1000, partial });
    const failed = await writeReport(report, out, { stepSummary }).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const folder = failed ? undefined : relative(process.cwd(), out) || '.';
    process.stdout.write(
      args.json
        ? toJson(report)
        : toTerminal(report, {
            colour: wantsColour(process.stdout, process.env),
            width: process.stdout.columns,
            details: args.verbose ? undefined : DETAILS,
            folder,
          }),
    );
    if (failed) throw failed.error;
    return report.exitCode;
  } finally {
    removeTemporary(work);
  }
}
