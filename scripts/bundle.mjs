// The CommonJS build as one file. Jest resolves, reads, compiles and evaluates every module anew in each test file, and of three hundred modules of ours and eighty of zod that took half a second.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import builtIns from './built-ins.cjs';

/** Files that the command names, beside the entries of package.json. */
const namedByTheCommand = [
  'cli/main',
  'cli/gate-process',
  'cli/queue/draws-process',
  'cli/train-process',
  'src/jobs/worker',
];

/** Files that need next to nothing of the rest: what loads them would read and compile all of it. */
const apart = ['matchers/environment'];

/** What package.json's `exports` give to `require`, as paths in `root` without an ending. */
const entriesOf = ({ exports }) =>
  Object.values(exports)
    .map((entry) => entry.require?.default)
    .filter((path) => path !== undefined)
    .map((path) => path.replace(/^\.\/dist\/cjs\/(.*)\.js$/, '$1'));

/** esbuild makes a namespace of a CommonJS module for each file that imports it: 33 of tfjs's 400 names. One serves them all. */
function oncePerModule(text) {
  const [before, after, ...more] = text.split('var __toESM = ');
  if (after === undefined || more.length > 0) throw new Error('the bundle has no one __toESM');
  return `${before}var __namespaces = new Map();
var __toESM = (mod, isNodeMode) => {
  if (mod === null || typeof mod !== "object" && typeof mod !== "function") return __newNamespace(mod, isNodeMode);
  var known = __namespaces.get(mod);
  if (!known) __namespaces.set(mod, known = []);
  return known[isNodeMode ? 1 : 0] ??= __newNamespace(mod, isNodeMode);
};
var __newNamespace = ${after}`;
}

/** Of text with other characters V8 holds two bytes each, and takes longer to read it. esbuild escapes them, but not in comments. */
function inAscii(text) {
  const lines = text.split('\n');
  // oxlint-disable-next-line no-control-regex
  const other = /[^\0-\x7f]/;
  for (const [at, line] of lines.entries()) {
    if (!other.test(line)) continue;
    if (!/^\s*(\/\/|\*|\/\*)/.test(line)) throw new Error(`the bundle has other characters than ASCII: ${line.trim()}`);
    lines[at] = line.replaceAll(new RegExp(other, 'g'), '-');
  }
  return lines.join('\n');
}

/**
 * Bundles what `root` holds into congruity.js in `folder`, with a file for each entry that takes its part of it.
 * The bundle exports a function for each module of `modules`, by its path: the module is evaluated when that is called, with
 * what it imports, and once.
 */
export async function bundle(root, modules, folder) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bundled = ['zod'];
  const external = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]
    .filter((name) => !bundled.includes(name))
    .flatMap((name) => [name, `${name}/*`]);
  const licences = bundled.map(
    (name) => `${name}:\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8')}`,
  );
  const common = {
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'es2022',
    external,
    tsconfigRaw: {},
    logLevel: 'warning',
  };
  const { metafile } = await build({
    ...common,
    metafile: true,
    stdin: {
      contents: modules.map((path) => `exports[${JSON.stringify(path)}] = () => require('./${path}.ts');`).join('\n'),
      resolveDir: root,
      loader: 'js',
    },
    outfile: join(folder, 'congruity.js'),
    // zod as ES modules, of which only what is used is taken: half of it are messages in fifty languages
    mainFields: ['module', 'main'],
    conditions: ['import'],
    // Jest's sandbox knows no import()
    supported: { 'dynamic-import': false },
    // where this one file is: worker threads are started from there
    define: { 'import.meta.url': '__url' },
    banner: { js: `${builtIns}\nconst __url = require('node:url').pathToFileURL(__filename).href;` },
    footer: { js: `/*! Bundled here:\n\n${licences.join('\n')}*/` },
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  if (Object.keys(inputs).some((path) => path.endsWith('/locales/de.js')))
    throw new Error("the bundle has all of zod: some file imports { z } from 'zod', and not * as z");
  writeFileSync(
    join(folder, 'congruity.js'),
    inAscii(oncePerModule(readFileSync(join(folder, 'congruity.js'), 'utf8'))),
  );
  await build({ ...common, entryPoints: apart.map((path) => join(root, `${path}.ts`)), outbase: root, outdir: folder });
  for (const entry of new Set([...entriesOf(manifest), ...namedByTheCommand])) {
    if (apart.includes(entry)) continue;
    const file = join(folder, `${entry}.js`);
    mkdirSync(dirname(file), { recursive: true });
    const up = relative(dirname(file), folder) || '.';
    writeFileSync(
      file,
      `${entry === 'cli/main' ? '#!/usr/bin/env node\n' : ''}'use strict';\nmodule.exports = require('${up}/congruity.js')['${entry}']();\n`,
    );
  }
}
