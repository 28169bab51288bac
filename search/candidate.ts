/** Values of a search with what is known of them, and how far ahead of fast-check's runner they may be judged. */
import * as fc from 'fast-check';

/**
 * What an evaluation says of a value: true (or undefined) where the property holds, false or an Error where it fails, `skip` where
 * the value does not count.
 */
export type Answer = boolean | undefined | 'skip' | Error;

/** An answer, or what the evaluation threw where it judged the value alone. */
export type Judgement = { readonly answer: Answer } | { readonly thrown: unknown };

export const skips = (known: Judgement): boolean =>
  'thrown' in known ? fc.PreconditionFailure.isFailure(known.thrown) : known.answer === 'skip';
export const fails = (known: Judgement): boolean =>
  !skips(known) && ('thrown' in known || (known.answer !== undefined && known.answer !== true));

export interface Candidate<T> {
  /** as the runner hands it to `run`: fast-check's properties take tuples */
  readonly raw: [T];
  known?: Judgement | undefined;
  /** where values after this one come from; undefined: nothing is known of them */
  readonly level?: Level<T> | undefined;
}

/** Values that the runner will ask for one after the other as long as none fails. */
export interface Level<T> {
  /** Up to `n` entries not yet judged, `first` in front, then those that may be asked for next. */
  ahead(first: Candidate<T>, n: number): Candidate<T>[];
  /** how many to judge together next */
  size: number;
}
