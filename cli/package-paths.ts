/** Where this package and its entries are. The command is built as CommonJS only, so __dirname is there. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** dist/cjs: congruity.js, in which this is, lies there */
export const built = __dirname;
const packageRoot = join(built, '..', '..');

interface Conditions {
  readonly [condition: string]: string | Conditions | undefined;
}

/** The file that `require` gets, of one entry of `exports`. */
function required(entry: string | Conditions | undefined): string | undefined {
  if (entry === undefined || typeof entry === 'string') return entry;
  return required(entry['require'] ?? entry['default']);
}

/**
 * The CommonJS file of `congruity` or `congruity/...`; undefined where package.json exports no such entry. Node's own
 * self-reference stops at dist/cjs/package.json, which has no name.
 */
export function ownEntry(specifier: string): string | undefined {
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { exports: Conditions };
  const found = required(manifest.exports[`.${specifier.slice('congruity'.length)}`]);
  return found === undefined ? undefined : join(packageRoot, found);
}

/** A module as this package would require it, else as a file in `folder` would. */
export function resolveFrom(specifier: string, folder: string): string | undefined {
  for (const from of [join(built, 'index.js'), join(folder, 'index.js')]) {
    try {
      return createRequire(from).resolve(specifier);
    } catch {
      // the next one
    }
  }
  return undefined;
}
