/** The words of the language: functions that make sequences and selectors of one program. */
import { ProgramError } from '../../errors.js';
import { nearest } from '../../options.js';
import { checkNumbers, mapped, meansOf, widthsOf, withValues } from './domain.js';
import { Selector, Sequence } from './expressions.js';
import type { Draft, Op, SelectorOp } from './op.js';
import { functionInWords, pointing } from './print.js';
import { matrixOf, type Comparison } from './predicate.js';
import { asNumber, plainValue, sorted, typeOf, valueInWords, type Value } from './value.js';

/** null where one of the arguments may be nothing */
type Nothing<T> = Extract<T, null>;
type ValueOf<S> = S extends Sequence<infer T> ? T : never;
/** What a function is called with. */
type Somethings<A extends readonly Sequence[]> = { [I in keyof A]: NonNullable<ValueOf<A[I]>> };

/** What an aggregate or a mean gives where it has no value. */
export interface Otherwise<O> {
  readonly otherwise?: O | undefined;
}

/** The language, for one program: its inputs, and what makes sequences and selectors of sequences. A function is asked for every combination of values when it is written, and never again. */
export interface Rasp<T extends Value> {
  /** the input */
  readonly tokens: Sequence<T>;
  /** the position, from 0 */
  readonly indices: Sequence<number>;
  /** how many tokens the input has. @throws ProgramError in a causal program, which does not know */
  readonly length: Sequence<number>;
  /** every position that can be seen */
  readonly all: Selector;
  /** The same value everywhere. */
  constant<U extends Value>(value: U): Sequence<U>;
  /** The function of each value; nothing stays nothing. @throws ProgramError where it fails or gives what is no value */
  map<A extends Value, U extends Value>(x: Sequence<A>, f: (value: NonNullable<A>) => U): Sequence<U | Nothing<A>>;
  /** The function of several values at one position; nothing where one of them is nothing. @throws ProgramError as `map` */
  combine<const A extends readonly Sequence[], U extends Value>(
    xs: A,
    f: (...values: Somethings<A>) => U,
  ): Sequence<U | Nothing<ValueOf<A[number]>>>;
  /** The sum of numbers times factors: `linear([opens, 1], [closes, -1])`. Truth values count as 0 and 1. */
  linear(...terms: readonly (readonly [Sequence<number | boolean>, number])[]): Sequence<number>;
  /** The sequence with a value in the place of nothing. */
  orElse<A extends Value, O extends Value>(x: Sequence<A>, value: O): Sequence<NonNullable<A> | O>;
  /**
   * Which keys each query selects: `key == query` and so on, or a function of both. Nothing selects nothing, and is not selected.
   * @throws ProgramError where they cannot be compared, or the function fails
   */
  select<K extends Value, Q extends Value>(
    keys: Sequence<K>,
    queries: Sequence<Q>,
    by: Comparison | ((key: NonNullable<K>, query: NonNullable<Q>) => boolean),
  ): Selector;
  and(...selectors: readonly Selector[]): Selector;
  or(...selectors: readonly Selector[]): Selector;
  not(selector: Selector): Selector;
  /** The value that all selected positions have; `otherwise` (nothing) where none is selected, and where they have several. */
  aggregate<A extends Value, O extends Value = null>(
    selector: Selector,
    values: Sequence<A>,
    options?: Otherwise<O>,
  ): Sequence<A | O>;
  /** The mean over the selected positions; `otherwise` (0) where none is selected. Truth values count as 0 and 1. */
  mean(selector: Selector, values: Sequence<number | boolean>, options?: Otherwise<number>): Sequence<number>;
  /** How many positions are selected. */
  width(selector: Selector): Sequence<number>;
}

/** What a program is over. */
export interface Setting {
  readonly vocabulary: readonly Value[];
  readonly maxLength: number;
  readonly causal: boolean;
}

const fail = (what: string, where: string, hint: string): never => {
  throw new ProgramError({ what, where, hint });
};

/** The language over a vocabulary. */
export function raspOf<T extends Value>({ vocabulary, maxLength, causal }: Setting): Rasp<T> {
  const owner = {};
  const opOf = (given: unknown, where: string): Op => {
    if (!(given instanceof Sequence))
      return fail(
        `it takes a sequence, not ${given instanceof Selector ? 'a selector' : typeof given}`,
        where,
        typeOf(given) === undefined
          ? 'give tokens, indices, or what one of the functions makes of them'
          : `for the same value everywhere give constant(${valueInWords(given as Value)})`,
      );
    if (given.op.owner !== owner)
      fail('it takes a sequence of another program', where, 'use what this program was given, all through');
    return given.op;
  };
  const selectorOf = (given: unknown, where: string): SelectorOp => {
    if (!(given instanceof Selector))
      return fail(
        `it takes a selector, not ${given instanceof Sequence ? 'a sequence' : typeof given}`,
        where,
        'give what select, and, or, not makes, or all',
      );
    if (given.op.owner !== owner)
      fail('it takes a selector of another program', where, 'use what this program was given, all through');
    return given.op;
  };
  const make = <U extends Value>(draft: Draft, values: readonly Value[]): Sequence<U> =>
    new Sequence<U>(withValues(draft, values.map(plainValue), owner));
  const functionOf = (f: unknown, where: string): void => {
    if (typeof f !== 'function') fail(`it takes a function, not ${typeof f}`, where, 'e.g. (value) => value + 1');
  };
  const map = (args: readonly Op[], f: (...values: never[]) => unknown): Sequence<never> => {
    const draft: Draft = { kind: 'map', args, label: functionInWords(f) };
    return new Sequence<never>(mapped(draft, f, owner));
  };
  const join = (kind: 'and' | 'or', given: readonly Selector[]): Selector => {
    if (given.length === 0) fail(`${kind} takes one selector or more`, `${kind}()`, 'give what select makes, or all');
    return new Selector({ kind, of: given.map((one) => selectorOf(one, kind)), owner });
  };
  const attending = (
    kind: 'aggregate' | 'mean' | 'width',
    selector: Selector,
    values: Sequence | undefined,
    otherwise: Value | undefined,
  ): { readonly draft: Draft; readonly fewest: number; readonly most: number } => {
    const by = selectorOf(selector, kind);
    const args = kind === 'width' ? [] : [opOf(values, kind)];
    const [fewest, most] = widthsOf(by, maxLength);
    const draft: Draft = { kind, args, selector: by, otherwise };
    if (otherwise !== undefined && typeOf(otherwise) === undefined)
      fail(`otherwise is ${typeof otherwise}`, pointing(draft), 'give a text, a number, true, false or null');
    return { draft: Object.assign(draft, { widest: most }), fewest, most };
  };
  let lengths: Sequence<number> | undefined;

  return {
    tokens: make<T>({ kind: 'tokens', args: [] }, vocabulary),
    indices: make(
      { kind: 'indices', args: [] },
      Array.from({ length: maxLength }, (_, i) => i),
    ),
    get length(): Sequence<number> {
      if (causal)
        fail(
          'a causal program does not know the length of its input',
          'length',
          'width(all) counts the positions up to here',
        );
      return (lengths ??= make(
        { kind: 'length', args: [] },
        Array.from({ length: maxLength }, (_, i) => i + 1),
      ));
    },
    all: new Selector({ kind: 'all', owner }),
    constant<U extends Value>(value: U): Sequence<U> {
      if (typeOf(value) === undefined)
        fail(`${String(value)} is no value`, 'constant', 'give a text, a finite number, true, false or null');
      return make({ kind: 'constant', args: [], label: valueInWords(value) }, [value]);
    },
    map(x, f) {
      functionOf(f, 'map');
      return map([opOf(x, 'map')], f as (...values: never[]) => unknown);
    },
    combine(xs, f) {
      functionOf(f, 'combine');
      if (!Array.isArray(xs) || xs.length === 0)
        fail('it takes a list of sequences', 'combine', 'e.g. combine([tokens, indices], (token, i) => ...)');
      return map(
        xs.map((x: Sequence) => opOf(x, 'combine')),
        f as (...values: never[]) => unknown,
      );
    },
    linear(...terms) {
      if (terms.length === 0 || !terms.every((term) => Array.isArray(term) && Number.isFinite(term[1])))
        fail('it takes pairs of a sequence and a finite factor', 'linear', 'e.g. linear([opens, 1], [closes, -1])');
      const factors = terms.map(([, factor]) => factor);
      const draft: Draft = { kind: 'linear', args: terms.map(([x]) => opOf(x, 'linear')), factors };
      checkNumbers(draft.args, draft);
      const sum = (...values: Value[]): number =>
        values.reduce<number>((total, value, i) => total + factors[i]! * asNumber(value), 0);
      return new Sequence(mapped(draft, sum, owner));
    },
    orElse(x, value) {
      if (typeOf(value) === undefined)
        fail(`${String(value)} is no value`, 'orElse', 'give a text, a finite number, true or false');
      const draft: Draft = { kind: 'map', args: [opOf(x, 'orElse')], label: `orElse ${valueInWords(value)}` };
      return new Sequence<never>(mapped(draft, (one: Value) => one ?? value, owner, true));
    },
    select(keys, queries, by) {
      const [k, q] = [opOf(keys, 'select'), opOf(queries, 'select')];
      const { matrix, label } = matrixOf(k, q, by as Comparison | ((key: never, query: never) => unknown));
      return new Selector({ kind: 'select', keys: k, queries: q, label, matrix, owner });
    },
    and: (...selectors) => join('and', selectors),
    or: (...selectors) => join('or', selectors),
    not: (selector) => new Selector({ kind: 'not', of: [selectorOf(selector, 'not')], owner }),
    aggregate<A extends Value, O extends Value = null>(
      selector: Selector,
      values: Sequence<A>,
      options: Otherwise<O> = {},
    ): Sequence<A | O> {
      checkOtherwise(options, 'aggregate');
      const otherwise = options.otherwise === undefined ? null : options.otherwise;
      const { draft, fewest, most } = attending('aggregate', selector, values, otherwise);
      const own = draft.args[0]!.values;
      // where one position is always selected, there is always one value
      const all = fewest === 1 && most === 1 ? own : [...own, otherwise];
      return make<A | O>(draft, sorted(new Set(most === 0 ? [otherwise] : all)));
    },
    mean(selector, values, options = {}) {
      checkOtherwise(options, 'mean');
      const otherwise = options.otherwise ?? 0;
      const { draft, fewest, most } = attending('mean', selector, values, otherwise);
      if (typeof otherwise !== 'number')
        fail('otherwise of a mean is a number', pointing(draft), 'give a finite number');
      checkNumbers(draft.args, draft);
      return make(draft, meansOf(draft, draft.args[0]!.values, most, fewest > 0 ? undefined : otherwise));
    },
    width(selector) {
      const { draft, fewest, most } = attending('width', selector, undefined, undefined);
      return make(
        draft,
        Array.from({ length: most - fewest + 1 }, (_, i) => fewest + i),
      );
    },
  };
}

function checkOtherwise(options: object, where: string): void {
  for (const key of Object.keys(options))
    if (key !== 'otherwise') fail(`unknown option "${key}"`, where, `did you mean "${nearest(key, ['otherwise'])}"?`);
}
