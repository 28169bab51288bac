import type { Absent } from './unless.js';

const found = (globalThis as unknown as Record<symbol, { readonly absent: Absent } | undefined>)[
  Symbol.for('congruity.tests.webgpu')
];
if (found === undefined) throw new Error('the test file lacks @jest-environment ./tests/helpers/webgpu-environment.ts');

/** Why the backend of this name cannot be tried here. All but webgpu work everywhere. */
export const absentBackend = (name: 'wasm' | 'cpu' | 'webgpu'): Absent => name === 'webgpu' && found.absent;
