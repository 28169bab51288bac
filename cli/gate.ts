/** `congruity gate`: reads a config, runs its gates, writes the report, and says with its exit code what came of it. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { checkPlace, setAside } from '../reports/place.js';
import { makeReport } from '../reports/report.js';
import type { Check, ShardRecord } from '../reports/schema.js';
import { wantsColour } from '../reports/colour.js';
import { CACHE_FOLDER } from '../src/cache/options.js';
import { oneLine, plainText } from '../src/plain.js';
import { removeTemporary, temporaryFolder } from '../src/io/temporary.js';
import { version } from '../src/version.js';
import { gateLevels, type Gate, type GateLevels } from '../suites/config.js';
import { checkBackend, integer, notEmpty } from './arguments.js';
import { cacheFor } from './cache-option.js';
import { chosen, listed, onlySome } from './choose.js';
import { findConfig, loadConfig, type Loaded } from './config.js';
import { Stream } from './ledger/stream.js';
import { interruptible } from './interruptible.js';
import { Progress } from './progress.js';
import { publishInStream, stepSummary } from './publish-report.js';
import { checkQueue } from './queue/connect.js';
import { gatherGates } from './queue/gather.js';
import { runDigest } from './run-digest.js';
import { runGates } from './run-gates.js';
import { dominating, divide, shardOf, weightsOf, type Shard } from './shards/divide.js';
import { prepareGates, replayOf, type PreparedGate } from './gate-order.js';

/** As typed: texts. */
export interface GateArguments {
  readonly out?: string | undefined;
  readonly seed?: string | undefined;
  readonly backend?: string | undefined;
  readonly only?: readonly string[] | undefined;
  /** `2/5` */
  readonly shard?: string | undefined;
  readonly ledger?: string | undefined;
  /** address of a Redis */
  readonly queue?: string | undefined;
  readonly workers?: string | undefined;
  /** false for none */
  readonly cache?: string | false | undefined;
  readonly list?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** The gates of one shard, and a word where more machines do not help. */
function part(gates: readonly Gate[], { folder }: Loaded, { index, count }: Shard): Gate[] {
  const weights = weightsOf(gates, folder);
  const uneven = dominating(
    gates.map(({ name }) => name),
    weights,
    count,
  );
  if (uneven !== undefined) process.stderr.write(`${oneLine(uneven)}\n`);
  return divide(weights, count)[index - 1]!.map((i) => gates[i]!);
}

/** @throws LedgerError, before any gate runs */
function openStream(path: string, { config }: Loaded, gates: readonly Gate[]): Stream {
  const stream = Stream.open(path, config.alpha);
  for (const [i, gate] of gates.entries()) {
    const few = stream.tooFew(i, gate);
    if (few !== undefined) process.stderr.write(`${oneLine(few)}\n`);
  }
  return stream;
}

/** What a report says of its run: the part that it is of the whole. */
function said(
  loaded: Loaded,
  run: {
    /** of all shards */
    readonly meant: readonly Gate[];
    readonly gates: readonly Gate[];
    readonly shard: Shard | undefined;
    readonly seedOf: (gate: Gate) => number;
    readonly backend: string | undefined;
    readonly ledger: string | undefined;
  },
): { readonly partial: string | undefined; readonly shard?: ShardRecord } {
  const { meant, gates, shard, ledger } = run;
  const all = loaded.config.gates.length;
  const some = onlySome(meant.length, all);
  if (shard === undefined) return { partial: some };
  const { index, count } = shard;
  const of = `shard ${index} of ${count}, with ${gates.length} of ${meant.length} gates`;
  return {
    partial: some === undefined ? of : `${of}; ${some}`,
    shard: {
      index,
      count,
      gates: meant.map(({ name }) => name),
      all,
      run: runDigest(loaded, meant, run),
      ...(ledger !== undefined && { ledger }),
    },
  };
}

/**
 * Runs the command and returns its exit code: 0 every gate holds, 1 one is violated or not established, 2 one could not be judged.
 * @throws OptionError, FileError and whatever the config throws, before any gate runs
 */
export async function gateCommand(given: string | undefined, args: GateArguments): Promise<0 | 1 | 2> {
  const started = new Date();
  const seed = integer(args.seed, '--seed', Number.MIN_SAFE_INTEGER);
  const wantedWorkers = integer(args.workers, '--workers', 1);
  const shard = shardOf(args.shard);
  const queue = args.queue === undefined ? undefined : checkQueue(args.queue);
  checkBackend(args.backend);
  notEmpty(given, 'the config', 'congruity gate congruity.config.ts');
  notEmpty(args.ledger, '--ledger', '--ledger releases.jsonl');
  notEmpty(args.out, '--out', '--out congruity-report');
  if (args.cache !== false) notEmpty(args.cache, '--cache', `--cache ${CACHE_FOLDER}`);
  const out = resolve(args.out ?? 'congruity-report');
  if (!args.list) {
    checkPlace(out, stepSummary(), false);
    // however this run ends, the last one's report does not pass for its
    setAside(out);
  }
  const path = findConfig(given, process.cwd());
  const work = temporaryFolder('gate');
  let crashed = '';
  let unmake = (): void => undefined;
  try {
    const loaded = await loadConfig(path, work);
    const meant = chosen(loaded, args.only);
    const gates = shard === undefined ? meant : part(meant, loaded, shard);
    if (args.list) {
      process.stdout.write(listed(loaded, gates, args.json === true));
      return 0;
    }
    // with a config that can be run, the folder is made, and whether there is room in it is tried
    unmake = checkPlace(out, stepSummary(), true);
    const ofAll = seed ?? loaded.config.seed;
    const seedOf = (gate: Gate): number => gate.options?.seed ?? ofAll ?? (Number(process.env['CONGRUITY_SEED']) || 0);
    const stream = args.ledger === undefined ? undefined : openStream(resolve(args.ledger), loaded, meant);
    const levelsOf = (gate: Gate): GateLevels =>
      stream?.levels(meant.indexOf(gate), loaded.config) ?? gateLevels(loaded.config);
    const backend = args.backend ?? loaded.config.backend;
    const prepared = prepareGates(loaded, gates, work, {
      seed: ofAll,
      backend,
      cache: cacheFor(args.cache, loaded),
      seedOf,
      levelsOf,
    });
    const named = ({ gate }: PreparedGate, check: Check): Check => ({
      ...check,
      file: loaded.shown,
      test: gate.name,
      replay: replayOf(loaded.shown, gate, check.evidence?.seed ?? seedOf(gate)),
    });
    const checks = await interruptible(async (signal) => {
      const events = new Progress(process.stderr, prepared.length, wantsColour(process.stderr, process.env));
      try {
        const alone = (hint: string): void => void process.stderr.write(`${oneLine(hint)}\n`);
        if (queue !== undefined)
          return await gatherGates(prepared, {
            url: queue,
            loaded,
            seedOf,
            levelsOf,
            backend,
            signal,
            events,
            alone,
            named,
          });
        const workers = Math.min(wantedWorkers ?? availableParallelism(), prepared.length);
        const found = await runGates(prepared, { workers, signal, events, named });
        crashed = found.output;
        return found.checks;
      } finally {
        events.end();
      }
    });
    if (checks.some((check) => check.error?.code === 'CRASHED') && crashed.trim() !== '')
      process.stderr.write(`${plainText(stripVTControlCharacters(crashed)).trimEnd()}\n`);
    const report = makeReport(checks, {
      version,
      started,
      seconds: (Date.now() - started.getTime()) / 1000,
      ...said(loaded, { meant, gates, shard, seedOf, backend: args.backend, ledger: stream?.last }),
    });
    // the shards' rows are entered together, by whoever merges them
    await publishInStream(report, shard === undefined ? stream : undefined, { ...args, out });
    return report.exitCode;
  } catch (error) {
    unmake();
    throw error;
  } finally {
    removeTemporary(work);
  }
}
