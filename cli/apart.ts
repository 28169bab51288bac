/** Work in a process of its own that leads a group of its own where the system has groups: models and tasks are anyone's code, and whatever they do, whoever started the process goes on. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { keep } from '../src/io/keeper.js';
import { overdue } from '../suites/limit.js';
import { PIPE, type Said } from './apart-process.js';
import { systemFault } from './last-resort.js';

/** What became of it. */
export interface Ended {
  /** after "the process": how it ended */
  readonly how: string;
  /** the work came to an end, with this error if there was one */
  readonly finished: Extract<Said, { type: 'finished' }> | undefined;
  readonly unstarted: boolean;
  readonly late: boolean;
  /** the end of what it wrote */
  readonly output: string;
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

/** Characters of its output that are kept. */
export const KEPT = 20_000;
/** Bytes that a line it says may have: more is no word of ours. */
const LONGEST = 2 ** 20;
/** Milliseconds after its last word in which it has to end, and after its end in which whoever holds its pipes has to let go of them. */
const GRACE = 2000;

/** Reads lines, and passes over whatever is no word of ours: a model may write to any pipe that is open. */
function hearing(hear: (said: Said) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!.slice(0, LONGEST);
    for (const line of lines)
      try {
        const { type, problem } = JSON.parse(line) as Partial<Record<'type' | 'problem', unknown>>;
        if (type === 'started') hear({ type });
        else if (type === 'finished' && (problem === undefined || typeof problem === 'string')) hear({ type, problem });
      } catch {
        // not ours
      }
  };
}

/**
 * Has work done, and waits for its end.
 * @param file whose process does it, by `asOrdered`
 * @param seconds its limit, from when it has begun
 * @param signal ends it
 */
export async function apart(
  file: string,
  order: object,
  {
    env,
    seconds,
    signal,
    started = () => undefined,
  }: {
    readonly env: NodeJS.ProcessEnv;
    readonly seconds: number;
    readonly signal: AbortSignal;
    readonly started?: () => void;
  },
): Promise<Ended> {
  const state = { finished: undefined as Ended['finished'], unstarted: false, late: false, output: '' };
  const faultOf = (error: unknown): string => {
    state.unstarted = true;
    return `could not be started: ${systemFault(error) ?? (error as Error).message}`;
  };
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [file], {
      env,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
  } catch (error) {
    return { ...state, how: faultOf(error), unstarted: true };
  }
  const end = (): void => stop(child);
  // however this process ends, it leaves no other
  process.once('exit', end);
  const forget = child.pid === undefined ? () => undefined : keep({ group: child.pid });
  signal.addEventListener('abort', end, { once: true });
  const timers: NodeJS.Timeout[] = [];
  const after = (milliseconds: number, what: () => void): void => void timers.push(setTimeout(what, milliseconds));
  const late = (): void => {
    state.late = true;
    end();
  };
  let begun = false;
  // none of these where no process could be started
  const pipe = child.stdio[PIPE] as Duplex | null;
  pipe?.setEncoding('utf8').on(
    'data',
    hearing((said) => {
      if (said.type === 'started' && !begun) {
        begun = true;
        started();
        after(overdue(seconds) * 1000, late);
      }
      if (said.type === 'finished' && !state.finished) {
        state.finished = said;
        // whatever keeps it
        after(GRACE, end);
      }
    }),
  );
  const output = (text: string): void => void (state.output = (state.output + text).slice(-KEPT));
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', output);
  // one that has ended takes no order
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  try {
    if (signal.aborted) end();
    else pipe?.write(`${JSON.stringify(order)}\n`);
    const how = await new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(faultOf(error)));
      child.on('exit', () => {
        // what it has started would hold its pipes open, and may have left its group
        end();
        after(GRACE, () => child.stdio.forEach((stream) => stream?.destroy()));
      });
      child.on('close', (code, by) =>
        resolve(by ? `was ended by ${by}` : `ended with code ${code ?? 'none'} before its work was done`),
      );
    });
    return { ...state, how };
  } finally {
    timers.forEach(clearTimeout);
    signal.removeEventListener('abort', end);
    process.removeListener('exit', end);
    forget();
  }
}
