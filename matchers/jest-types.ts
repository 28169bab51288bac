/** Types of the matchers for `@jest/globals`, for the global `expect`, and for `expect` by itself. */
// so that the augmentation below finds the module
// oxlint-disable-next-line no-empty-named-blocks require-module-specifiers
import type {} from 'expect';
import type { CongruityMatchers } from './types.js';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends CongruityMatchers {}
}

declare global {
  // eslint-disable-next-line no-namespace
  namespace jest {
    interface Matchers<R, T = {}> extends CongruityMatchers {}
  }
}
