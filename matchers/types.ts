/** Types of the matchers for `@jest/globals`, for the global `expect`, and for `expect` by itself. They follow from the list of matchers. */
// so that the augmentation below finds the module
// oxlint-disable-next-line no-empty-named-blocks require-module-specifiers
import type {} from 'expect';
import type * as matchers from './all.js';
import type { Matcher } from './define.js';

type Matchers = typeof matchers;

/** A matcher as `expect(...)` has it. */
interface Expectation<A, O> {
  /**
   * Passes if what it claims is established, under `.not` if the opposite is; undecided fails both ways. Must be awaited. What each matcher claims, and its
   * options: docs/matcher.md.
   */
  (argument: A, options: O): Promise<void>;
}

/** The matchers as `expect(...)` has them. */
export type CongruityMatchers = {
  [Name in keyof Matchers]: Matchers[Name] extends Matcher<infer A, infer O> ? Expectation<A, O> : never;
};

/** The options of a matcher: `MatcherOptions<'toBehaveLike'>`. */
export type MatcherOptions<Name extends keyof CongruityMatchers> = Parameters<CongruityMatchers[Name]>[1];

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends CongruityMatchers {}
}

declare global {
  // eslint-disable-next-line no-namespace
  namespace jest {
    interface Matchers<R, T = {}> extends CongruityMatchers {}
  }
}
