// Real files. The JavaScript and TypeScript is what this project has installed, a few files of each package; everything else comes
// from there too, and from Magika's own samples.
import { lstatSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { labelOf, released, tokensOf } from './magika';

export interface File {
  readonly path: string;
  /** what it is, by its name */
  readonly label: string;
  readonly tokens: readonly number[];
}

const root = join(__dirname, '..', '..');

function* walk(folder: string): Generator<string> {
  for (const name of readdirSync(folder).toSorted()) {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (found.isDirectory()) yield* walk(path);
    else if (found.isFile()) yield path;
  }
}

/** The package that a file under node_modules belongs to. */
const packageOf = (path: string): string =>
  /^node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(relative(root, path).replaceAll('\\', '/'))?.[1] ?? '';

const others: Readonly<Record<string, string>> = {
  '.json': 'json',
  '.md': 'markdown',
  '.yml': 'yaml',
  '.css': 'css',
  '.html': 'html',
};
const javascript = /\.[cm]?js$/;
const typescript = /\.[cm]?ts$/;

function labelOfFile(path: string): string | undefined {
  const name = basename(path);
  if (typescript.test(name)) return 'typescript';
  // what a minifier or a bundler leaves is not what people call a file of source
  if (javascript.test(name)) return /\.min\./.test(name) ? undefined : 'javascript';
  return Object.entries(others).find(([ending]) => name.endsWith(ending))?.[1];
}

/** At most so many files of one package and kind: a hundred of one generator's output say no more than five. */
const PER_PACKAGE = 5;

let known: readonly File[] | undefined;
function installed(): readonly File[] {
  if (known) return known;
  const taken = new Map<string, number>();
  const found: File[] = [];
  for (const path of walk(join(root, 'node_modules'))) {
    const label = labelOfFile(path);
    if (label === undefined) continue;
    const key = `${packageOf(path)} ${label}`;
    const count = taken.get(key) ?? 0;
    if (count >= PER_PACKAGE) continue;
    const tokens = tokensOf(path);
    if (!tokens) continue;
    taken.set(key, count + 1);
    found.push({ path: relative(root, path), label, tokens });
  }
  return (known = found);
}

/** Magika's samples: a file's folder is its label. */
function samples(): File[] {
  return [...walk(released('samples'))].flatMap((path) => {
    const label = basename(join(path, '..'));
    const tokens = tokensOf(path);
    return tokens && labelOf(label) >= 0 ? [{ path: `samples/${label}/${basename(path)}`, label, tokens }] : [];
  });
}

export const files = (): readonly File[] => [...samples(), ...installed()];
