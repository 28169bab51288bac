/** An interpreter for the references that are written in Python. */
import { spawnSync } from 'node:child_process';
import type { Absent } from './unless.js';

/** The first that has all of them, of the one that CONGRUITY_PYTHON names and the usual ones. They are looked for and not imported, which takes seconds. */
export function pythonWith(...modules: string[]): { readonly python: string; readonly absent: Absent } {
  const python = [process.env['CONGRUITY_PYTHON'], 'python3', '/usr/bin/python3'].find(
    (name) =>
      name &&
      spawnSync(name, [
        '-c',
        'import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, sys.argv[1:])))',
        ...modules,
      ]).status === 0,
  );
  const what = modules.length === 0 ? 'python3' : `python3 with ${modules.join(', ')}`;
  return { python: python ?? '', absent: python === undefined && `no ${what}; CONGRUITY_PYTHON may name one` };
}
