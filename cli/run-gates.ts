/** Runs gates, each in a process of its own, and turns what they recorded into checks, one per gate, whatever happened to them. */
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
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
import type { GateMessage, PreparedGate } from './gate-order.js';
import { systemFault } from './last-resort.js';
import { built } from './package-paths.js';

export interface GateEvents {
  started(gate: PreparedGate): void;
  finished(gate: PreparedGate, check: Check): void;
}

export interface RunOptions {
  /** gates that run at a time */
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly events: GateEvents;
  /** the check as the report shows it: file, name and replay of the gate */
  readonly named: (gate: PreparedGate, check: Check) => Check;
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

/** What became of a gate's process. */
interface Ended {
  /** in words, where it ended before the gate did */
  readonly how: string;
  /** the gate came to an end, with this error if there was one */
  readonly finished: Extract<GateMessage, { type: 'finished' }> | undefined;
  readonly unstarted: boolean;
  readonly late: boolean;
  /** the end of what it wrote */
  readonly output: string;
}

/** Runs one gate to its end, in a process that leaves its check in `evidence`. */
async function runGate(gate: PreparedGate, evidence: string, signal: AbortSignal, started: () => void): Promise<Ended> {
  const state = { finished: undefined as Ended['finished'], unstarted: false, late: false, output: '' };
  const faultOf = (error: unknown): string => {
    state.unstarted = true;
    return `the gate’s process could not be started: ${systemFault(error) ?? (error as Error).message}`;
  };
  const { [EVIDENCE_FOLDER]: _1, CONGRUITY_REPLAY: _2, JEST_WORKER_ID: _3, ...env } = process.env;
  let child: ChildProcess;
  try {
    child = fork(join(built, 'cli', 'gate-process.js'), {
      env: { ...env, ...gate.env, [EVIDENCE_FOLDER]: evidence },
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
    });
  } catch (error) {
    return { ...state, how: faultOf(error), unstarted: true };
  }
  const end = (): void => stop(child);
  // however this process ends, it leaves no other
  process.once('exit', end);
  const forget = child.pid === undefined ? () => undefined : keep({ group: child.pid });
  signal.addEventListener('abort', end, { once: true });
  let timer: NodeJS.Timeout | undefined;
  // a model may send what it likes by the same channel: what is no message of ours is nothing, and a gate starts once
  child.on('message', (message: Partial<Record<'type' | 'problem', unknown>> | null) => {
    if (message?.type === 'finished')
      state.finished = {
        type: 'finished',
        problem: message.problem === undefined ? undefined : String(message.problem),
      };
    else if (message?.type === 'started' && timer === undefined) {
      started();
      timer = setTimeout(
        () => {
          state.late = true;
          end();
        },
        overdue(gate.seconds) * 1000,
      ).unref();
    }
  });
  const hear = (chunk: Buffer): void => void (state.output = (state.output + chunk.toString()).slice(-KEPT));
  // none where no process could be started
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', hear);
  try {
    if (signal.aborted) end();
    else if (child.connected) child.send(gate.order);
    const how = await new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(faultOf(error)));
      // what it has started would hold its output open
      child.on('exit', end);
      child.on('close', (code, by) =>
        resolve(
          by
            ? `the gate’s process was ended by ${by}`
            : `the gate’s process ended with code ${code ?? 'none'} before the gate did`,
        ),
      );
    });
    return { ...state, how };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    process.removeListener('exit', end);
    forget();
  }
}

/** The check of a gate: the worst of what it recorded, or why there is none. */
function checkOf(gate: PreparedGate, own: readonly Check[], ended: Ended | undefined, cancel: boolean): Check {
  const worst = own.find((check) => check.status !== 'held') ?? own[0];
  const problem = ended?.finished?.problem;
  if (worst && !(worst.status === 'held' && problem !== undefined)) return worst;
  if (ended === undefined || (cancel && problem === undefined)) return unjudged(cancelled);
  if (ended.late) return unjudged(errorRecord(lateError(gate.seconds)));
  const otherwise = ended.finished === undefined ? ended.how : 'the gate ended without a verdict';
  const what = plain(problem ?? otherwise)
    .trim()
    .slice(0, 2000);
  const hint = ended.unstarted
    ? 'run it again when that is mended'
    : 'see what is said above; if it is congruity’s own doing, please report it';
  return unjudged({ name: 'GateError', code: 'CRASHED', what, hint });
}

/**
 * Runs the gates and gives one check for each, in their order, and what those wrote that crashed. A crash, a cancellation or silence of a gate is
 * a check that was not judged.
 */
export async function runGates(
  gates: readonly PreparedGate[],
  { workers, signal, events, named }: RunOptions,
): Promise<{ checks: Check[]; output: string }> {
  if (gates.length === 0) return { checks: [], output: '' };
  const evidence = makeEvidenceFolder();
  const leave = (): void => removeEvidenceFolder(evidence);
  process.once('exit', leave);
  const checks = new Map<PreparedGate, Check>();
  let output = '';
  const waiting = gates.values();
  const work = async (): Promise<void> => {
    // each takes the next gate that nobody has taken
    for (const gate of waiting) {
      if (signal.aborted) return;
      const folder = join(evidence, String(gate.order.index));
      mkdirSync(folder);
      const ended = await runGate(gate, folder, signal, () => events.started(gate));
      const recorded = new EvidenceReader(folder).next(true).map(({ check }) => check);
      const check = named(gate, checkOf(gate, recorded, ended, signal.aborted));
      if (check.error?.code === 'CRASHED') output = (output + ended.output).slice(-KEPT);
      checks.set(gate, check);
      if (!signal.aborted || recorded.length > 0) events.finished(gate, check);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(workers, gates.length) }, work));
    return { checks: gates.map((gate) => checks.get(gate) ?? named(gate, unjudged(cancelled))), output };
  } finally {
    process.removeListener('exit', leave);
    leave();
  }
}
