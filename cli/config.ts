/** Finds, reads and checks a config, and lays out what Jest needs of it in a folder of its own. */
import { hash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { FileError, OptionError, isCongruityError } from '../src/errors.js';
import { readTextNow } from '../src/io/files.js';
import { parseJson } from '../src/io/json.js';
import { shownPath, statsOf } from '../src/io/system.js';
import { suggest } from '../src/options.js';
import { checkConfig, checkFiles, taskReference, type Gate, type GateConfig } from '../suites/config.js';
import { bundle } from './bundle.js';
import { configNames } from './config-names.js';

/** @throws FileError that says what was looked for */
export function findConfig(given: string | undefined, cwd: string): string {
  if (given !== undefined) {
    const path = resolve(cwd, given);
    const found = statsOf(path);
    if (!found)
      throw new FileError({
        what: 'there is no such config',
        where: path,
        hint: 'check the path; it is relative to the current folder',
      });
    if (found.isDirectory()) return findConfig(undefined, path);
    return path;
  }
  const found = configNames.map((name) => join(cwd, name)).find((path) => existsSync(path));
  if (found === undefined)
    throw new FileError({
      what: `there is no config; looked for ${configNames.join(', ')}`,
      where: cwd,
      hint: 'run it where the config is, name one (congruity gate path/to/config.ts), or write one: export default defineConfig({ gates: [...] })',
    });
  return found;
}

function readJson(path: string): unknown {
  // editors put a byte order mark in front, and JSON has none
  const text = readTextNow(path, shownPath(path)).replace(/^\uFEFF/, '');
  try {
    parseJson(text);
    // an ordinary object, as a config in JavaScript is one
    return JSON.parse(text);
  } catch (error) {
    throw new FileError({
      what: `the config is not JSON: ${(error as Error).message}`,
      where: shownPath(path),
      hint: 'mend what is named: each key once, no comments, no commas at the end',
      cause: error,
    });
  }
}

/** A file's config: the default export of an ES module, the exports of a CommonJS one. */
export function exported(module: unknown): unknown {
  const mark = '__esModule';
  const holder = module as { [mark]?: boolean; default?: unknown } | null | undefined;
  return holder?.[mark] ? holder.default : module;
}

/**
 * What a bundled file exports by default.
 * @param bundled CommonJS
 * @param shown what messages call it
 * @throws OptionError, FileError, and the file's own errors of this library
 */
export function evaluate(bundled: string, shown: string, example: string): unknown {
  let module: unknown;
  // not before: Node would read the map of every package
  process.setSourceMapsEnabled(true);
  try {
    module = require(bundled);
  } catch (error) {
    // a task that contradicts itself, say: it knows best what is wrong
    if (isCongruityError(error)) throw error;
    throw new FileError({
      what: `the config fails when it is run: ${error instanceof Error ? error.message : String(error)}`,
      where: placeOf(error) ?? shown,
      cause: error,
    });
  }
  const config = exported(module);
  if (config === undefined)
    throw new OptionError({
      what: 'the config has no default export',
      where: shown,
      hint: example,
    });
  return config;
}

/** The first line of a stack that is neither Node's nor ours. */
function placeOf(error: unknown): string | undefined {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const place = lines
    .map((line) => /\(?((?:\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/.exec(line)?.[1])
    .find((at) => at !== undefined && !/node:|node_modules|[\\/]dist[\\/]cjs[\\/]/.test(at));
  return place && shownPath(place);
}

export interface Loaded {
  readonly config: GateConfig;
  /** the config's path, as a person would type it */
  readonly shown: string;
  /** paths in the config are relative to it */
  readonly folder: string;
  /** CommonJS file in the work folder that exports the config */
  readonly module: string;
  /** for gates whose task is a reference: the reference into the work folder */
  readonly tasks: ReadonlyMap<Gate, string>;
  /** SHA-256 of each file that the config and its tasks are made of */
  readonly sources: readonly string[];
}

/**
 * Reads a config as Node would run it, before Jest is started.
 * @param work a folder for what is bundled
 * @param which files that must be there: `tasks` if the models are of no account
 * @throws OptionError, FileError: what, where inside the config, and what to do
 */
export async function loadConfig(path: string, work: string, which: 'all' | 'tasks' = 'all'): Promise<Loaded> {
  const shown = shownPath(path);
  const folder = dirname(path);
  const module = join(work, 'config.cjs');
  const extension = extname(path);
  if (!configNames.some((name) => extname(name) === extension) && extension !== '.cts')
    throw new OptionError({
      what: `a config cannot be a ${extension || 'file without an extension'}`,
      where: shown,
      hint: suggest(
        extension,
        configNames.map((name) => extname(name)),
      ),
    });
  let given: unknown;
  const sources: string[] = [];
  if (extension === '.json') {
    given = readJson(path);
    sources.push(hash('sha256', readFileSync(path)));
    // in a literal, a key __proto__ would be no key
    writeFileSync(module, `module.exports = JSON.parse(${JSON.stringify(JSON.stringify(given))});\n`);
  } else {
    sources.push(...(await bundle(path, module)));
    given = evaluate(module, shown, 'export default defineConfig({ gates: [...] })');
  }
  const config = checkConfig(given, shown);
  checkFiles(config, shown, folder, which);
  const tasks = await bundleTasks(config, folder, work, sources);
  return { config, shown, folder, module, tasks, sources };
}

async function bundleTasks(
  config: GateConfig,
  folder: string,
  work: string,
  sources: string[],
): Promise<Map<Gate, string>> {
  const bundled = new Map<string, string>();
  const tasks = new Map<Gate, string>();
  for (const gate of config.gates) {
    if (typeof gate.task !== 'string') continue;
    const { path, name } = taskReference(gate.task, folder);
    let out = bundled.get(path);
    if (out === undefined) {
      out = join(work, `task-${bundled.size}.cjs`);
      sources.push(...(await bundle(path, out)));
      bundled.set(path, out);
    }
    tasks.set(gate, `${out}#${name}`);
  }
  return tasks;
}
