/** In Jest's own environment webgpu cannot be loaded, and is passed over with a reason that says what to do. */
import { expect, test } from '@jest/globals';
import { BackendError } from '../../src/errors.js';
import { backend } from '../../src/tensor/backend.js';

test('webgpu says which environment it needs', async () => {
  const failure = await backend({ backend: 'webgpu' }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BackendError);
  expect((failure as Error).message).toContain(
    "webgpu cannot be loaded (in Jest, set testEnvironment: 'congruity/environment')",
  );
  const first = await backend();
  if (!first.name.startsWith('tfjs-node'))
    expect(first.why.find((passed) => passed.backend === 'webgpu')?.reason).toContain('congruity/environment');
});
