import * as fc from 'fast-check';
import { InputError, OptionError, TaskError } from '../src/errors.js';
import { isTokens, sameInput, shapeKey, sizeInWords, type ModelInput } from '../src/model/input.js';
import type { Encoder } from '../src/task/encode.js';
import type { Task } from '../src/task/task.js';
import { random } from '../src/random.js';
import type { InputsOptions } from './inputs.js';
import { anyModel, differences, encodeOne, exampleOf, poolOf, type Example } from './_internals/pool.js';
import { inputInWords, printed } from './_internals/printed.js';
import { downFrom } from './_internals/reductions.js';
import { draws } from './_internals/origins.js';
import { arbitraryOf } from './task.js';
import { isTemplated } from './template.js';

/** Two inputs of equal size: the one that is run, and the one activations are taken from. */
export interface ExamplePair<I> {
  /** an input of the task */
  readonly base: I;
  /** another one, or what the task's own `counterfactual` makes of it: to the model never the same as the base */
  readonly source: I;
  /** both as a model takes them */
  readonly encoded: { readonly base: ModelInput; readonly source: ModelInput };
  /** places of base and source among those there are to choose from, the simplest first: what shrinking makes smaller */
  readonly order: readonly [number, number];
  toString(): string;
}

/**
 * In what base and source differ. `anything`: in whatever they do. `own`: as the task's own `counterfactual` makes them. `position`: in one token (or one entry of
 * a tensor), any or the one given, negative from the end. `slot`: in one slot of a template, any or the one given. Or a function that says whether a pair will do.
 */
export type Differ<I> =
  | 'anything'
  | 'own'
  | 'position'
  | 'slot'
  | { readonly position: number }
  | { readonly slot: string }
  | ((base: I, source: I) => boolean);

export interface CounterfactualsOptions<I> extends InputsOptions {
  /** Default: `own` where the task has a counterfactual of its own, `anything` otherwise */
  readonly differ?: Differ<I>;
}

/** Sources for a base, the simplest first. */
type Candidates<I> = (base: Example<I>) => readonly Example<I>[];

const pairOf = <I>(base: Example<I>, source: Example<I>, order: readonly [number, number]): ExamplePair<I> =>
  printed(
    { base: base.input, source: source.input, encoded: { base: base.encoded, source: source.encoded }, order },
    () => `${inputInWords(base.input)} against ${inputInWords(source.input)}`,
  );

class Pairs<I> extends fc.Arbitrary<ExamplePair<I>> {
  private readonly start: fc.Arbitrary<number>;
  private readonly raw = new WeakSet<ExamplePair<I>>();
  private readonly known = new Map<Example<I>, readonly Example<I>[]>();

  constructor(
    private readonly pool: readonly Example<I>[],
    private readonly find: Candidates<I>,
    private readonly none: () => never,
  ) {
    super();
    this.start = fc.nat(pool.length - 1);
  }

  /** Asked for again and again while shrinking. */
  private candidates(base: Example<I>): readonly Example<I>[] {
    const there = this.known.get(base) ?? this.find(base);
    this.known.set(base, there);
    return there;
  }

  private pair(at: number, sources: readonly Example<I>[], place: number): fc.Value<ExamplePair<I>> {
    const pair = pairOf(this.pool[at]!, sources[place]!, [at, place]);
    this.raw.add(pair);
    return new fc.Value(pair, undefined);
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<ExamplePair<I>> {
    const start = this.start.generate(mrng, biasFactor).value;
    for (let tries = 0; tries < this.pool.length; tries++) {
      const at = (start + tries) % this.pool.length;
      const sources = this.candidates(this.pool[at]!);
      if (sources.length > 0)
        return this.pair(at, sources, fc.nat(sources.length - 1).generate(mrng, biasFactor).value);
    }
    return this.none();
  }

  canShrinkWithoutContext(value: unknown): value is ExamplePair<I> {
    return typeof value === 'object' && value !== null && this.raw.has(value as ExamplePair<I>);
  }

  shrink({ order: [at, place] }: ExamplePair<I>): fc.Stream<fc.Value<ExamplePair<I>>> {
    return fc.stream(this.smaller(at, place));
  }

  private *smaller(at: number, place: number): Generator<fc.Value<ExamplePair<I>>> {
    for (const base of downFrom(at)) {
      const sources = this.candidates(this.pool[base]!);
      if (sources.length > 0) yield this.pair(base, sources, Math.min(place, sources.length - 1));
    }
    const sources = this.candidates(this.pool[at]!);
    for (const less of downFrom(place)) yield this.pair(at, sources, less);
  }
}

/** Words of an input with slots. */
const slotsOf = (input: unknown): Readonly<Record<string, string>> | undefined =>
  isTemplated(input) ? input.slots : undefined;

/**
 * Pairs of inputs that differ in one chosen respect, of equal size as interventions need them. Both are inputs of the task, and to the model never the same. Shrinks towards the
 * simplest base, then the simplest source: the first of a finite list; of samples those with the fewest and smallest entries.
 *
 *     counterfactuals(addition, { differ: { position: 1 } })   // [3, 5] against [3, 7]
 *
 * @throws OptionError for an unknown respect; TaskError, when drawn, where no two inputs differ so
 */
export function counterfactuals<I>(
  task: Task<I>,
  options: CounterfactualsOptions<I> = {},
): fc.Arbitrary<ExamplePair<I>> {
  const { pool: size = 1000, seed = 0, model = anyModel, differ = task.counterfactual ? 'own' : 'anything' } = options;
  const respects = ['anything', 'own', 'position', 'slot'];
  const [respect, which] =
    typeof differ === 'object' && differ !== null ? (Object.entries(differ)[0] ?? []) : [differ, undefined];
  const where = 'counterfactuals.differ';
  if (typeof respect === 'string' ? !respects.includes(respect) : typeof respect !== 'function')
    throw new OptionError({
      what: `inputs cannot differ in ${JSON.stringify(differ)}`,
      where,
      hint: `give one of ${respects.join(', ')}, { position: number }, { slot: name }, or a function of base and source`,
    });
  if (respect === 'own') return own(task, size, seed, model);
  if (respect === 'position' && which !== undefined && !Number.isInteger(which))
    throw new OptionError({
      what: `${String(which)} is no position`,
      where,
      hint: 'give an integer, negative from the end',
    });

  const pool = poolOf(task, task.examples(size, seed), model);
  if (
    respect === 'slot' &&
    !pool.some(({ input }) => slotsOf(input) && (which === undefined || String(which) in slotsOf(input)!))
  )
    throw new OptionError({
      what: `the inputs of task "${task.name}" have no ${which === undefined ? 'slots' : `slot {${String(which)}}`}`,
      where,
      hint: 'draw the inputs from a template with that slot',
    });
  const others = (base: Example<I>): Example<I>[] =>
    pool.filter(
      ({ encoded }) =>
        encoded !== base.encoded &&
        shapeKey(encoded) === shapeKey(base.encoded) &&
        differences(encoded, base.encoded, 1).length > 0,
    );
  const position = which === undefined ? undefined : (which as number);
  const candidates: Candidates<I> =
    respect === 'anything'
      ? others
      : typeof respect === 'function'
        ? (base) => others(base).filter(({ input }) => (respect as (base: I, source: I) => boolean)(base.input, input))
        : respect === 'slot'
          ? (base) => bySlot(task, base, which as string | undefined, model, others)
          : (base) => byPosition(task, base, position, pool, others);
  return new Pairs(pool, candidates, () => {
    throw new TaskError({
      what: `no two of ${pool.length} inputs of task "${task.name}" are of one size and differ only in the respect asked for`,
      where,
      hint: 'give the task such inputs, a larger `pool`, or ask for another respect',
    });
  });
}

const once = <I>(all: readonly Example<I>[]): Example<I>[] => {
  const known = new Set<string>();
  return all.filter(({ input }) => {
    const key = fc.stringify(input);
    return !known.has(key) && known.add(key).size > 0;
  });
};

/** Sources that differ in one position: those there are, and, where the task's arbitrary tells its own values, those that another token makes. */
function byPosition<I>(
  task: Task<I>,
  base: Example<I>,
  position: number | undefined,
  pool: readonly Example<I>[],
  others: Candidates<I>,
): Example<I>[] {
  const length = isTokens(base.encoded) ? base.encoded.length : undefined;
  const wanted = position === undefined || length === undefined || position >= 0 ? position : length + position;
  const found = others(base).filter(({ encoded }) => {
    const at = differences(encoded, base.encoded, 2);
    return at.length === 1 && (wanted === undefined || at[0] === wanted);
  });
  const arbitrary = arbitraryOf(task);
  const tokens = base.encoded;
  // samples seldom differ in one token only
  if (task.size !== undefined || !arbitrary || !isTokens(tokens) || (base.input as unknown) !== tokens) return found;
  const vocabulary = [...new Set(pool.flatMap(({ encoded }) => (isTokens(encoded) ? encoded : [])))].toSorted(
    (a, b) => a - b,
  );
  const places =
    wanted === undefined ? tokens.map((_, at) => at) : wanted >= 0 && wanted < tokens.length ? [wanted] : [];
  for (const at of places)
    for (const token of vocabulary) {
      const other = tokens.with(at, token);
      if (token !== tokens[at] && arbitrary.canShrinkWithoutContext(other)) found.push(exampleOf(other as I, other));
    }
  return once(found);
}

/** Sources that differ in one slot: every word that may stand there. */
function bySlot<I>(
  task: Task<I>,
  base: Example<I>,
  slot: string | undefined,
  model: Encoder,
  others: Candidates<I>,
): Example<I>[] {
  const { input } = base;
  if (!isTemplated(input)) return [];
  if (task.size !== undefined)
    return others(base).filter(({ input: other }) => {
      const slots = slotsOf(other);
      const different = Object.keys(input.slots).filter((name) => slots?.[name] !== input.slots[name]);
      return different.length === 1 && (slot === undefined || different[0] === slot);
    });
  const names = slot === undefined ? Object.keys(input.slots) : [slot];
  return names
    .flatMap((name) => input.variants(name))
    .map((other) => exampleOf(other as I, encodeOne(task, other as I, model)))
    .filter(({ encoded }) => shapeKey(encoded) === shapeKey(base.encoded) && !sameInput(encoded, base.encoded));
}

/** Pairs by the task's own counterfactual. */
function own<I>(task: Task<I>, size: number, seed: number, model: Encoder): fc.Arbitrary<ExamplePair<I>> {
  if (!task.counterfactual)
    throw new OptionError({
      what: `task "${task.name}" has no counterfactual of its own`,
      where: 'counterfactuals.differ',
      hint: 'give the task a `counterfactual` function, or ask for another respect',
    });
  const pool = poolOf(task, task.examples(size, seed), model);
  const sourceOf = (base: Example<I>, draw: number): Example<I> => {
    const input = task.counterfactual!(base.input, random(draw, 'counterfactuals'));
    const source = exampleOf(input, encodeOne(task, input, model));
    if (shapeKey(source.encoded) === shapeKey(base.encoded)) return source;
    throw new InputError({
      what: `the counterfactual of ${inputInWords(base.input)} has ${sizeInWords(source.encoded)}, the input ${sizeInWords(base.encoded)}`,
      where: 'task.counterfactual',
      hint: 'return a counterfactual of the same size',
    });
  };
  /** Where a counterfactual is the input itself the next draw that is not; where all are, another input. */
  const differing = (at: number, draw: number): ExamplePair<I> => {
    for (let step = 0; step < pool.length; step++) {
      const place = (at + step) % pool.length;
      const base = pool[place]!;
      for (let tries = 0; tries < draws; tries++) {
        const number = (draw + tries) % draws;
        const source = sourceOf(base, number);
        if (!sameInput(source.encoded, base.encoded)) return pairOf(base, source, [at, draw]);
      }
    }
    throw new TaskError({
      what: `the counterfactual of every one of ${pool.length} inputs of task "${task.name}" is that input again`,
      where: 'task.counterfactual',
      hint: 'return an input that differs',
    });
  };
  const raw = new WeakMap<object, [number, number]>();
  return fc.tuple(fc.nat(pool.length - 1), fc.nat(draws - 1)).map(
    ([at, draw]): ExamplePair<I> => {
      const pair = differing(at, draw);
      raw.set(pair, [at, draw]);
      return pair;
    },
    (value) => {
      const known = raw.get(value as object);
      if (!known) throw new Error('not drawn here');
      return known;
    },
  );
}
