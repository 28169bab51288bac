/** What a suite is: an experiment with options, run by the command or by Jest, whose result is kept and gone on from. */
import type * as z from 'zod';

/** What whoever runs a suite gives it. */
export interface SuiteContext {
  /** path of its result as JSON: what an earlier run has left there is gone on from, and what is done is kept there */
  readonly path: string;
  /** aborted: the suite ends, and keeps what it has done */
  readonly signal: AbortSignal | undefined;
  /** called with the share done and what is being done */
  readonly progress: (done: number, doing: string) => void;
  /** called once, before the work begins, with what it will come to */
  readonly estimated: (estimate: SuiteEstimate) => void;
  /** called in the place of `estimated` where an earlier result is gone on from: after it was looked at and not refused */
  readonly resumed: () => void;
}

/** What the work will come to, or came to. */
export interface SuiteEstimate {
  /** of processor time: on a machine that does other work as well, it takes longer by the clock */
  readonly seconds: number;
  /** inputs that go through a model */
  readonly rows: number;
}

/** One thing that a suite found out. */
export interface SuiteCheck {
  readonly name: string;
  /** what speaks against it; absent if it holds */
  readonly failure?: string | undefined;
}

/** What a suite found. */
export interface SuiteRun {
  /** false: it was interrupted, and goes on when it is run again */
  readonly complete: boolean;
  /** what a test file checks */
  readonly checks: readonly SuiteCheck[];
  /** for a terminal of so many columns */
  text(columns: number): string;
  /** a page that needs nothing else */
  html(): string;
}

/** An experiment. */
// oxlint-disable-next-line typescript/no-explicit-any
export interface Suite<O = any> {
  readonly name: string;
  /** in a sentence without a full stop */
  readonly description: string;
  /** its options: on the command line `--key value`, `--key value value` for a list, `--key` for true */
  readonly schema: z.ZodType<O> & { readonly shape: Readonly<Record<string, z.ZodType>> };
  /** @throws FileError, OptionError and whatever models throw */
  run(options: O, context: SuiteContext): Promise<SuiteRun>;
}

/** True for anything with the members of a Suite. */
export function isSuite(value: unknown): value is Suite {
  const suite = value as Partial<Suite> | null | undefined;
  return (
    typeof suite?.name === 'string' &&
    typeof suite.description === 'string' &&
    typeof suite.run === 'function' &&
    typeof suite.schema?.safeParse === 'function' &&
    typeof suite.schema.shape === 'object'
  );
}
