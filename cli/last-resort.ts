/** Whatever ends the command without a verdict ends it with 2: Node's own 1 would read as a gate that is violated. Uses nothing but Node: it is there before anything else is loaded. */

/** Exit code of whatever kept the command from judging. */
export const NOT_JUDGED = 2;

const meanings: Record<string, string> = {
  EMFILE: 'too many files are open; raise the limit (ulimit -n 1024), or run fewer gates at a time (--workers 1)',
  ENFILE: 'too many files are open on this machine; end what holds them, or run fewer gates at a time (--workers 1)',
  EAGAIN: 'no more processes can be started; raise the limit (ulimit -u), or run fewer gates at a time (--workers 1)',
  ENOSPC: 'the disk is full; make room, or set TMPDIR to a folder on another one',
  EDQUOT: 'the quota of the disk is used up; make room, or set TMPDIR to a folder on another one',
  EROFS: 'a folder can only be read; set --out and TMPDIR to folders that can be written',
  ENOMEM: 'there is not enough memory; run fewer gates at a time (--workers 1)',
};

/** What the system refused, where that is what an error says. */
export function systemFault(error: unknown): string | undefined {
  const { code, syscall, path, errors } = (error ?? {}) as {
    code?: unknown;
    syscall?: unknown;
    path?: unknown;
    errors?: unknown;
  };
  // esbuild gathers what went wrong while it read
  if (Array.isArray(errors))
    return errors
      .map((one) => systemFault((one as { detail?: unknown }).detail ?? one))
      .find((one) => one !== undefined);
  if (typeof code !== 'string') return undefined;
  const meaning = meanings[code];
  if (meaning === undefined && typeof syscall !== 'string') return undefined;
  const at = `${typeof syscall === 'string' ? syscall : 'the system'}${typeof path === 'string' ? ` ${path}` : ''}: ${code}`;
  return meaning === undefined ? at : `${meaning} (${at})`;
}

let explain = (error: unknown): string => {
  const fault = systemFault(error);
  return `congruity could not go on: ${fault ?? (error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`;
};

/** How errors are told from now on. */
export function onLastResort(words: (error: unknown) => string): void {
  explain = words;
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => {
    try {
      process.stderr.write(explain(error));
    } finally {
      // at once: what is left of the work has lost a part
      process.exit(NOT_JUDGED);
    }
  });
