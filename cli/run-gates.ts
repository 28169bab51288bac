/** Runs the gates' test files and turns what they recorded into checks, one per gate, whatever happened to them. */
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { FileError } from '../src/errors.js';
import { keep } from '../src/io/keeper.js';
import { lateError, overdue } from '../suites/limit.js';
import { errorRecord } from '../matchers/record.js';
import {
  EVIDENCE_FOLDER,
  EvidenceReader,
  makeEvidenceFolder,
  removeEvidenceFolder,
} from '../reports/evidence-folder.js';
import type { Check } from '../reports/schema.js';
import { systemFault } from './last-resort.js';
import type { Message, Order } from './messages.js';
import { built, resolveFrom } from './package-paths.js';
import type { GateFile } from './test-files.js';

export interface GateEvents {
  started(gate: GateFile): void;
  finished(gate: GateFile, check: Check): void;
}

export interface RunOptions {
  readonly work: string;
  /** Jest is the user's where there is one */
  readonly folder: string;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly events: GateEvents;
  /** the check as the report shows it: file, name and replay of the gate */
  readonly named: (gate: GateFile, check: Check) => Check;
}

/** @throws FileError where there is no Jest */
function findJest(folder: string): string {
  for (const from of [folder, built]) {
    try {
      return createRequire(join(from, 'index.js')).resolve('jest');
    } catch {
      // the next one
    }
  }
  throw new FileError({ what: 'Jest is not installed', where: folder, hint: 'npm install --save-dev jest' });
}

/** Ends the process and all it started. */
function stop(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F']);
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** Ends the process that runs a gate; that of all of them where it has none of its own. */
function endProcess(gate: GateFile, all: ChildProcess): void {
  try {
    const own = Number(readFileSync(gate.process, 'utf8'));
    if (own > 0 && own !== all.pid) {
      process.kill(own, 'SIGKILL');
      return;
    }
  } catch {
    // it never began, or is gone
  }
  stop(all);
}

const KEPT = 20_000;
// oxlint-disable-next-line no-control-regex
const plain = (text: string): string => text.replace(/\u001b\[[\d;]*m/g, '');

/** A check of a gate that came to no verdict. */
export const unjudged = (error: Check['error']): Check => ({
  file: '',
  test: '',
  matcher: 'toBeInterpretivelyEquivalent',
  expected: 'equivalent',
  status: 'not judged',
  error,
  replay: '',
});
/** Of a gate that was ended before it had a verdict. */
export const cancelled = {
  name: 'CancelledError',
  code: 'CANCELLED',
  what: 'the gate was cancelled before there was a verdict',
  hint: 'run it again; finished gates are in the report',
};

/**
 * Runs the gates and gives one check for each, in their order.
 * @throws FileError where there is no Jest. A crash, a cancellation or silence of a gate is a check that was not judged.
 */
export async function runGates(
  gates: readonly GateFile[],
  options: RunOptions,
): Promise<{ checks: Check[]; output: string }> {
  const { work, folder, workers, signal, events, named } = options;
  if (gates.length === 0) return { checks: [], output: '' };
  const jest = findJest(folder);
  const evidence = makeEvidenceFolder();
  const reader = new EvidenceReader(evidence);
  const found = new Map<string, Check[]>();
  const problems = new Map<string, string | undefined>();
  const byName = new Map(gates.map((gate) => [basename(gate.file), gate]));
  const late = new Set<GateFile>();
  const timers = new Map<GateFile, NodeJS.Timeout>();
  let unstarted = false;
  let output = '';
  let leave = (): void => undefined;
  let forget = (): void => undefined;

  const checkOf = (gate: GateFile, ended: string | undefined): Check => {
    for (const { check } of reader.next(ended !== undefined))
      found.set(basename(check.file), [...(found.get(basename(check.file)) ?? []), check]);
    const own = found.get(basename(gate.file)) ?? [];
    const worst = own.find((check) => check.status !== 'held') ?? own[0];
    const problem = problems.get(basename(gate.file));
    if (worst && !(worst.status === 'held' && problem !== undefined)) return named(gate, worst);
    if (signal.aborted && problem === undefined) return named(gate, unjudged(cancelled));
    if (late.has(gate)) return named(gate, unjudged(errorRecord(lateError(gate.seconds))));
    const what = plain(problem ?? ended ?? 'the test ended without a verdict')
      .trim()
      .slice(0, 2000);
    const hint = unstarted
      ? 'run it again when that is mended'
      : 'see what is said above; if it is congruity’s own doing, please report it';
    return named(gate, unjudged({ name: 'GateError', code: 'CRASHED', what, hint }));
  };

  try {
    const { [EVIDENCE_FOLDER]: _1, CONGRUITY_REPLAY: _2, JEST_WORKER_ID: _3, ...env } = process.env;
    const child = fork(join(built, 'cli', 'jest-process.js'), {
      env: { ...env, [EVIDENCE_FOLDER]: evidence },
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
    });
    // however this process ends, it leaves neither processes nor files
    leave = () => {
      stop(child);
      removeEvidenceFolder(evidence);
    };
    process.once('exit', leave);
    if (child.pid !== undefined) forget = keep({ group: child.pid });
    const hear = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-KEPT));
    // none where no process could be started
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', hear);
    const cancel = (): void => stop(child);
    signal.addEventListener('abort', cancel, { once: true });
    child.on('message', (message: Message) => {
      const gate = message.type === 'done' ? undefined : byName.get(basename(message.file));
      if (!gate || message.type === 'done') return;
      if (message.type === 'started') {
        events.started(gate);
        const end = (): void => {
          late.add(gate);
          endProcess(gate, child);
        };
        timers.set(gate, setTimeout(end, overdue(gate.seconds) * 1000).unref());
      } else {
        clearTimeout(timers.get(gate));
        problems.set(basename(gate.file), message.problem);
        events.finished(gate, checkOf(gate, undefined));
      }
    });
    const order: Order = {
      jest,
      rootDir: folder,
      work,
      alone: gates.length === 1,
      workers,
      reporter: join(built, 'cli', 'quiet-reporter.js'),
      // webgpu needs help inside Jest; without Jest's own node environment within reach there is no helping it
      testEnvironment:
        resolveFrom('jest-environment-node', folder) === undefined ? 'node' : join(built, 'matchers', 'environment.js'),
    };
    if (signal.aborted) cancel();
    else if (child.connected) child.send(order);
    const ended = await new Promise<string>((resolve) => {
      child.on('error', (error) => {
        unstarted = true;
        resolve(`Jest could not be started: ${systemFault(error) ?? error.message}`);
      });
      child.on('close', (code, by) =>
        resolve(by ? `Jest was ended by ${by}` : `Jest ended with code ${code ?? 'none'} before the gate did`),
      );
    });
    signal.removeEventListener('abort', cancel);
    const checks = gates.map((gate) => checkOf(gate, ended));
    return { checks, output };
  } finally {
    process.removeListener('exit', leave);
    for (const timer of timers.values()) clearTimeout(timer);
    forget();
    removeEvidenceFolder(evidence);
  }
}
