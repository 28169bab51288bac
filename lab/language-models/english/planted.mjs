// The suite "parts-of-speech" on the models that tests/suites/parts-of-speech/planted.ts writes down: node lab/language-models/english/planted.mjs [folder]. 14 s of CPU time.
// A tagger on the language model's trunk, one on another trunk, and as the control one on the same trunk that names every group wrong.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = resolve(process.argv[2] ?? 'congruity-suite/planted');
const outfile = join(root, 'node_modules', '.cache', 'congruity', `planted-${process.pid}.cjs`);
mkdirSync(join(outfile, '..'), { recursive: true });
mkdirSync(folder, { recursive: true });
try {
  await build({
    stdin: {
      contents:
        "export { command } from './cli/command.js'; export * as planted from './tests/suites/parts-of-speech/planted.ts';",
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logOverride: { 'empty-import-meta': 'silent' },
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  const { command, planted } = createRequire(import.meta.url)(outfile);
  const at = (name) => join(folder, name);
  planted.writeLanguageModel(at('language'), 1);
  planted.writeTagger(at('same'), 1);
  planted.writeTagger(at('another'), 2);
  planted.writeTagger(at('wrong'), 1, { wrong: true });
  writeFileSync(at('text'), planted.tagged(planted.sentences(120, 4)));
  const models = ['--model', at('language'), '--taggers', at('same'), at('another'), '--controls', at('wrong')];
  const how = ['--text', at('text'), '--inputs', '40', '--draws', '12', '--seed', '1', '--out', folder];
  process.exitCode = await command(['suite', 'parts-of-speech', ...models, ...how]);
} finally {
  rmSync(outfile, { force: true });
}
