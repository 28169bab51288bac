/** What `congruity init` finds in a folder: models, the test runner, the kind of module, what installs packages. */
import { existsSync, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { isCongruityError } from '../../src/errors.js';
import { isTransformer } from '../../src/model/formats/transformer/run/model.js';
import { systemSays } from '../../src/io/system.js';
import { load } from '../../src/model/load.js';
import { recognise } from '../../src/model/recognise.js';
import { configNames } from '../config-names.js';

/** A model that loads. */
export interface FoundModel {
  /** relative to the folder, with `/` */
  readonly path: string;
  readonly kind: string;
  /** last changed, in milliseconds */
  readonly changed: number;
  /** of a transformer */
  readonly tokens?: { readonly vocabulary: number; readonly longest: number } | undefined;
}

export interface Found {
  readonly models: readonly FoundModel[];
  /** what looks like a model and does not load, why, and what to do */
  readonly refused: readonly { readonly path: string; readonly why: string; readonly hint?: string | undefined }[];
  readonly runner: 'jest' | 'vitest';
  /** whether the project has the runner */
  readonly installed: boolean;
  readonly language: 'ts' | 'mjs' | 'cjs';
  readonly manager: 'npm' | 'pnpm' | 'yarn';
  readonly locked: boolean;
  /** a config that is there already */
  readonly config?: string | undefined;
  /** why package.json says nothing: a sentence; undefined where it does */
  readonly noManifest?: string | undefined;
}

const DEPTH = 3;
/** Folders looked into, and models loaded: a home folder is no project. */
const MOST_FOLDERS = 200;
const MOST_MODELS = 8;
const passedOver = /^(\.|node_modules$|dist$|build$|coverage$|congruity-report$)/;

/** Paths that may be models: a folder that is one, or files of their own. */
async function places(folder: string): Promise<string[]> {
  const found: string[] = [];
  let looked = 0;
  const walk = async (path: string, depth: number): Promise<void> => {
    if (looked++ >= MOST_FOLDERS) return;
    const { format } = await recognise(path).catch(() => ({ format: undefined }));
    if (format?.id === 'huggingface') {
      found.push(path);
      return;
    }
    const entries = entriesIn(path).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const inside = join(path, entry.name);
      // any JSON might be a tfjs model by its ending, and here most is something else
      if (entry.name.endsWith('.json') && entry.name !== 'model.json') continue;
      if (entry.isFile() && (await recognise(inside).catch(() => undefined))) found.push(inside);
      else if (entry.isDirectory() && depth < DEPTH && !passedOver.test(entry.name)) await walk(inside, depth + 1);
    }
  };
  await walk(folder, 0);
  return found;
}

async function look(path: string, folder: string): Promise<FoundModel> {
  const model = await load(path);
  try {
    const shown = relative(folder, path).replaceAll('\\', '/');
    const tokens = isTransformer(model) ? { vocabulary: model.config.d_vocab, longest: model.config.n_ctx } : undefined;
    return { path: shown || '.', kind: model.kind, changed: statSync(path).mtimeMs, tokens };
  } finally {
    model.dispose();
  }
}

/** Of a folder that cannot be read: none. What lies there nobody can gate. */
function entriesIn(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

interface Manifest {
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What package.json says, or why it says nothing. */
function manifestOf(folder: string): Manifest | string {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Manifest;
    return 'package.json holds no object';
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing ? 'there is no package.json: npm init -y' : `package.json cannot be read: ${systemSays(error)}`;
  }
}

/** Reads, and writes nothing. */
export async function lookAround(folder: string): Promise<Found> {
  const said = manifestOf(folder);
  const manifest = typeof said === 'string' ? undefined : said;
  const packages = { ...manifest?.dependencies, ...manifest?.devDependencies };
  const has = (name: string): boolean => name in packages;
  const tested = manifest?.scripts?.['test'] ?? '';
  const runner = has('vitest') && (!has('jest') || tested.includes('vitest')) ? 'vitest' : 'jest';
  // Jest reads TypeScript by what the project has for that; Vitest does anyway
  const typed =
    (has('typescript') || existsSync(join(folder, 'tsconfig.json'))) &&
    (runner === 'vitest' || ['ts-jest', '@swc/jest', '@babel/preset-typescript', 'esbuild-jest'].some(has));
  const models: FoundModel[] = [];
  const refused: Found['refused'][number][] = [];
  const config = configNames.find((name) => existsSync(join(folder, name)));
  if (config === undefined)
    for (const path of (await places(folder)).slice(0, MOST_MODELS))
      try {
        models.push(await look(path, folder));
      } catch (error) {
        if (!isCongruityError(error)) throw error;
        refused.push({ path: relative(folder, path), why: error.what, hint: error.hint });
      }
  const locks = { pnpm: 'pnpm-lock.yaml', yarn: 'yarn.lock', npm: 'package-lock.json' } as const;
  const manager = (['pnpm', 'yarn', 'npm'] as const).find((name) => existsSync(join(folder, locks[name])));
  return {
    models,
    refused,
    runner,
    installed: has(runner),
    // Jest loads CommonJS wherever it is; the others take ES modules
    language: typed ? 'ts' : runner === 'vitest' ? 'mjs' : 'cjs',
    manager: manager ?? 'npm',
    locked: manager !== undefined,
    config,
    ...(typeof said === 'string' && { noManifest: said }),
  };
}

/** Of models that can be compared the oldest, and the newest of the others; of one alone itself. */
export function chosenPair(models: readonly FoundModel[]): { baseline: FoundModel; candidate: FoundModel } | undefined {
  const alike = (a: FoundModel, b: FoundModel): boolean =>
    a.kind === b.kind && a.tokens?.vocabulary === b.tokens?.vocabulary;
  const byAge = models.toSorted((a, b) => a.changed - b.changed);
  const baseline = byAge.find((one) => byAge.some((other) => other !== one && alike(one, other))) ?? byAge[0];
  if (baseline === undefined) return undefined;
  return { baseline, candidate: byAge.findLast((one) => one !== baseline && alike(one, baseline)) ?? baseline };
}
