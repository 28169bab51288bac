// The whole check, as CI runs it: format, lint, types, build, tests (the consumer test among them). Closes with `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules', ...name);
let passed = 0;
let failed = 0;

/** Steps run beside each other, so each says at its end what it has to say. */
async function step(name, args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  const [status] = await once(child, 'close');
  if (status === 0) passed++;
  else failed++;
  console.log(`\n== ${name}${status === 0 ? '' : ': failed'}\n${output.trimEnd()}`);
  return status === 0;
}

const packedIn = (folder) => {
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  return packed && join(folder, packed);
};

async function pack(folder) {
  // packed once: .npmrc keeps packing from building again
  await step('size of the package', ['scripts/package-size.mjs', '--into', folder]);
  const tarball = packedIn(folder);
  if (tarball !== undefined) await step('package', [bin(['publint', 'src', 'cli.js']), '--strict', tarball]);
}

async function buildAndPackage(folder) {
  // the check of the sources' types as well; the consumer and command tests run what is built
  if (!(await step('types and build', ['scripts/build.mjs']))) return undefined;
  const tsc = bin(['typescript', 'bin', 'tsc']);
  await Promise.all([
    // against what is built; one checker, as in scripts/build.mjs
    step('types of the tests', [tsc, '-b', '--checkers', '1', 'tsconfig.test.json']),
    step('types of the examples', [tsc, '-b', '--checkers', '1', 'tsconfig.examples.json']),
    step('public surface', ['scripts/api.mjs']),
    // not beside the build, which replaces the files that tests import and the linter follows
    step('lint', [bin(['oxlint', 'bin', 'oxlint']), '--deny-warnings']),
    pack(folder),
  ]);
  return packedIn(folder);
}

/** Room for young objects, in MiB: with V8's 16, Jest's workers spend a fifth of their time collecting what another moment would have let die. Jest hands it on to them. */
const young = ['--max-semi-space-size=64'];

const given = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'congruity-test-'));
try {
  const [tarball] = await Promise.all([
    buildAndPackage(folder),
    step('format', [bin(['oxfmt', 'bin', 'oxfmt']), '--check']),
    step('imports', ['scripts/imports.mjs']),
    step('nothing unused', [bin(['knip', 'bin', 'knip.js'])]),
    step('links', ['scripts/links.mjs']),
  ]);
  if (tarball !== undefined) {
    console.log('\n== tests');
    const results = join(folder, 'results.json');
    const { status } = spawnSync(
      process.execPath,
      [...young, bin(['jest', 'bin', 'jest.js']), '--ci', '--json', '--outputFile', results, ...given],
      {
        cwd: root,
        // the JSON also goes to stdout, the readable report to stderr
        stdio: ['inherit', 'ignore', 'inherit'],
        env: { ...process.env, CONGRUITY_TARBALL: tarball },
      },
    );
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults } = JSON.parse(
      readFileSync(results, 'utf8'),
    );
    passed += numPassedTests;
    failed += numFailedTests + numRuntimeErrorTestSuites;
    if (status !== 0 && failed === 0) failed++;
    const skipped = testResults.flatMap((file) => file.assertionResults).filter((one) => one.status === 'pending');
    if (skipped.length > 0)
      console.log(`\n${skipped.length} skipped here:\n${skipped.map((one) => `  ${one.fullName}`).join('\n')}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
