/** How long a search may go on: seconds, forward passes, a signal. */
import { checkSignal, clock } from '../src/signal.js';
import { CancelledError, OptionError } from '../src/errors.js';
import { plural } from '../src/format.js';
import type { Answer } from './candidate.js';

/** How long a search may go on. */
export interface SearchLimits {
  /** values judged together: at most this many candidates per call of the evaluation; 1 is fast-check's own order, one by one. @defaultValue 64; 256 if all of them are needed anyway */
  readonly batch?: number | undefined;
  /** seconds after which the search stops undecided. @defaultValue none */
  readonly maxSeconds?: number | undefined;
  /** forward passes after which it stops undecided, as far as the evaluation counts them with `budget.spend`. @defaultValue none */
  readonly maxPasses?: number | undefined;
  /** cancels the search: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

/** Limits of a search that knows more of its values than their answers. */
export interface InformedLimits<T> extends SearchLimits {
  /** values in the first batch, at most `batch`: what it judges beyond the first failure is wasted. Default: a whole batch */
  readonly first?: number | undefined;
  /** what the evaluation would say of a value, where that is known already: shrinks of a shrink are often the same as those before it. Default: of none */
  readonly recall?: ((value: T) => Answer | undefined) | undefined;
}

/** What an evaluation is given beside its values. */
export interface Budget {
  /** fires if the search is cancelled */
  readonly signal: AbortSignal | undefined;
  /** Counts forward passes. */
  spend(passes: number): void;
}

const positive = (value: number | undefined, name: string, integer: boolean): void => {
  if (value === undefined || (value > 0 && (integer ? Number.isInteger(value) : !Number.isNaN(value)))) return;
  throw new OptionError({
    what: `${name} is ${String(value)}`,
    where: 'search limits',
    hint: `give a positive ${integer ? 'integer' : 'number'}`,
  });
};

/** What is left of the limits. */
export class Meter implements Budget {
  readonly batch: number;
  readonly first: number;
  readonly signal: AbortSignal | undefined;
  passes = 0;
  /** values judged, speculative ones included */
  evaluated = 0;
  /** calls of the evaluation */
  batches = 0;
  private readonly started = clock();

  /** @throws OptionError */
  constructor(private readonly limits: InformedLimits<never>) {
    const { batch = 64, first = batch, maxSeconds, maxPasses, signal } = limits;
    positive(batch, 'batch', true);
    positive(maxSeconds, 'maxSeconds', false);
    positive(maxPasses, 'maxPasses', true);
    positive(first, 'first', true);
    this.batch = batch;
    this.first = Math.min(first, batch);
    this.signal = signal;
  }

  get seconds(): number {
    return (clock() - this.started) / 1000;
  }

  /** may be taken off its object */
  readonly spend = (passes: number): void => {
    this.passes += passes;
  };

  /**
   * Why the search must stop now, undefined where it may go on.
   * @throws CancelledError
   */
  exhausted(): string | undefined {
    checkSignal(this.signal);
    const { maxSeconds = Infinity, maxPasses = Infinity } = this.limits;
    if (this.passes >= maxPasses)
      return `the limit of ${plural(maxPasses, 'forward pass', 'forward passes')} was reached`;
    if (this.seconds >= maxSeconds) return `the limit of ${maxSeconds} s was reached`;
    return undefined;
  }
}

/** True for what ends a search and is no fault of a value. */
export const endsSearch = (error: unknown): boolean =>
  error instanceof CancelledError || (error as { code?: unknown } | null)?.code === 'CANCELLED';
