// One file of all that the CommonJS build holds, and an entry for each file that package.json or the command names. Jest resolves, reads and evaluates every module anew in each test file: three hundred of them took a second.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

/** Named by the command, beside the entries that package.json names. */
const ofTheCommand = ['cli/main', 'cli/jest-process', 'cli/quiet-reporter', 'suites/gate'];

/** The entries that package.json names, as paths in `root` without an ending. */
const entriesOf = ({ exports }) =>
  Object.values(exports)
    .map((entry) => entry.require?.default)
    .filter((path) => path !== undefined)
    .map((path) => path.replace(/^\.\/dist\/cjs\/(.*)\.js$/, '$1'));

/** Bundles `root` into `folder`. Each entry evaluates what it needs, and what two entries need is evaluated once. */
export async function bundle(root, manifest, folder) {
  const entries = [...new Set([...entriesOf(manifest), ...ofTheCommand])];
  await build({
    stdin: {
      contents: entries.map((entry) => `exports['${entry}'] = () => require('./${entry}.ts');`).join('\n'),
      resolveDir: root,
      sourcefile: 'entries.cjs',
      loader: 'js',
    },
    outfile: join(folder, 'congruity.js'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    // Jest's sandbox knows no import()
    supported: { 'dynamic-import': false },
    // names of classes are printed, and a bundle renames what is named twice
    keepNames: false,
    tsconfigRaw: {},
    logLevel: 'warning',
    // the options of esbuild's own bundling of configs
    charset: 'utf8',
  });
  for (const entry of entries) {
    const file = join(folder, `${entry}.js`);
    mkdirSync(dirname(file), { recursive: true });
    const toBundle = relative(dirname(file), join(folder, 'congruity.js'));
    const first = entry === 'cli/main' ? '#!/usr/bin/env node\n' : '';
    writeFileSync(
      file,
      `${first}'use strict';\nmodule.exports = require('${toBundle.startsWith('.') ? toBundle : `./${toBundle}`}')['${entry}']();\n`,
    );
  }
}
