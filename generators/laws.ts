/**
 * Laws that a lawful arbitrary keeps, for tests of arbitraries: each is a property over walks down the shrink tree, and throws fast-check's report where it fails.
 * Parameters are `fc.assert`'s; the global configuration holds.
 */
import * as fc from 'fast-check';
import { types } from 'node:util';

/** How a law is tried. */
export interface LawOptions {
  /** of the property that checks the law, e.g. `{ numRuns: 1000, seed: 1 }` */
  readonly parameters?: fc.Parameters<[Walk]>;
}

/** A value drawn, and at each step down the shrink tree which child to take. */
interface Walk {
  /** the same random numbers every time */
  readonly rng: fc.Random;
  readonly biasFactor: number | undefined;
  readonly children: readonly number[];
}

/** Where every child is taken after the last that is given. */
const childAt = ({ children }: Walk, step: number): number => children[step % children.length]!;

/** Draws walks. What fast-check gives a generator goes to the arbitrary at hand: no seeds of our own. */
class Walks extends fc.Arbitrary<Walk> {
  constructor(private readonly print: (walk: Walk) => string) {
    super();
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<Walk> {
    const rng = mrng.clone();
    // 0 goes down fastest, 20 is mostly the last child there is
    const children = Array.from({ length: 10 }, () => (mrng.nextInt(0, 1) === 0 ? 0 : mrng.nextInt(0, 20)));
    const walk: Walk = { rng, biasFactor, children };
    Object.defineProperty(walk, fc.toStringMethod, { value: () => this.print(walk), enumerable: false });
    return new fc.Value(walk, undefined);
  }

  canShrinkWithoutContext(_value: unknown): _value is Walk {
    return false;
  }

  shrink(): fc.Stream<fc.Value<Walk>> {
    return fc.Stream.nil();
  }
}

/** Steps after which a walk is given up: what goes on that long never ends, for a person who waits. */
const LONG = 10_000;

const root = <T>(arbitrary: fc.Arbitrary<T>, { rng, biasFactor }: Walk): fc.Value<T> =>
  arbitrary.generate(rng.clone(), biasFactor);

/** Values of a walk, from the one drawn to one that shrinks no further, or until `limit` steps are done. */
function* along<T>(arbitrary: fc.Arbitrary<T>, walk: Walk, limit = LONG): Generator<fc.Value<T>> {
  let at: fc.Value<T> | null = root(arbitrary, walk);
  for (let step = 0; at !== null && step <= limit; step++) {
    yield at;
    at = arbitrary.shrink(at.value, at.context).getNthOrLast(childAt(walk, step));
  }
}

function hold<T>(arbitrary: fc.Arbitrary<T>, { parameters }: LawOptions, check: (walk: Walk) => void): void {
  const walks = new Walks((walk) => {
    try {
      return `a walk from ${fc.stringify(root(arbitrary, walk).value)}`;
    } catch {
      return 'a walk whose value cannot be drawn';
    }
  });
  // what is broken belongs in the message
  fc.assert(fc.property(walks, check), { includeErrorInReport: true, ...parameters });
}

function broken(what: string): never {
  throw new Error(what);
}

/** Two values with the same members; functions and hidden members do not count. Typed arrays and tuples of any realm. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (typeof a === 'function' && typeof b === 'function')) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (types.isMap(a) && types.isMap(b)) return same([...a], [...b]);
  if (types.isSet(a) && types.isSet(b)) return same([...a], [...b]);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

/**
 * The same seed gives the same value, and the same shrinks of it all the way down, also from an arbitrary made anew: nothing is remembered, nothing comes from elsewhere.
 * @param make makes the arbitrary
 * @param options.equal default: the same members, and the same print
 */
export function sameForSameSeed<T>(
  make: () => fc.Arbitrary<T>,
  options: LawOptions & { readonly equal?: (a: T, b: T) => boolean } = {},
): void {
  const { equal = (a, b) => fc.stringify(a) === fc.stringify(b) && same(a, b) } = options;
  const [one, other] = [make(), make()];
  hold(one, options, (walk) => {
    const again = along(other, walk);
    for (const { value } of along(one, walk)) {
      const next = again.next();
      if (next.done) broken(`${fc.stringify(value)} the first time, nothing the second`);
      else if (!equal(value, next.value.value))
        broken(`${fc.stringify(value)} the first time, ${fc.stringify(next.value.value)} the second`);
    }
    const more = again.next();
    if (!more.done) broken(`nothing the first time, ${fc.stringify(more.value.value)} the second`);
  });
}

/** Every value drawn is valid, and so is every shrink on the way down. @param isValid false, or an error, where one is not */
export function shrinksAreValid<T>(
  arbitrary: fc.Arbitrary<T>,
  isValid: (value: T) => boolean | void,
  options: LawOptions = {},
): void {
  hold(arbitrary, options, (walk) => {
    for (const { value } of along(arbitrary, walk))
      if (isValid(value) === false) broken(`${fc.stringify(value)} is not valid`);
  });
}

/** a < b: lexicographically where sizes are lists. */
function less(a: number | readonly number[], b: number | readonly number[]): boolean {
  const [one, other] = [[a].flat(), [b].flat()];
  const at = one.findIndex((value, i) => value !== other[i]);
  return at >= 0 && one[at]! < (other[at] ?? Infinity);
}

/** Children of one value that are looked at: the first of them, which shrinking tries first. */
const CHILDREN = 200;

/**
 * Every shrink is smaller than what it comes from: all of a value's first 200, and every one on the way down.
 * @param size a number, or several of falling importance
 */
export function shrinksAreStrictlySmaller<T>(
  arbitrary: fc.Arbitrary<T>,
  size: (value: T) => number | readonly number[],
  options: LawOptions = {},
): void {
  const check = (parent: T, child: T): void => {
    if (!less(size(child), size(parent)))
      broken(
        `${fc.stringify(child)} (size ${fc.stringify(size(child))}) comes from ${fc.stringify(parent)} (size ${fc.stringify(size(parent))}) and is no smaller`,
      );
  };
  hold(arbitrary, options, (walk) => {
    const { value, context } = root(arbitrary, walk);
    for (const child of arbitrary.shrink(value, context).take(CHILDREN)) check(value, child.value);
    let parent: fc.Value<T> | undefined;
    for (const child of along(arbitrary, walk)) {
      if (parent) check(parent.value, child.value);
      parent = child;
    }
  });
}

/** Shrinking comes to an end: every way down does, within `steps` steps. @param options.steps default 1000 */
export function shrinkingTerminates<T>(
  arbitrary: fc.Arbitrary<T>,
  options: LawOptions & { readonly steps?: number } = {},
): void {
  const { steps = 1000 } = options;
  hold(arbitrary, options, (walk) => {
    let count = -1;
    let last: T | undefined;
    for (const { value } of along(arbitrary, walk, steps + 1)) {
      count++;
      last = value;
    }
    if (count > steps) broken(`still shrinking after ${steps} steps, at ${fc.stringify(last)}`);
  });
}

/**
 * What a value prints as gives the value back.
 * @param parse the way back; `print` is `fc.stringify` by default, as counterexamples are printed
 * @param options.equal default: the same members, and the same print
 */
export function printsAndReparses<T>(
  arbitrary: fc.Arbitrary<T>,
  parse: (printed: string) => T,
  options: LawOptions & { readonly print?: (value: T) => string; readonly equal?: (a: T, b: T) => boolean } = {},
): void {
  const { print = fc.stringify, equal = (a, b) => print(a) === print(b) && same(a, b) } = options;
  hold(arbitrary, options, (walk) => {
    for (const { value } of along(arbitrary, walk)) {
      const back = parse(print(value));
      if (!equal(value, back)) broken(`${print(value)} comes back as ${print(back)}`);
    }
  });
}
