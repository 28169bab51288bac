/** Runs gates, each in a process of its own, and turns what they recorded into checks, one per gate, whatever happened to them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lateError } from '../suites/limit.js';
import { errorRecord } from '../matchers/record.js';
import {
  EVIDENCE_FOLDER,
  EvidenceReader,
  makeEvidenceFolder,
  removeEvidenceFolder,
} from '../reports/evidence-folder.js';
import type { Check } from '../reports/schema.js';
import { apart, KEPT, type Ended } from './apart.js';
import type { PreparedGate } from './gate-order.js';
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

/** Runs one gate to its end, in a process that leaves its check in `evidence`. */
function runGate(gate: PreparedGate, evidence: string, signal: AbortSignal, started: () => void): Promise<Ended> {
  const { [EVIDENCE_FOLDER]: _1, CONGRUITY_REPLAY: _2, JEST_WORKER_ID: _3, ...env } = process.env;
  return apart(join(built, 'cli', 'gate-process.js'), gate.order, {
    env: { ...env, ...gate.env, [EVIDENCE_FOLDER]: evidence },
    seconds: gate.order.context.seconds,
    signal,
    started,
  });
}

/** The check of a gate: the worst of what it recorded, or why there is none. */
function checkOf({ order }: PreparedGate, own: readonly Check[], ended: Ended, cancel: boolean): Check {
  const worst = own.find((check) => check.status !== 'held') ?? own[0];
  const problem = ended.finished?.problem;
  if (worst && !(worst.status === 'held' && problem !== undefined)) return worst;
  if (cancel && problem === undefined) return unjudged(cancelled);
  if (ended.late) return unjudged(errorRecord(lateError(order.context.seconds)));
  const otherwise = ended.finished ? 'the gate ended without a verdict' : `the gate’s process ${ended.how}`;
  const what = (plain(problem ?? '').trim() || otherwise).slice(0, 2000);
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
      let found: Check;
      try {
        // again, where a model removed it
        mkdirSync(folder, { recursive: true });
        const ended = await runGate(gate, folder, signal, () => events.started(gate));
        const recorded = new EvidenceReader(folder).next(true).map(({ check }) => check);
        found = checkOf(gate, recorded, ended, signal.aborted);
        if (found.error?.code === 'CRASHED') output = (output + ended.output).slice(-KEPT);
      } catch (error) {
        // what it left is not there any more, or the disk is full: the others are judged
        const what = `what the gate recorded is lost: ${systemFault(error) ?? (error as Error).message}`;
        found = unjudged({ name: 'GateError', code: 'CRASHED', what, hint: 'run it again when that is mended' });
      }
      const check = named(gate, found);
      checks.set(gate, check);
      if (check.error?.code !== cancelled.code || !signal.aborted) events.finished(gate, check);
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
