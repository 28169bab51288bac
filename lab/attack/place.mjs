// Where the attacked package lies, folders to work in, and what every part is given.
import { mkdtempSync, readdirSync, readFileSync, realpathSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** the repository: its fixtures are what is damaged */
export const root = fileURLToPath(new URL('../..', import.meta.url));
export const fixtures = join(root, 'tests', 'model', 'formats');

/** the package that is attacked: this one, or another build of it */
export const attacked = () => process.env.ATTACKED ?? root;
export const dist = (...names) => join(attacked(), 'dist', 'cjs', ...names);

/** A module of the package by its path in the sources, without an ending. */
export const inside = (path) => createRequire(import.meta.url)(dist('congruity.js'))[path]();

/** A folder in memory where there is one: a hundred thousand files are written. */
export const workFolder = (kind) =>
  realpathSync(mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `attack-${kind}-`)));

/** The environment of a shell: nothing of Jest's, of CI's or of ours. */
export function environment(extra = {}) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CONGRUITY_|JEST_|GITHUB_|NODE_OPTIONS$|NODE_ENV$|FORCE_COLOR$|NO_COLOR$|CI$)/.test(name),
  );
  return { ...Object.fromEntries(kept), ATTACKED: attacked(), ...extra };
}

export const wait = (milliseconds) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** What a part gives for the table. `bad` are texts: one for each thing that must not happen. */
export const row = (part, given) => ({
  part,
  tries: 0,
  accepted: 0,
  typed: 0,
  bad: [],
  peak: undefined,
  note: '',
  ...given,
});

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Numbers of living processes (none that are only not buried yet) whose environment holds this text. Linux only. */
export function marked(text) {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && read(`/proc/${pid}/environ`).includes(text))
    .filter((pid) => !/^State:\s+[ZX]/m.test(read(`/proc/${pid}/status`)))
    .map(Number);
}

/** Bytes of memory of all processes whose environment holds this text. */
export const memoryOf = (text) =>
  marked(text).reduce(
    (sum, pid) => sum + 1024 * Number(/VmRSS:\s*(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0),
    0,
  );
