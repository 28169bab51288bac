/** The packed package, installed by npm in a project that has what the package says it needs, and nothing else. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '..', '..');

interface Declared {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }>;
  readonly devDependencies?: Record<string, string>;
}
const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

/** A version of TypeScript to install; undefined: this project's own is used. */
export const otherTypeScript = process.env['CONGRUITY_TYPESCRIPT'];

/** The same, for a program that has no runner: types of runners need a later one. It is installed as `typescript-alone`. */
export const aloneTypeScript = process.env['CONGRUITY_TYPESCRIPT_ALONE'];

/** What a reader of the README has beside the package, with a runner of each kind. */
const OWN = ['jest', 'vitest', 'fast-check', '@jest/globals', '@types/jest', '@types/node'];

const npm = (args: string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Where packages lie that these need, as they say in the lock file and as Node looks for them: those that nobody names are left out. */
function needed(packages: Readonly<Record<string, Declared>>, names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const take = (name: string, from: string): void => {
    const folders = from === '' ? [] : from.split('/node_modules/');
    for (let depth = folders.length; depth >= 0; depth--) {
      const path = [...folders.slice(0, depth), depth === 0 ? `node_modules/${name}` : name].join('/node_modules/');
      if (!(path in packages)) continue;
      if (found.has(path)) return;
      found.add(path);
      const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = packages[path]!;
      const peers = Object.keys(peerDependencies ?? {}).filter((one) => !peerDependenciesMeta?.[one]?.optional);
      for (const one of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) take(one, path);
      return;
    }
  };
  for (const name of names) take(name, '');
  return found;
}

/** The same files under another name: npm replaces files and never writes into one. */
function link(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) link(source, target);
    else
      try {
        linkSync(source, target);
      } catch {
        // another disk, or one without links
        copyFileSync(source, target);
      }
  }
}

/** Adds packages that this project has, with what they need. */
export function addPackages(project: string, names: readonly string[]): void {
  const { packages } = readJson('package-lock.json') as { packages: Record<string, Declared> };
  for (const path of needed(packages, names))
    // some are for other systems, and some are there
    if (existsSync(join(root, path)) && !existsSync(join(project, path))) link(join(root, path), join(project, path));
}

/**
 * Installs the package in an empty folder. What it declares that it needs is taken from this project's own node_modules, as npm left it there; the rest is npm's work,
 * and what is missing it would have to fetch.
 */
export function install(project: string): void {
  const { dependencies, devDependencies } = readJson('package.json') as Required<Declared>;
  addPackages(project, [...Object.keys(dependencies), ...OWN]);
  const own = Object.fromEntries(OWN.map((name) => [name, devDependencies[name]]));
  // npm run oldest: others, which npm fetches
  const otherVitest = process.env['CONGRUITY_VITEST'];
  if (otherVitest !== undefined) {
    own['vitest'] = otherVitest;
    for (const name of ['vitest', '@vitest']) rmSync(join(project, 'node_modules', name), { recursive: true });
  }
  if (otherTypeScript !== undefined) own['typescript'] = otherTypeScript;
  if (aloneTypeScript !== undefined) own['typescript-alone'] = `npm:typescript@${aloneTypeScript}`;
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, devDependencies: own }),
  );
  // by scripts/test.mjs; alone, this test packs what was built, and packing must not build again under the other tests' feet
  let tarball = process.env['CONGRUITY_TARBALL'];
  if (tarball === undefined) {
    const [{ filename }] = JSON.parse(
      npm(['pack', '--json', '--ignore-scripts', '--pack-destination', project], root),
    ) as [{ filename: string }];
    tarball = join(project, filename);
  }
  npm(['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], project);
}
