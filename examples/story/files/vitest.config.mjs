import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*.test.mjs'],
    setupFiles: ['congruity/vitest'],
    reporters: ['default', ['congruity/vitest/reporter', { out: 'by-vitest' }]],
  },
});
