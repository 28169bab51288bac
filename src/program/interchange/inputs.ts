/** The inputs that interchanges are between. */
import { InputError, OptionError } from '../../errors.js';
import { valueInWords, type Value } from '../language/value.js';
import type { Program } from '../program.js';

/** Programs with more inputs are drawn from. */
const LISTED = 10_000;
/** Of a longer list so many random ones stand for it. */
const SAMPLED = 1000;

/** How many inputs a program has; Infinity where they are more than can be counted. */
function inputCount({ vocabulary, maxLength }: Pick<Program, 'vocabulary' | 'maxLength'>): number {
  let count = 0;
  for (let length = 1; length <= maxLength && count < Infinity; length++) count += vocabulary.length ** length;
  return count;
}

const keyOf = (input: readonly Value[]): string => input.map(valueInWords).join(' ');

/** Distinct inputs, by length. */
export class InputPool<T extends Value> {
  readonly byLength = new Map<number, (readonly T[])[]>();
  readonly all: readonly (readonly T[])[];

  /**
   * @param position every input must have it; undefined: none in particular
   * @param all true: these are all inputs that there are
   * @throws InputError for what is no input of the program; OptionError for a position that an input lacks
   */
  constructor(
    program: Program<T>,
    inputs: readonly (readonly T[])[],
    position: number | undefined,
    readonly complete: boolean,
  ) {
    const known = new Set<string>();
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
      const there = this.byLength.get(length);
      if (there) there.push(input);
      else this.byLength.set(length, [input]);
    }
  }
}

/** Every input, the shortest first; where there are too many, random ones: lengths alike often, tokens too. */
export function inputsOf<T extends Value>(
  program: Program<T>,
  random: { below(n: number): number },
  position: number | undefined,
): InputPool<T> {
  const { vocabulary, maxLength } = program;
  const shortest = position === undefined ? 1 : position < 0 ? -position : position + 1;
  if (inputCount(program) <= LISTED) {
    const all: (readonly T[])[] = [];
    let longest: (readonly T[])[] = [[]];
    for (let length = 1; length <= maxLength; length++) {
      longest = longest.flatMap((input) => vocabulary.map((token) => [...input, token]));
      if (length >= shortest) all.push(...longest);
    }
    return new InputPool(program, all, position, true);
  }
  const drawn = Array.from({ length: SAMPLED }, () => {
    const length = Math.min(shortest, maxLength) + random.below(Math.max(1, maxLength - shortest + 1));
    return Array.from({ length }, () => vocabulary[random.below(vocabulary.length)]!);
  });
  return new InputPool(program, drawn, position, false);
}
