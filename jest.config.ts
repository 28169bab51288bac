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
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 60_000,
  maxWorkers: 2,
  // npm run coverage: of what runs in Jest's own processes, not in the commands and projects that tests start
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'html', 'lcovonly'],
  collectCoverageFrom: [`{${shipped.join(',')}}/**/*.ts`, '!**/*.as.ts', '!**/*.d.ts', '!**/calibration/**'],
  testSequencer: '<rootDir>/scripts/sequencer.cjs',
};

export default config;
