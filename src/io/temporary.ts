/**
 * Temporary folders that do not outlive the process that made them. It removes them itself where it can; a keeper does where it was killed (src/io/keeper.ts); and where that was killed too, the next
 * process that makes one. A folder's name says whose it is: of which machine and boot, of which process, and when that began.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '../errors.js';
import { keep } from './keeper.js';
import { systemSays } from './system.js';

const text = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

let ours: string | undefined;
/** What process numbers mean something in: a machine since it was started, and on Linux the namespace of numbers, of which containers have their own. */
function place(): string {
  ours ??= createHash('sha256')
    .update(
      [
        hostname(),
        text(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
        text(() => readlinkSync('/proc/self/ns/pid')),
      ].join('\n'),
    )
    .digest('hex')
    .slice(0, 8);
  return ours;
}

/** When a process began, in the system's own count; '0' where the system does not tell. */
function beganAt(pid: number): string {
  // what comes before the last parenthesis is a name, which may hold anything
  const stat = text(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

function lives(pid: number, began: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // one of another user is alive, too
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = beganAt(pid);
  return began === '0' || now === '0' || now === began;
}

const named = /^congruity-[a-z]+-([0-9a-f]{8})-(\d+)-(\d+)-/;

/** Removes folders of processes that are no more: our own user's and this machine's only, real folders only. Whatever cannot be looked at or removed stays. */
function sweep(within: string): void {
  for (const name of readdirSync(within)) {
    const [, where, pid, began] = named.exec(name) ?? [];
    if (where !== place() || lives(Number(pid), began!)) continue;
    try {
      const stat = lstatSync(join(within, name));
      if (stat.isDirectory() && stat.uid === (process.getuid?.() ?? stat.uid))
        rmSync(join(within, name), { recursive: true, force: true });
    } catch {
      // another process was quicker, or it is not ours to remove
    }
  }
}

const kept = new Map<string, () => void>();

/**
 * A fresh folder, removed when this process ends if not before, however it ends.
 * @param kind for its name: lower-case letters
 * @param within default: the system's temporary folder
 * @throws FileError where the temporary folder is missing or cannot be written
 */
export function temporaryFolder(kind: string, within = tmpdir()): string {
  let folder: string;
  try {
    sweep(within);
    folder = realpathSync(
      mkdtempSync(join(within, `congruity-${kind}-${place()}-${process.pid}-${beganAt(process.pid)}-`)),
    );
  } catch (error) {
    throw new FileError({
      what: `the temporary folder cannot be used: ${systemSays(error)}`,
      where: within,
      hint: 'set TMPDIR (on Windows TEMP) to a folder that exists and can be written',
      cause: error,
    });
  }
  const remove = (): void => removeTemporary(folder);
  process.once('exit', remove);
  const forget = keep({ folder });
  kept.set(folder, () => {
    process.removeListener('exit', remove);
    forget();
  });
  return folder;
}

export function removeTemporary(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  kept.get(folder)?.();
  kept.delete(folder);
}
