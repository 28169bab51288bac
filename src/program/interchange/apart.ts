/** Interchanges at some positions: a variable of a program is one value at each position, and each may be replaced by itself. */
import type { Random } from '../../random.js';
import { fallbacks } from '../evaluate.js';
import type { Op } from '../language/op.js';
import type { Value } from '../language/value.js';
import type { Program, ProgramRun } from '../program.js';
import type { InputPool } from './inputs.js';
import type { Placed } from './placed.js';
import { positionsApart } from './places.js';
import type { Interchange } from './runner.js';

/** Inputs that say where an aggregate has no value. */
const ORDINARY = 1000;

/** What a runner knows of a program. */
interface Reference<T extends Value, O extends Value> {
  readonly program: Program<T, O>;
  readonly placed: readonly Placed[];
  reference(input: readonly T[]): ProgramRun<O>;
  runOf(interchange: Interchange<T>): ProgramRun<O>;
}

/**
 * Draws positions at which variables are replaced, while they stay at their others.
 *
 * Such a mixture can lead the program where no input does: two tokens with the same place, say, so that an aggregate that always selects one value selects two, or none. What it gives
 * then is a convention of the language and no step of the algorithm, so these are left out.
 */
export class Apart<T extends Value, O extends Value> {
  private readonly byName: ReadonlyMap<string, Placed>;
  private ordinary: ReadonlySet<string> | undefined;

  constructor(
    private readonly of: Reference<T, O>,
    private readonly pool: InputPool<T>,
    /** draws for positions that can be asked about */
    private readonly tries = 4,
  ) {
    this.byName = new Map(of.placed.map((one) => [one.name, one]));
  }

  /** The interchange with one of its variables or more at some of their positions: how many is any with equal chance, but not all, then which. Undefined if there are none, or none turn up. */
  draw({ base, sources }: Interchange<T>, random: Random): Interchange<T> | undefined {
    const all = Object.keys(sources)
      .map((name) => ({ name, own: positionsApart(this.byName.get(name)!, base.length) }))
      .filter(({ own }) => own.length > 1);
    if (all.length === 0) return undefined;
    for (let tries = 0; tries < this.tries; tries++) {
      const some = Array.from(random.subset(all.length, 1 + random.below(all.length)), (at) => all[at]!);
      const positions = some.map(({ name, own }): [string, number[]] => [
        name,
        Array.from(random.subset(own.length, 1 + random.below(own.length - 1)), (at) => own[at]!),
      ]);
      const one = { base, sources, positions: Object.fromEntries(positions) };
      if (this.allows(one)) return one;
    }
    return undefined;
  }

  /** Whether it can be asked about: the positions are there, and the program comes to no place where inputs never lead it. */
  allows(interchange: Interchange<T>): boolean {
    const { base, sources, positions = {} } = interchange;
    const there = Object.entries(positions).every(([name, some]) => {
      if (sources[name] === undefined || !Array.isArray(some) || some.length === 0) return false;
      const own = positionsApart(this.byName.get(name)!, base.length);
      return some.every((at) => own.includes(at));
    });
    if (!there) return false;
    this.ordinary ??= new Set(
      this.pool.all.slice(0, ORDINARY).flatMap((input) => this.fallbacks(this.of.reference(input))),
    );
    return this.fallbacks(this.of.runOf(interchange)).every((one) => this.ordinary!.has(one));
  }

  private fallbacks({ variables }: ProgramRun<O>): string[] {
    const { ops, variables: named, causal } = this.of.program;
    const values = new Map<Op, readonly Value[]>(ops.map((op, i) => [op, variables[named[i]!.name]!]));
    return fallbacks(ops, causal, values);
  }
}
