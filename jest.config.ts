/** @jest-config-loader esbuild-register */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from 'jest';

const shipped = ['src', 'generators', 'search', 'matchers', 'reports', 'suites', 'cli'].filter((folder) =>
  existsSync(join(__dirname, folder)),
);

const config: Config = {
  testEnvironment: 'node',
  // a file that no test loads counts as not covered where Jest knows of it
  roots: ['tests', ...(process.argv.includes('--coverage') ? shipped : [])].map((folder) => `<rootDir>/${folder}`),
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  // sources import './x.js', as Node's ES modules need; Jest resolves them to the .ts file
  moduleNameMapper: {
    // zod's messages in 50 languages, which nothing asks for: they take as long to load as zod itself, in each file anew
    '^\\.\\./locales/index\\.cjs$': '<rootDir>/node_modules/zod/v4/locales/en.cjs',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // most of what is looked for is TypeScript: looked for first, it is found at once
  moduleFileExtensions: ['ts', 'js', 'cjs', 'mjs', 'json', 'node'],
  // ends what hangs, and nothing else: a machine that does much else beside takes ten times as long
  testTimeout: 600_000,
  maxWorkers: 2,
  // npm run coverage: of what runs in Jest's own processes, not in the commands and projects that tests start
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'html', 'lcovonly'],
  collectCoverageFrom: [`{${shipped.join(',')}}/**/*.ts`, '!**/*.as.ts', '!**/*.d.ts', '!**/calibration/**'],
  testSequencer: '<rootDir>/scripts/sequencer.cjs',
};

export default config;
