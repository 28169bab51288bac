/** Turns a config or a task's file, in any of Node's and TypeScript's flavours, into one CommonJS file that Node and Jest load alike. */
import { readFileSync } from 'node:fs';
import { dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type BuildFailure, type Loader, type Plugin } from 'esbuild';
import { FileError, OptionError } from '../src/errors.js';
import { suggest } from '../src/options.js';
import { ownEntry, resolveFrom } from './package-paths.js';

/** What a file calls its own place, and the name that stands for it in the bundle. */
const places = {
  'import.meta.url': '__congruity_url',
  'import.meta.dirname': '__congruity_dirname',
  'import.meta.filename': '__congruity_filename',
  __dirname: '__congruity_dirname',
  __filename: '__congruity_filename',
};

const loaderOf = (path: string): Loader => {
  const extension = extname(path);
  return extension.endsWith('ts') ? 'ts' : extension === '.tsx' ? 'tsx' : extension === '.jsx' ? 'jsx' : 'js';
};

/** Every file keeps its own __dirname and import.meta.url, though it ends up in another folder. */
const keepPlaces: Plugin = {
  name: 'keep places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!/import\.meta|__dirname|__filename/.test(text)) return undefined;
      // in front of the first line, so that line numbers stay
      const head =
        `var __congruity_dirname = ${JSON.stringify(dirname(path))}, __congruity_filename = ${JSON.stringify(path)}, ` +
        `__congruity_url = ${JSON.stringify(pathToFileURL(path).href)};`;
      return { contents: head + text.replace(/^#!.*/, ''), loader: loaderOf(path) };
    });
  },
};

/**
 * Packages of which there must be one copy stay outside the bundle: this one (so that the test has the same classes and the same
 * backend), tfjs and fast-check. Native parts cannot be bundled.
 */
const keepOutside: Plugin = {
  name: 'keep outside',
  setup({ onResolve }) {
    onResolve({ filter: /^congruity($|\/)/ }, ({ path }) => {
      const entry = ownEntry(path);
      if (entry === undefined) return { errors: [{ text: `there is no "${path}": ${suggest(path, ['congruity', 'congruity/suites', 'congruity/generators', 'congruity/matchers'])}` }] };
      return { path: entry, external: true };
    });
    onResolve({ filter: /^(@tensorflow\/|fast-check($|\/))/ }, ({ path, resolveDir }) => {
      const found = resolveFrom(path, resolveDir);
      return found === undefined ? undefined : { path: found, external: true };
    });
    onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => ({ path: resolve(resolveDir, path), external: true }));
  },
};

/**
 * Bundles `file` into `out`.
 * @throws FileError with file, line and column where it cannot be read or parsed
 */
export async function bundle(file: string, out: string): Promise<void> {
  try {
    await build({
      entryPoints: [file],
      outfile: out,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      sourcemap: 'inline',
      define: places,
      plugins: [keepOutside, keepPlaces],
      logLevel: 'silent',
      absWorkingDir: dirname(file),
    });
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (!first) throw error;
    const { location, text } = first;
    const at = location ? `${relative(process.cwd(), resolve(dirname(file), location.file))}:${location.line}:${location.column + 1}` : relative(process.cwd(), file);
    if (/Top-level await/.test(text))
      throw new OptionError({
        what: 'the config awaits something at its top level, which Jest’s CommonJS mode cannot',
        where: at,
        todo: 'give a function instead: candidate: () => load(...)',
        cause: error,
      });
    throw new FileError({ what: `the file cannot be bundled: ${text}`, where: at, todo: 'mend what is named, or install what is missing', cause: error });
  }
}
