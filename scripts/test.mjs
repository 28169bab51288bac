// The whole check, as CI runs it: lint, types, build, tests (the consumer test among them). Closes with `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules', ...name);
let passed = 0;
let failed = 0;

function step(name, args) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status === 0) passed++;
  else failed++;
  return status === 0;
}

const given = process.argv.slice(2);
step('format', [bin(['prettier', 'bin', 'prettier.cjs']), '--check', '.', '--log-level', 'warn']);
step('lint', [bin(['oxlint', 'bin', 'oxlint']), '--deny-warnings']);
step('imports', ['scripts/imports.mjs']);
step('nothing unused', [bin(['knip', 'bin', 'knip.js'])]);
step('links', ['scripts/links.mjs']);
step('types', [bin(['typescript', 'bin', 'tsc']), '-p', 'tsconfig.json', '--noEmit']);
step('types of the tests', [bin(['typescript', 'bin', 'tsc']), '-p', 'tsconfig.test.json']);
// the consumer and command tests run what is built
if (step('build', ['scripts/build.mjs'])) {
  step('types of the examples', [bin(['typescript', 'bin', 'tsc']), '-p', 'tsconfig.examples.json']);
  // packing builds, so this comes before the tests start to use dist/
  step('package', [bin(['publint', 'src', 'cli.js']), '--strict', root]);
  step('size of the package', ['scripts/package-size.mjs']);
  step('public surface', ['scripts/api.mjs']);
  console.log('\n== tests');
  const folder = mkdtempSync(join(tmpdir(), 'congruity-test-'));
  const results = join(folder, 'results.json');
  try {
    const { status } = spawnSync(
      process.execPath,
      [bin(['jest', 'bin', 'jest.js']), '--ci', '--json', '--outputFile', results, ...given],
      {
        cwd: root,
        // the JSON also goes to stdout, the readable report to stderr
        stdio: ['inherit', 'ignore', 'inherit'],
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
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
