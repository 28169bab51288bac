/** Turns a config or a task's file, in any of Node's and TypeScript's flavours, into one CommonJS file that Node and Jest load alike. */
import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { build, type BuildFailure, type Plugin } from 'esbuild';
import { FileError, OptionError } from '../src/errors.js';
import { shownPath, statsOf } from '../src/io/system.js';
import { suggest } from '../src/options.js';
import { banner, keepPlaces, lookFromOwnPlace, places } from './bundle-places.js';
import { ownEntry, resolveFrom } from './package-paths.js';

/**
 * Packages of which there must be one copy stay outside the bundle: this one (so that the test has the same classes and the same
 * backend), tfjs and fast-check. Native parts cannot be bundled.
 */
const keepOutside: Plugin = {
  name: 'keep outside',
  setup({ onResolve }) {
    onResolve({ filter: /^congruity($|\/)/ }, ({ path }) => {
      const entry = ownEntry(path);
      if (entry === undefined)
        return {
          errors: [
            {
              text: `there is no "${path}": ${suggest(path, ['congruity', 'congruity/suites', 'congruity/generators', 'congruity/search', 'congruity/matchers'])}`,
            },
          ],
        };
      return { path: entry, external: true };
    });
    onResolve({ filter: /^(@tensorflow\/|fast-check($|\/))/ }, ({ path, resolveDir }) => {
      const found = resolveFrom(path, resolveDir);
      return found === undefined ? undefined : { path: found, external: true };
    });
    onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => {
      const found =
        /^\.\.?\//.test(path) || isAbsolute(path) ? resolve(resolveDir, path) : resolveFrom(path, resolveDir);
      return found === undefined ? undefined : { path: found, external: true };
    });
  },
};

/** SHA-256 of every file that went in, in order: the same wherever they lie. */
const contents = (folder: string, inputs: readonly string[]): string[] =>
  inputs
    .map((name) => resolve(folder, name))
    // what a plugin made up lies nowhere
    .filter((path) => existsSync(path))
    .map((path) => hash('sha256', readFileSync(path)))
    .toSorted();

/**
 * Bundles `file` into `out`.
 * @returns the SHA-256 of each file that went in
 * @throws FileError with file, line and column where it cannot be read or parsed
 */
export async function bundle(file: string, out: string): Promise<string[]> {
  // esbuild waits for a pipe
  const found = statsOf(file);
  if (!found?.isFile())
    throw new FileError({
      what:
        found === undefined
          ? 'there is no such file'
          : found.isDirectory()
            ? 'this is a folder, not a file'
            : 'this is not a regular file',
      where: shownPath(file),
      hint: 'check the path; it is relative to the current folder',
    });
  try {
    const { metafile } = await build({
      entryPoints: [file],
      outfile: out,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      sourcemap: 'inline',
      define: places,
      banner: { js: banner },
      plugins: [keepOutside, lookFromOwnPlace, keepPlaces],
      logLevel: 'silent',
      absWorkingDir: dirname(file),
      metafile: true,
    });
    return contents(dirname(file), Object.keys(metafile.inputs));
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (!first) throw error;
    const { location, text } = first;
    const at = location
      ? `${relative(process.cwd(), resolve(dirname(file), location.file))}:${location.line}:${location.column + 1}`
      : shownPath(file);
    if (/Top-level await/.test(text))
      throw new OptionError({
        what: 'the config awaits something at its top level, which Jest’s CommonJS mode cannot',
        where: at,
        hint: 'give a function instead: candidate: () => load(...)',
        cause: error,
      });
    throw new FileError({
      what: `the file cannot be bundled: ${text}`,
      where: at,
      hint: 'mend what is named, or install what is missing',
      cause: error,
    });
  }
}
