/** Draws interchanges of a program's variables. */
import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import { drawInterchange, drawSet } from '../src/program/interchange/cases.js';
import type { InputPool } from '../src/program/interchange/inputs.js';
import type { Interchange } from '../src/program/interchange/runner.js';
import type { Value } from '../src/program/language/value.js';
import type { Program } from '../src/program/program.js';
import { random } from '../src/random.js';
import { inputInWords } from './_internals/printed.js';
import { reductions } from './_internals/reductions.js';

/** Prints itself in words: `place taken from [2, 1], on [0, 1]`. */
export interface InterchangeTrial extends Interchange {
  readonly description: string;
  /** equal for those that do the same */
  readonly key: string;
  toJSON(): InterchangeDescription;
  toString(): string;
}

/** An interchange as plain JSON, to keep and to read. */
export interface InterchangeDescription {
  readonly base: readonly Value[];
  readonly sources: Readonly<Record<string, readonly Value[]>>;
}

class ChosenInterchange implements InterchangeTrial {
  constructor(
    readonly base: readonly Value[],
    readonly sources: Readonly<Record<string, readonly Value[]>>,
  ) {}

  get description(): string {
    const taken = Object.entries(this.sources).map(([name, source]) => `${name} taken from ${inputInWords(source)}`);
    return `${taken.join(', ')}, on ${inputInWords(this.base)}`;
  }

  get key(): string {
    return JSON.stringify(this.toJSON());
  }

  toJSON(): InterchangeDescription {
    return { base: this.base, sources: this.sources };
  }

  toString(): string {
    return this.description;
  }

  [fc.toStringMethod](): string {
    return this.description;
  }
}

/** Which interchanges there are. */
export interface InterchangeSpace {
  readonly program: Program;
  /** variables that may be replaced, in the program's order */
  readonly variables: readonly string[];
  readonly pool: InputPool<Value>;
}

/** Shrinks to the fewest variables, then the shortest inputs, then the simplest base, then sources that differ from it as little as can be. */
class Interchanges extends fc.Arbitrary<InterchangeTrial> {
  private readonly rank: ReadonlyMap<Value, number>;

  constructor(private readonly space: InterchangeSpace) {
    super();
    this.rank = new Map(space.program.vocabulary.map((token, i) => [token, i]));
  }

  generate(mrng: fc.Random): fc.Value<InterchangeTrial> {
    const { variables, pool } = this.space;
    const stream = random(mrng.nextInt(), 'interchange');
    const several = variables.length > 1 && stream.below(2) === 0;
    const set = several ? drawSet(variables, stream) : [variables[stream.below(variables.length)]!];
    const { base, sources } = drawInterchange(pool, set, stream);
    return new fc.Value(new ChosenInterchange(base, sources), undefined);
  }

  canShrinkWithoutContext(value: unknown): value is InterchangeTrial {
    return value instanceof ChosenInterchange && this.holds(value);
  }

  /** Whether it is one of these. */
  holds({ base, sources }: Interchange): boolean {
    const { variables, pool } = this.space;
    const own = Object.entries(sources);
    return (
      own.length > 0 &&
      own.every(([name, source]) => variables.includes(name) && source.length === base.length && this.takes(source)) &&
      pool.has(base)
    );
  }

  private takes(input: readonly Value[]): boolean {
    return input.length > 0 && input.every((token) => this.rank.has(token)) && this.space.pool.has(input);
  }

  private *simpler({ base, sources }: Interchange): Generator<Interchange> {
    const names = Object.keys(sources);
    const only = (some: readonly string[]): Interchange['sources'] =>
      Object.fromEntries(some.map((name) => [name, sources[name]!]));
    for (const { kept } of reductions(names.length, 2, 1)) yield { base, sources: only(kept.map((at) => names[at]!)) };
    const each = (change: (source: readonly Value[]) => readonly Value[]): Interchange['sources'] =>
      Object.fromEntries(names.map((name) => [name, change(sources[name]!)]));
    const without = (at: number) => (input: readonly Value[]) => input.toSpliced(at, 1);
    for (const at of base.keys()) yield { base: without(at)(base), sources: each(without(at)) };
    const { vocabulary } = this.space.program;
    const lower = (token: Value): readonly Value[] => vocabulary.slice(0, this.rank.get(token));
    // where a source has what the base has, it goes along: it stays as near to it
    for (const [at, token] of base.entries())
      for (const less of lower(token)) {
        const together = each((source) => (source[at] === token ? source.with(at, less) : source));
        yield { base: base.with(at, less), sources: together };
        yield { base: base.with(at, less), sources };
      }
    for (const name of names) {
      const source = sources[name]!;
      const put = (at: number, token: Value): Interchange => ({
        base,
        sources: { ...sources, [name]: source.with(at, token) },
      });
      for (const [at, token] of base.entries()) if (source[at] !== token) yield put(at, token);
      for (const [at, token] of source.entries())
        if (token !== base[at]) for (const less of lower(token)) if (less !== base[at]) yield put(at, less);
    }
  }

  shrink(value: InterchangeTrial): fc.Stream<fc.Value<InterchangeTrial>> {
    const { simpler, holds } = { simpler: this.simpler.bind(this), holds: this.holds.bind(this) };
    return fc.stream(
      (function* (): Generator<fc.Value<InterchangeTrial>> {
        for (const one of simpler(value))
          if (holds(one)) yield new fc.Value(new ChosenInterchange(one.base, one.sources), undefined);
      })(),
    );
  }
}

/** Interchanges, drawn and read back. */
export interface InterchangeTrials {
  readonly arbitrary: fc.Arbitrary<InterchangeTrial>;
  /** @throws OptionError where the description is none of theirs */
  parse(description: InterchangeDescription): InterchangeTrial;
}

/** Interchanges of a space, for properties about a model and a program. */
export function interchanges(space: InterchangeSpace): InterchangeTrials {
  const arbitrary = new Interchanges(space);
  return {
    arbitrary,
    parse({ base, sources }) {
      const one = new ChosenInterchange(base, sources);
      if (!Array.isArray(base) || typeof sources !== 'object' || sources === null || !arbitrary.holds(one))
        throw new OptionError({
          what: `${JSON.stringify({ base, sources })} is none of these interchanges`,
          where: 'interchanges.parse',
          hint: 'give the options that it was drawn with',
        });
      return one;
    },
  };
}
