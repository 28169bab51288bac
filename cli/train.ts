/** `congruity train`: trains transformers to compute a program, one for each seed, several at a time. */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { FileError, OptionError } from '../src/errors.js';
import { duration, percent, plural } from '../src/format.js';
import { shownPath } from '../src/io/system.js';
import { removeTemporary, temporaryFolder } from '../src/io/temporary.js';
import { makeFolder } from '../src/io/whole-file.js';
import { oneLine } from '../src/plain.js';
import { trainConfigOf } from '../src/training/config.js';
import type { Three } from '../src/training/history.js';
import { checkBackend, integer, notEmpty } from './arguments.js';
import { bundle } from './bundle.js';
import { evaluate } from './config.js';
import { interruptible } from './interruptible.js';
import { built } from './package-paths.js';
import type { FromTrainer, ToTrainer, TrainOrder } from './train-messages.js';

/** As typed: texts. */
export interface TrainArguments {
  readonly out?: string | undefined;
  readonly seeds?: string | undefined;
  readonly minutes?: string | undefined;
  readonly steps?: string | undefined;
  readonly workers?: string | undefined;
  readonly backend?: string | undefined;
  readonly resume?: boolean | undefined;
}

/** Between two lines about one model, in milliseconds. */
const QUIET = 15_000;
/** Models of one run of the command, at most. */
const MODELS = 10_000;

/** `1..4`, `7` or `1,3,8..9`. @throws OptionError */
function seedsOf(text: string): number[] {
  const fail = (what: string): never => {
    throw new OptionError({
      what,
      where: '--seeds',
      hint: 'give integers or ranges, as in --seeds 1..4 or --seeds 1,3,8',
    });
  };
  const seeds = new Set<number>();
  for (const part of text.split(',')) {
    const found = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(part.trim());
    if (found === null) return fail(`--seeds is "${text}"`);
    const from = Number(found[1]);
    const to = Number(found[2] ?? from);
    if (to < from) fail(`--seeds has the empty range "${part}"`);
    if (to - from + seeds.size >= MODELS) fail(`--seeds names more than ${MODELS} models`);
    for (let seed = from; seed <= to; seed++) seeds.add(seed);
  }
  return [...seeds];
}

const three = ({ behaviour, interchange, strict }: Three): string =>
  `accuracy ${percent(behaviour)}, with variables exchanged ${percent(interchange)}, strict ${percent(strict)}`;

type Ended = 'accurate' | 'not accurate' | 'failed' | 'stopped';

/** One model, in a process of its own. */
function trained(order: TrainOrder, signal: AbortSignal, say: (line: string) => void): Promise<Ended> {
  const child: ChildProcess = fork(join(built, 'cli', 'train-process.js'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const send = (message: ToTrainer): void => void (child.connected && child.send(message));
  const started = Date.now();
  let said = started;
  let ended: Ended | undefined;
  const stop = (): void => send({ type: 'stop' });
  signal.addEventListener('abort', stop, { once: true });
  child.on('message', (message: FromTrainer) => {
    const name = `seed ${order.seed}`;
    if (message.type === 'progress') {
      const { step, accuracies } = message.entry;
      if (Date.now() - said < QUIET) return;
      said = Date.now();
      say(`${name}, step ${step}: ${three(accuracies)}`);
    } else if (message.type === 'trained') {
      ended = message.stopped === 'accurate' ? 'accurate' : 'not accurate';
      const why = { accurate: 'trained', steps: 'not there at the last step', seconds: 'not there in time' }[
        message.stopped
      ];
      say(
        `${name}: ${why} (${plural(message.steps, 'step')}, ${duration((Date.now() - started) / 1000)}): ${three(message.accuracy)}`,
      );
    } else {
      const { what, where, hint, code } = message.error;
      ended = code === 'CANCELLED' ? 'stopped' : 'failed';
      if (ended === 'failed')
        say([`${name}: ${what}`, where && `  at: ${where}`, hint && `  do: ${hint}`].filter(Boolean).join('\n'));
    }
  });
  send({ type: 'train', order });
  return new Promise((done) => {
    child.on('error', (error) => {
      say(`seed ${order.seed}: the process that trains could not be started: ${oneLine(error.message)}`);
      ended = 'failed';
      done(ended);
    });
    child.on('close', (code, by) => {
      signal.removeEventListener('abort', stop);
      if (ended === undefined)
        say(
          `seed ${order.seed}: the process that trains ended ${by ? `by ${by}` : `with code ${code}`}; --resume goes on`,
        );
      done(ended ?? 'failed');
    });
  });
}

/**
 * Runs the command and returns its exit code: 0 every model has the accuracies that were asked for, 1 one has not, 2 one failed or the command was interrupted.
 * @throws OptionError, FileError and whatever the file throws, before anything is trained
 */
export async function trainCommand(given: string, args: TrainArguments): Promise<0 | 1 | 2> {
  notEmpty(given, 'the file of the program', 'congruity train sort.ts');
  notEmpty(args.out, '--out', '--out trained');
  const seeds = seedsOf(args.seeds ?? '0');
  const steps = integer(args.steps, '--steps', 1);
  const workers = integer(args.workers, '--workers', 1) ?? availableParallelism();
  const minutes = args.minutes === undefined ? undefined : Number(args.minutes);
  if (minutes !== undefined && (args.minutes!.trim() === '' || !(minutes > 0 && minutes < 100_000)))
    throw new OptionError({
      what: `--minutes is "${args.minutes}"`,
      where: '--minutes',
      hint: 'give a number, as in --minutes 10',
    });
  const { backend } = args;
  checkBackend(backend);
  const file = resolve(given);
  const out = resolve(args.out ?? 'trained');
  const shown = shownPath(file);
  const pathOf = (seed: number): string => join(out, `seed-${seed}`);
  const begun = seeds.find((seed) =>
    ['checkpoint', 'safetensors'].some((ending) => existsSync(`${pathOf(seed)}.${ending}`)),
  );
  if (begun !== undefined && args.resume !== true)
    throw new FileError({
      what: `there is a training with seed ${begun} already`,
      where: out,
      hint: 'go on with it: --resume; or give another folder: --out',
    });
  const work = temporaryFolder('train');
  try {
    const module = join(work, 'program.cjs');
    await bundle(file, module);
    // once here, so that what is wrong with the file is said once
    trainConfigOf(evaluate(module, shown, 'export default program({ ... })'), shown);
    makeFolder(out, 'name another: --out');
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const left = [...seeds];
    const ends: Ended[] = [];
    await interruptible(async (signal) => {
      const one = async (): Promise<void> => {
        for (let seed = left.shift(); seed !== undefined && !signal.aborted; seed = left.shift()) {
          const seconds = minutes && 60 * minutes;
          ends.push(await trained({ module, shown, seed, path: pathOf(seed), seconds, steps, backend }, signal, say));
        }
      };
      await Promise.all(Array.from({ length: Math.min(workers, seeds.length) }, one));
      if (signal.aborted) say('interrupted: every training goes on from its last checkpoint with --resume');
    });
    const good = ends.filter((end) => end === 'accurate').length;
    process.stdout.write(`${good} of ${plural(seeds.length, 'model')} trained, in ${shownPath(out)}\n`);
    if (ends.length < seeds.length || ends.some((end) => end === 'failed' || end === 'stopped')) return 2;
    return good === seeds.length ? 0 : 1;
  } finally {
    removeTemporary(work);
  }
}
