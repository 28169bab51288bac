/** What declares tests here. */
import { OptionError } from '../src/errors.js';
import type { MatcherContext } from './context.js';
import type { CongruityMatchers } from './types.js';
import { watched } from './vitest-tests.js';

export interface RunnerGlobals {
  readonly describe: (name: string, declare: () => void) => void;
  readonly test: (name: string, work: () => Promise<void>, timeout: number) => void;
  readonly expect: {
    (received: unknown): CongruityMatchers;
    extend(matchers: Record<string, unknown>): void;
    getState(): Pick<MatcherContext, 'currentTestName' | 'testPath'>;
  };
}

/**
 * Jest's and Vitest's globals, or what Vitest gave `congruity/vitest`.
 * @param what is to be declared, and the place for the message
 * @throws OptionError where there is neither
 */
export function runnerGlobals(what: string, where: string): RunnerGlobals {
  const { describe, test, expect } = globalThis as Partial<RunnerGlobals>;
  if (describe && test && expect) return { describe, test, expect };
  const given = watched()?.globals;
  if (given) return given as RunnerGlobals;
  throw new OptionError({
    what: `${what}, and there is neither Jest nor Vitest here`,
    where,
    hint: "call it in a test file: of Jest, with injectGlobals on; of Vitest, with setupFiles: ['congruity/vitest']",
  });
}
