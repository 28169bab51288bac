/** Types of the matchers as `expect(...)` has them. They follow from the list of matchers. */
import type * as matchers from './all.js';
import type { LoneMatcher, Matcher } from './define.js';

type Matchers = typeof matchers;

/** A matcher as `expect(...)` has it. */
interface Expectation<A, O> {
  /**
   * Passes if what it claims is established, under `.not` if the opposite is; undecided fails both ways. Must be awaited. What each matcher claims, and its
   * options: docs/matcher.md.
   */
  (argument: A, options: O): Promise<void>;
}

/** One that takes nothing but options. */
interface LoneExpectation<O> {
  /**
   * Passes if what it claims is established; undecided fails. Must be awaited. What each matcher claims, and its options: docs/matcher.md.
   */
  (options: O): Promise<void>;
}

/** The matchers as `expect(...)` has them. */
export type CongruityMatchers = {
  [Name in keyof Matchers]: Matchers[Name] extends LoneMatcher<infer O>
    ? LoneExpectation<O>
    : Matchers[Name] extends Matcher<infer A, infer O>
      ? Expectation<A, O>
      : never;
};

/** The options of a matcher: `MatcherOptions<'toBehaveLike'>`. */
export type MatcherOptions<Name extends keyof CongruityMatchers> =
  Parameters<CongruityMatchers[Name]> extends [infer O] ? O : Parameters<CongruityMatchers[Name]>[1];
