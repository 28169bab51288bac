/** Values of a search with what is known of them, and how far ahead of fast-check's runner they may be judged. */
import type * as fc from 'fast-check';

/**
 * What an evaluation says of a value: true (or undefined) where the property holds, false or an Error where it fails, `skip` where
 * the value does not count.
 */
export type Answer = boolean | undefined | 'skip' | Error;

/** An answer, or what the evaluation threw where it judged the value alone. */
export type Known = { readonly answer: Answer } | { readonly thrown: unknown };

export interface Entry<T> {
  /** as the runner hands it to `run`: fast-check's properties take tuples */
  readonly raw: [T];
  known?: Known | undefined;
  /** where values after this one come from; undefined: nothing is known of them */
  readonly level?: Level<T> | undefined;
}

/** Values in the order in which the runner will ask for them as long as none fails. */
export interface Level<T> {
  /** Up to `n` entries not yet judged, `first` in front, those that follow it behind. */
  ahead(first: Entry<T>, n: number): Entry<T>[];
  /** how many to judge together next */
  size: number;
}

/** The shrinks of one value: pulled lazily, yielded one by one, judged in chunks. */
export class ShrinkLevel<T> implements Level<T> {
  /** pulled from the arbitrary, not yet by the runner */
  private readonly waiting: { readonly entry: Entry<T>; readonly value: fc.Value<[T]> }[] = [];
  private readonly values: Iterator<fc.Value<[T]>>;

  constructor(
    values: Iterable<fc.Value<[T]>>,
    /** a failing shrink is more often among the first than among the last, so chunks grow within a level */
    public size: number,
  ) {
    this.values = values[Symbol.iterator]();
  }

  private pull(): { readonly entry: Entry<T>; readonly value: fc.Value<[T]> } | undefined {
    const next = this.values.next();
    // oxlint-disable-next-line no-underscore-dangle -- what the runner hands to `run`
    return next.done ? undefined : { entry: { raw: next.value.value_, level: this }, value: next.value };
  }

  next(): { readonly entry: Entry<T>; readonly value: fc.Value<[T]> } | undefined {
    return this.waiting.shift() ?? this.pull();
  }

  ahead(first: Entry<T>, n: number): Entry<T>[] {
    while (this.waiting.length < n - 1) {
      const next = this.pull();
      if (next === undefined) break;
      this.waiting.push(next);
    }
    return [first, ...this.waiting.slice(0, n - 1).map(({ entry }) => entry)].filter(({ known }) => known === undefined);
  }
}
