/**
 * A process beside this one that tidies up where this one cannot, being killed or busy: when its pipe closes, it ends the process groups and removes the folders that it was told of. A thread of
 * this process would be killed with it, and a process that computes answers no signal.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
// not the globals, which a test may fake, and jsdom has others
import { clearTimeout, setTimeout } from 'node:timers';

/** A folder to remove, or a process that leads a group of its own (on Windows: a tree) to end. */
export type Kept = { readonly folder: string } | { readonly group: number };

/**
 * Plain JavaScript, for `node -e`: one line of JSON for each thing to keep or to forget, and an empty one where nothing is kept any more. What it removes was made by the process that tells it.
 */
const program = `
const { rmSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const kept = new Map();
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    if (line === '') {
      kept.clear();
      continue;
    }
    const { id, what } = JSON.parse(line);
    if (what) kept.set(id, what); else kept.delete(id);
  }
});
const tidy = () => {
  for (const { group } of kept.values()) if (group) {
    try {
      if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(group), '/T', '/F']); else process.kill(-group, 'SIGKILL');
    } catch {}
  }
  for (const { folder } of kept.values()) if (folder) {
    // what was just killed may still be writing
    try { rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }); } catch {}
  }
  process.exit(0);
};
process.stdin.on('end', tidy);
process.stdin.on('error', tidy);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
`;

const shell = '/bin/sh';
/** Where there is a shell, it listens, and starts the program where the pipe closes and something is kept: a shell starts at once and takes a megabyte, and nearly always there is nothing to tidy up. */
const listening = `
trap '' INT TERM HUP
while IFS= read -r line; do
  case $line in
    '') said= ;;
    *) said="$said$line
" ;;
  esac
done
if [ -n "$said" ]; then printf %s "$said" | "$1" -e "$2"; fi
`;

/** Milliseconds with nothing to keep after which the keeper ends: to start one takes longer than most of what is kept. */
const IDLE = 5000;

let keeper: ChildProcess | undefined;
let next = 0;
let keeping = 0;
let idle: NodeJS.Timeout | undefined;

function started(): ChildProcess {
  if (keeper && keeper.exitCode === null && keeper.signalCode === null) return keeper;
  const { NODE_OPTIONS: _1, NODE_CHANNEL_FD: _2, ...env } = process.env;
  // a session of its own: Ctrl-C is for the processes in front
  const [command, ...args] = existsSync(shell)
    ? [shell, '-c', listening, 'congruity-keeper', process.execPath, program]
    : [process.execPath, '-e', program];
  keeper = spawn(command, args, {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
    windowsHide: true,
  });
  // it keeps nobody waiting, and where it cannot be started the next process sweeps
  for (const one of [keeper, keeper.stdin]) one?.on('error', () => undefined);
  keeper.unref();
  (keeper.stdin as { unref?: () => void } | null)?.unref?.();
  return keeper;
}

/**
 * Has something tidied up should this process end before it says otherwise.
 * @returns says otherwise
 */
export function keep(what: Kept): () => void {
  const id = next++;
  const tell = (line?: object): void => void keeper?.stdin?.write(`${line ? JSON.stringify(line) : ''}\n`);
  try {
    keeper = started();
  } catch {
    // no process to be had: see above
  }
  keeping++;
  clearTimeout(idle);
  tell({ id, what });
  return () => {
    tell(--keeping > 0 ? { id } : undefined);
    if (keeping > 0) return;
    idle = setTimeout(() => {
      keeper?.stdin?.end();
      keeper = undefined;
    }, IDLE).unref();
  };
}
