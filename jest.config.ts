/** @jest-config-loader esbuild-register */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from 'jest';

const coverage = process.argv.includes('--coverage');
const shipped = ['src', 'generators', 'search', 'matchers', 'reports', 'suites', 'cli'].filter((folder) =>
  existsSync(join(__dirname, folder)),
);

const config: Config = {
  testEnvironment: 'node',
  // V8 counts what ran by script, and Jest reads the counts of one test file: for coverage, each compiles its own
  ...(coverage ? {} : { runtime: '<rootDir>/scripts/jest-runtime.cjs' }),
  resolver: '<rootDir>/scripts/jest-resolver.cjs',
  // a file that no test loads counts as not covered where Jest knows of it
  roots: ['tests', ...(coverage ? shipped : [])].map((folder) => `<rootDir>/${folder}`),
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  // most of what is looked for is TypeScript: looked for first, it is found at once
  moduleFileExtensions: ['ts', 'js', 'cjs', 'mjs', 'json', 'node'],
  // ends what hangs, and nothing else: a machine that does much else beside takes ten times as long
  testTimeout: 600_000,
  maxWorkers: 2,
  // a worker that has loaded onnxruntime, Dawn and two hundred files takes more than Jest's half second to take all of it down
  workerGracefulExitTimeout: 10_000,
  // npm run coverage: of what runs in Jest's own processes, not in the commands and projects that tests start
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'html', 'lcovonly'],
  collectCoverageFrom: [`{${shipped.join(',')}}/**/*.ts`, '!**/*.as.ts', '!**/*.d.ts', '!**/calibration/**'],
  testSequencer: '<rootDir>/scripts/sequencer.cjs',
};

export default config;
