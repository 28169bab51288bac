/** Where a suite's result lies: whoever runs it with the same options goes on from the same one. */
import { join, resolve } from 'node:path';
import { makeFolder } from '../src/io/whole-file.js';
import type { Suite } from './suite.js';

/**
 * The path of the result without its ending, in a folder that is made where it is not there.
 * @param hint what helps where it cannot be made
 * @throws FileError
 */
export function stemOf(out: string | undefined, { name }: Suite, options: unknown, hint: string): string {
  const folder = resolve(out ?? 'congruity-suite');
  makeFolder(folder, hint);
  return join(folder, `${name}${(options as { readonly full?: unknown } | undefined)?.full === true ? '-full' : ''}`);
}
