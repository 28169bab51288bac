/** The inputs that interchanges are between. */
import * as z from 'zod';
import { InputError, OptionError } from '../../errors.js';
import type { Random } from '../../random.js';
import { plainValue, valueInWords, type Value } from '../language/value.js';
import type { Program } from '../program.js';
import { groupBy } from '../../group-by.js';

/** The option `inputs`: lists of tokens, each of which `InputPool` looks at. */
export const inputListSchema = z.custom<readonly (readonly Value[])[]>((v) => Array.isArray(v), {
  error: 'inputs must be a list',
});

/** Programs with more inputs are drawn from. */
const LISTED = 10_000;
/** Of a longer list so many random ones stand for it. */
const SAMPLED = 1000;

/** How many inputs a program has; Infinity where they are more than can be counted. */
export function inputCount({ vocabulary, maxLength }: Pick<Program, 'vocabulary' | 'maxLength'>): number {
  let count = 0;
  for (let length = 1; length <= maxLength && count < Infinity; length++) count += vocabulary.length ** length;
  return count;
}

const keyOf = (input: readonly Value[]): string => input.map((token) => valueInWords(plainValue(token))).join(' ');

/** Distinct inputs, by length: those that there are, or some that stand for more. */
export class InputPool<T extends Value> {
  readonly byLength: ReadonlyMap<number, readonly (readonly T[])[]>;
  readonly all: readonly (readonly T[])[];
  private readonly known = new Set<string>();

  /**
   * @param position every input must have it; undefined: none in particular
   * @param complete true: these are all inputs that there are
   * @param fresh makes a new input, of that length where one is given; where the inputs are only some
   * @throws InputError for what is no input of the program; OptionError for a position that an input lacks
   */
  constructor(
    private readonly program: Program<T>,
    inputs: readonly (readonly T[])[],
    private readonly position: number | undefined,
    readonly complete: boolean,
    private readonly fresh?: (random: Random, length?: number) => readonly T[],
  ) {
    const { known } = this;
    this.all = inputs.filter((input) => {
      program.encode(input);
      const key = keyOf(input);
      return !known.has(key) && known.add(key).size > 0;
    });
    if (this.all.length === 0)
      throw new InputError({
        what: 'there are no inputs',
        where: `interchange of ${program.name}`,
        hint: 'give at least one',
      });
    for (const input of this.all) {
      const { length } = input;
      if (position !== undefined && (position < -length || position >= length))
        throw new OptionError({
          what: `position ${position} is compared, and an input has ${length} tokens`,
          where: 'position',
          hint: 'give inputs that have it, or another position',
        });
    }
    this.byLength = groupBy(this.all, ({ length }) => length);
  }

  /** A random input, of that length where one is given. */
  draw(random: Random, length?: number): readonly T[] {
    if (this.fresh) return this.fresh(random, length);
    const from = length === undefined ? this.all : this.byLength.get(length)!;
    return from[random.below(from.length)]!;
  }

  /** Two parts without an input in common, of each length about half: to search on one and judge on the other. */
  halves(random: Random): [InputPool<T>, InputPool<T>] {
    const parts: [(readonly T[])[], (readonly T[])[]] = [[], []];
    for (const inputs of this.byLength.values())
      random.permutation(inputs.length).forEach((at, i) => parts[i % 2]!.push(inputs[at]!));
    // of one input a length there is no second half
    if (parts[1].length === 0) parts[1] = parts[0];
    return [
      new InputPool(this.program, parts[0], this.position, this.complete),
      new InputPool(this.program, parts[1], this.position, this.complete),
    ];
  }

  /** Whether an input could be drawn. */
  has(input: readonly T[]): boolean {
    return this.fresh ? input.length > 0 : this.known.has(keyOf(input));
  }
}

/** Every input, the shortest first; where there are too many, random ones: each length equally often, and each token. */
export function inputsOf<T extends Value>(
  program: Program<T>,
  random: Random,
  position: number | undefined,
): InputPool<T> {
  const { vocabulary, maxLength } = program;
  const shortest = position === undefined ? 1 : Math.min(maxLength, position < 0 ? -position : position + 1);
  if (inputCount(program) <= LISTED) {
    const all: (readonly T[])[] = [];
    let longest: (readonly T[])[] = [[]];
    for (let length = 1; length <= maxLength; length++) {
      longest = longest.flatMap((input) => vocabulary.map((token) => [...input, token]));
      if (length >= shortest) all.push(...longest);
    }
    return new InputPool(program, all, position, true);
  }
  const fresh = (stream: Random, length = shortest + stream.below(maxLength - shortest + 1)): readonly T[] =>
    Array.from({ length }, () => vocabulary[stream.below(vocabulary.length)]!);
  return new InputPool(
    program,
    Array.from({ length: SAMPLED }, () => fresh(random)),
    position,
    false,
    fresh,
  );
}
