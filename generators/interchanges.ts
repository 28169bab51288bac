/** Interchanges of a program's variables, drawn, printed and shrunk. */
import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import type { Apart } from '../src/program/interchange/apart.js';
import { drawInterchange, drawSet } from '../src/program/interchange/cases.js';
import type { InputPool } from '../src/program/interchange/inputs.js';
import type { Interchange } from '../src/program/interchange/runner.js';
import type { Value } from '../src/program/language/value.js';
import type { Program } from '../src/program/program.js';
import { random } from '../src/random.js';
import { inputInWords } from './_internals/printed.js';
import { reductions } from './_internals/reductions.js';

/** Prints itself in words: `place taken from [2, 1], on [0, 1]`; `place at position 1 taken from [2, 1], on [0, 1]`. */
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
  /** of variables that are replaced at some positions only: these, from 0 */
  readonly positions?: Readonly<Record<string, readonly number[]>> | undefined;
}

class ChosenInterchange implements InterchangeTrial {
  constructor(
    readonly base: readonly Value[],
    readonly sources: Readonly<Record<string, readonly Value[]>>,
    readonly positions?: Readonly<Record<string, readonly number[]>> | undefined,
  ) {}

  get description(): string {
    const where = (name: string): string => {
      const own = this.positions?.[name];
      return own === undefined ? '' : ` at position${own.length === 1 ? '' : 's'} ${own.join(' and ')}`;
    };
    const taken = Object.entries(this.sources).map(
      ([name, source]) => `${name}${where(name)} taken from ${inputInWords(source)}`,
    );
    return `${taken.join(', ')}, on ${inputInWords(this.base)}`;
  }

  get key(): string {
    return JSON.stringify(this.toJSON());
  }

  toJSON(): InterchangeDescription {
    const { base, sources, positions } = this;
    return { base, sources, ...(positions && { positions }) };
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
  /** at which positions variables may be replaced while they stay at others. Without it: at all of theirs alone */
  readonly apart?: Apart<Value, Value> | undefined;
}

/** Shrinks to the fewest variables, at all positions if that is enough, or else at the fewest; then the shortest inputs, then the simplest base, then sources that differ from it as little as can be. */
class Interchanges extends fc.Arbitrary<InterchangeTrial> {
  private readonly rank: ReadonlyMap<Value, number>;

  constructor(private readonly space: InterchangeSpace) {
    super();
    this.rank = new Map(space.program.vocabulary.map((token, i) => [token, i]));
  }

  generate(mrng: fc.Random): fc.Value<InterchangeTrial> {
    const { variables, pool, apart } = this.space;
    const stream = random(mrng.nextInt(), 'interchange');
    const several = variables.length > 1 && stream.below(2) === 0;
    const set = several ? drawSet(variables, stream) : [variables[stream.below(variables.length)]!];
    const whole = drawInterchange(pool, set, stream);
    const { base, sources, positions } = (stream.below(2) === 0 ? apart?.draw(whole, stream) : undefined) ?? whole;
    return new fc.Value(new ChosenInterchange(base, sources, positions), undefined);
  }

  canShrinkWithoutContext(value: unknown): value is InterchangeTrial {
    return value instanceof ChosenInterchange && this.holds(value);
  }

  /** Whether it is one of these. */
  holds({ base, sources, positions }: Interchange): boolean {
    const { variables, pool, apart } = this.space;
    const own = Object.entries(sources);
    return (
      own.length > 0 &&
      own.every(([name, source]) => variables.includes(name) && source.length === base.length && this.takes(source)) &&
      pool.has(base) &&
      (positions === undefined || apart?.allows({ base, sources, positions }) === true)
    );
  }

  private takes(input: readonly Value[]): boolean {
    return input.length > 0 && input.every((token) => this.rank.has(token)) && this.space.pool.has(input);
  }

  private *simpler({ base, sources, positions }: Interchange): Generator<Interchange> {
    const names = Object.keys(sources);
    const only = <V>(of: Readonly<Record<string, V>>, some: readonly string[]): Record<string, V> =>
      Object.fromEntries(some.filter((name) => of[name] !== undefined).map((name) => [name, of[name]!]));
    const at = (where: Readonly<Record<string, readonly number[]>> | undefined) =>
      where && Object.keys(where).length > 0 ? { positions: where } : {};
    const same = at(positions);
    for (const { kept } of reductions(names.length, 2, 1)) {
      const some = kept.map((i) => names[i]!);
      yield { base, sources: only(sources, some), ...at(positions && only(positions, some)) };
    }
    for (const name of Object.keys(positions ?? {}))
      yield {
        base,
        sources,
        ...at(
          only(
            positions!,
            names.filter((other) => other !== name),
          ),
        ),
      };
    for (const [name, own] of Object.entries(positions ?? {}))
      for (const i of own.keys())
        if (own.length > 1) yield { base, sources, positions: { ...positions, [name]: own.toSpliced(i, 1) } };
    const each = (change: (source: readonly Value[]) => readonly Value[]): Interchange['sources'] =>
      Object.fromEntries(names.map((name) => [name, change(sources[name]!)]));
    const without = (i: number) => (input: readonly Value[]) => input.toSpliced(i, 1);
    // those behind it move up
    const moved = (i: number) =>
      positions &&
      Object.fromEntries(
        Object.entries(positions).map(([name, own]) => [
          name,
          own.filter((one) => one !== i).map((one) => (one > i ? one - 1 : one)),
        ]),
      );
    for (const i of base.keys()) yield { base: without(i)(base), sources: each(without(i)), ...at(moved(i)) };
    const { vocabulary } = this.space.program;
    const lower = (token: Value): readonly Value[] => vocabulary.slice(0, this.rank.get(token));
    // where a source has what the base has, it goes along: it stays as near to it
    for (const [i, token] of base.entries())
      for (const less of lower(token)) {
        const together = each((source) => (source[i] === token ? source.with(i, less) : source));
        yield { base: base.with(i, less), sources: together, ...same };
        yield { base: base.with(i, less), sources, ...same };
      }
    for (const name of names) {
      const source = sources[name]!;
      const put = (i: number, token: Value): Interchange => ({
        base,
        sources: { ...sources, [name]: source.with(i, token) },
        ...same,
      });
      for (const [i, token] of base.entries()) if (source[i] !== token) yield put(i, token);
      for (const [i, token] of source.entries())
        if (token !== base[i]) for (const less of lower(token)) if (less !== base[i]) yield put(i, less);
    }
  }

  shrink(value: InterchangeTrial): fc.Stream<fc.Value<InterchangeTrial>> {
    const { simpler, holds } = { simpler: this.simpler.bind(this), holds: this.holds.bind(this) };
    return fc.stream(
      (function* (): Generator<fc.Value<InterchangeTrial>> {
        for (const one of simpler(value))
          if (holds(one)) yield new fc.Value(new ChosenInterchange(one.base, one.sources, one.positions), undefined);
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
    parse({ base, sources, positions }) {
      const one = new ChosenInterchange(base, sources, positions);
      if (!Array.isArray(base) || typeof sources !== 'object' || sources === null || !arbitrary.holds(one))
        throw new OptionError({
          what: `${JSON.stringify({ base, sources, positions })} is none of these interchanges`,
          where: 'interchanges.parse',
          hint: 'give the options that it was drawn with',
        });
      return one;
    },
  };
}
