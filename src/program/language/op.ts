/** What expressions are inside: operations on sequences, and selectors between positions. */
import type { Value } from './value.js';

export type Kind = 'tokens' | 'indices' | 'length' | 'constant' | 'map' | 'linear' | 'aggregate' | 'mean' | 'width';

/** An operation before its values are known: what messages print. */
export interface Draft {
  readonly kind: Kind;
  name?: string | undefined;
  /** sequences that it reads, position by position; the values of an aggregate or a mean */
  readonly args: readonly Op[];
  /** of an aggregate, a mean, a width */
  readonly selector?: SelectorOp | undefined;
  /** the function, or the constant, in words */
  readonly label?: string | undefined;
  /** factors of `linear` */
  readonly factors?: readonly number[] | undefined;
  /** what an aggregate or a mean gives where it has no value; what a map gives where an argument is nothing */
  readonly otherwise?: Value | undefined;
}

/** A sequence: one value at each position. */
export interface Op extends Draft {
  /** every value that it can have, in order */
  readonly values: readonly Value[];
  readonly indexOf: ReadonlyMap<Value, number>;
  /** of `map` and `linear`: the result's index for each combination of the arguments' indices, row-major */
  readonly table?: Int32Array | undefined;
  /** the most positions that its selector selects at once */
  readonly widest?: number | undefined;
  /** the program that it belongs to */
  readonly owner: object;
}

/** Which keys each query selects. */
export type SelectorOp =
  | { readonly kind: 'all'; name?: string | undefined; readonly owner: object }
  | {
      readonly kind: 'select';
      name?: string | undefined;
      readonly keys: Op;
      readonly queries: Op;
      readonly label: string;
      /** 1 where the predicate holds: [values of queries, values of keys], row-major */
      readonly matrix: Uint8Array;
      readonly owner: object;
    }
  | {
      readonly kind: 'and' | 'or';
      name?: string | undefined;
      readonly of: readonly SelectorOp[];
      readonly owner: object;
    }
  | { readonly kind: 'not'; name?: string | undefined; readonly of: readonly [SelectorOp]; readonly owner: object };

/** The sequences that a selector reads. */
export const readBy = (selector: SelectorOp): Op[] =>
  selector.kind === 'all'
    ? []
    : selector.kind === 'select'
      ? [selector.keys, selector.queries]
      : selector.of.flatMap(readBy);

/** Everything an operation reads. */
export const readingOf = ({ args, selector }: Draft): Op[] => [...(selector ? readBy(selector) : []), ...args];

/** Operations in an order in which each follows what it reads, each once. */
export function inOrder(output: Op): Op[] {
  const done = new Set<Op>();
  // a stack of one's own: a long program would overflow the machine's
  const stack: { op: Op; next: number; reads: Op[] }[] = [{ op: output, next: 0, reads: readingOf(output) }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const read = top.reads[top.next++];
    if (read === undefined) {
      done.add(top.op);
      stack.pop();
    } else if (!done.has(read)) stack.push({ op: read, next: 0, reads: readingOf(read) });
  }
  return [...done];
}
