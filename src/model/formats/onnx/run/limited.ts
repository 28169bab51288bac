/** A process with limits of memory and time. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { silent } from './runtime.js';

/** What a file may take to be tried. */
export interface Limits {
  /** seconds of the clock */
  readonly seconds: number;
  /** bytes of memory of the helper; on Windows there is no such limit */
  readonly memory: number;
  /** bytes of all tensors that one run gives */
  readonly results: number;
  readonly threads: number;
}

const isWindows = process.platform === 'win32';

/** A process that has sent a message; undefined where it does not start. */
async function started(command: string, args: readonly string[]): Promise<ChildProcess | undefined> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      env: { ...env, ...silent },
      windowsHide: true,
    });
  } catch {
    return undefined;
  }
  const ready = await new Promise<boolean>((resolve) => {
    child.once('message', () => resolve(true));
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  return ready ? child : undefined;
}

/**
 * Node in a process of its own, once it has sent its first message. The system's limits hold whatever this process is doing, and when it is gone: `ulimit -d` bounds what is allocated (on
 * Linux; elsewhere it may mean little, and `watch` is needed), `-t` the time of the processor. Undefined where it does not start.
 */
export async function limited(
  args: readonly string[],
  { seconds, memory, threads }: Limits,
): Promise<ChildProcess | undefined> {
  // a limit that is lower already stays
  const script = 'ulimit -d "$0" 2>/dev/null; ulimit -t "$1" 2>/dev/null; shift; exec "$@"';
  const shell = isWindows
    ? undefined
    : await started('/bin/sh', [
        '-c',
        script,
        String(Math.ceil(memory / 1024)),
        String(Math.ceil(seconds * threads) + 5),
        process.execPath,
        ...args,
      ]);
  return shell ?? started(process.execPath, args);
}

/** Bytes of memory that a process holds; undefined where that cannot be told. */
async function memoryOf(pid: number): Promise<number | undefined> {
  try {
    if (process.platform === 'linux')
      return Number(/VmRSS:\s*(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
    return Number((await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])).stdout) * 1024;
  } catch {
    return undefined;
  }
}

/** Calls `over` when a process holds more than this, as far as that can be told. Returns what ends the watch. */
export function watch(pid: number, most: number, over: () => void): () => void {
  if (isWindows) return () => undefined;
  const timer = setInterval(() => {
    void memoryOf(pid).then((bytes) => {
      if (bytes !== undefined && bytes > most) over();
    });
  }, 100);
  timer.unref();
  return () => clearInterval(timer);
}
