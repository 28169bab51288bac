/** Every file of a bundle keeps its own place, though all end up in one file of a temporary folder: its path, and where what it asks for is looked for. */
import { readFileSync } from 'node:fs';
import { dirname, extname, resolve as resolvePath } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type BuildFailure, type Loader, type OnLoadResult, type Plugin } from 'esbuild';

/** What a file calls its own place, and the name that stands for it in the bundle. */
export const places = {
  'import.meta.url': '__congruity_url',
  'import.meta.dirname': '__congruity_dirname',
  'import.meta.filename': '__congruity_filename',
  'import.meta.resolve': '__congruity_resolve',
  __dirname: '__congruity_dirname',
  __filename: '__congruity_filename',
};

/** In front of the whole bundle, where `require` is Node's: a file may have one of its own (`const require = createRequire(import.meta.url)`). */
export const banner = 'var __congruity_createRequire = require("node:module").createRequire;';

const loaderOf = (path: string): Loader => {
  const extension = extname(path);
  return extension.endsWith('ts') ? 'ts' : extension === '.tsx' ? 'tsx' : extension === '.jsx' ? 'jsx' : 'js';
};

const literal = '(?:"(?:[^"\\\\\\n]|\\\\.)*"|\'(?:[^\'\\\\\\n]|\\\\.)*\'|`[^`$\\\\]*`)';
const literalCalls = new RegExp(`\\b(?:require|import)\\s*\\(\\s*${literal}\\s*\\)`, 'g');
/** As `nameRequire` leaves them: esbuild prints calls in one way. */
const renamedLiteral = new RegExp(`__congruity_require\\((${literal})\\)`, 'g');
/** A computed `import()`, lowered; one that begins with a relative path is left to esbuild, which bundles all that it may mean. */
const loweredImport = new RegExp(`__toESM\\(require\\((?!${literal}\\)|["'\`]\\.{1,2}/)`, 'g');

/** True where a file uses `require` or `import()` in other ways than to name one module: esbuild leaves those to run wherever the bundle lies. */
const isComputed = (text: string): boolean => /\brequire\b|\bimport\s*\(/.test(text.replace(literalCalls, ''));

/**
 * The file with such uses under another name, which belongs to the file. By esbuild's own parser, which knows what is a name and what is text.
 * @throws BuildFailure
 */
async function nameRequire(path: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path],
    absWorkingDir: dirname(path),
    bundle: false,
    write: false,
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    define: { require: '__congruity_require' },
    // as calls of require, which Jest has: Node's own import() is not there
    supported: { 'dynamic-import': false },
    logLevel: 'silent',
  });
  return outputFiles[0]!.text
    .replace(renamedLiteral, 'require($1)')
    .replace(loweredImport, '__toESM(__congruity_import(');
}

/** Declarations in front of the first line, so that line numbers stay. */
function headOf(path: string, computed: boolean): string {
  const quoted = JSON.stringify(path);
  const paths = `__congruity_dirname = ${JSON.stringify(dirname(path))}, __congruity_filename = ${quoted}, __congruity_url = ${JSON.stringify(pathToFileURL(path).href)}`;
  const functions = [
    `__congruity_require = __congruity_createRequire(${quoted})`,
    `__congruity_import = (name) => __congruity_require(/^file:/.test(name) ? __congruity_require("node:url").fileURLToPath(name) : String(name))`,
    `__congruity_resolve = (name) => __congruity_require("node:url").pathToFileURL(__congruity_require.resolve(name)).href`,
  ];
  return `var ${[paths, ...(computed ? functions : [])].join(', ')};`;
}

export const keepPlaces: Plugin = {
  name: 'keep places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path, namespace }): Promise<OnLoadResult | undefined> => {
      if (namespace !== 'file') return undefined;
      const text = readFileSync(path, 'utf8');
      const computed = isComputed(text);
      if (!computed && !/import\.meta|__dirname|__filename/.test(text)) return undefined;
      const head = headOf(path, computed || text.includes('import.meta.resolve'));
      if (!computed) return { contents: head + text.replace(/^#!.*/, ''), loader: loaderOf(path) };
      try {
        return { contents: head + (await nameRequire(path)).replace(/^#!.*/, ''), loader: 'js' };
      } catch (error) {
        const { errors } = error as Partial<BuildFailure>;
        if (!errors) throw error;
        return {
          errors: errors.map((one) => ({
            ...one,
            location: one.location && { ...one.location, file: resolvePath(dirname(path), one.location.file) },
          })),
        };
      }
    });
  },
};

/**
 * What `require` and `import()` name and nobody finds now is looked for again when it is asked for, as Node would: from the folder of the file that asks. Left to
 * itself the bundle would look in the temporary folder and those above it, where others may write.
 */
export const lookFromOwnPlace: Plugin = {
  name: 'look from own place',
  setup({ onResolve, onLoad, resolve }) {
    const namespace = 'congruity-absent';
    const tried = Symbol('tried');
    onResolve({ filter: /./ }, async ({ path, importer, kind, resolveDir, pluginData, with: attributes }) => {
      if (pluginData === tried || (kind !== 'require-call' && kind !== 'dynamic-import')) return undefined;
      const {
        errors,
        warnings: _,
        pluginData: _given,
        ...found
      } = await resolve(path, { importer, kind, resolveDir, with: attributes, pluginData: tried });
      return errors.length === 0 ? found : { path: JSON.stringify([importer, path]), namespace };
    });
    onLoad({ filter: /./, namespace }, ({ path }) => {
      const [importer, name] = JSON.parse(path) as [string, string];
      return {
        contents: `module.exports = require("node:module").createRequire(${JSON.stringify(importer)})(${JSON.stringify(name)});`,
        loader: 'js',
      };
    });
  },
};
