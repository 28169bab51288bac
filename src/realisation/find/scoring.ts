/** How well parts carry a variable: interchange accuracy on cases that every candidate is tried on. */
import type { Model } from '../../model/model.js';
import type { Part } from '../../program/alignment.js';
import type { Apart } from '../../program/interchange/apart.js';
import { drawInterchange } from '../../program/interchange/cases.js';
import type { InputPool } from '../../program/interchange/inputs.js';
import { overlapping } from '../../program/interchange/overlap.js';
import type { Placed } from '../../program/interchange/placed.js';
import { hasPositions, placesOf } from '../../program/interchange/places.js';
import type { Interchange, InterchangeRunner } from '../../program/interchange/runner.js';
import type { Value } from '../../program/language/value.js';
import type { Program } from '../../program/program.js';
import type { Random } from '../../random.js';

/** Draws for one interchange of a kind. */
const TRIES = 500;

/** Interchanges of one kind, each counted alike. */
interface Cases {
  readonly list: readonly Interchange[];
  /** at some positions: asked of parts that have any */
  readonly apart: boolean;
}

/** What a search is about. */
export interface Searched {
  readonly model: Model;
  readonly program: Program;
  readonly pool: InputPool<Value>;
  readonly runner: InterchangeRunner<Value, Value>;
  readonly apart: Apart<Value, Value>;
  /** whose output is compared; undefined: every one */
  readonly position: number | undefined;
}

/**
 * Up to so many interchanges of variables that change the program's output, or do not; none where 500 draws find none.
 * @param apart at some positions
 */
export function casesOf(
  { pool, runner }: Pick<Searched, 'pool' | 'runner'>,
  set: (random: Random) => readonly string[],
  matters: boolean,
  count: number,
  random: Random,
  apart?: Apart<Value, Value>,
): Interchange[] {
  const found: Interchange[] = [];
  const drawn = (): Interchange | undefined => {
    const whole = drawInterchange(pool, set(random), random);
    return apart ? apart.draw(whole, random) : whole;
  };
  while (found.length < count) {
    let tries = 0;
    let one = drawn();
    while (one === undefined || runner.expectedOf(one).matters !== matters) {
      if (++tries === TRIES) return found;
      one = drawn();
    }
    found.push(one);
  }
  return found;
}

/** Tries candidates for one variable, while others stay where they are. */
export class Scorer {
  private readonly kinds: readonly Cases[];
  private readonly others: readonly Placed[];
  best: { readonly parts: readonly Part[]; readonly score: number } | undefined;

  /** @param aligned where other variables are already: some cases take these from other inputs as well */
  constructor(
    private readonly searched: Searched,
    private readonly variable: string,
    aligned: Readonly<Record<string, readonly Part[]>>,
    tries: number,
    random: Random,
  ) {
    const { model, program } = searched;
    const names = Object.keys(aligned).filter((name) => name !== variable);
    this.others = names.length === 0 ? [] : placesOf(model, program, aligned).filter(({ name }) => name !== variable);
    const alone = (): string[] => [variable];
    const together = (stream: Random): string[] => {
      const others = [...stream.subset(names.length, 1 + stream.below(names.length))].map((at) => names[at]!);
      // in the program's order
      return program.variables.map(({ name }) => name).filter((name) => name === variable || others.includes(name));
    };
    const shared = names.length === 0 ? [] : casesOf(searched, together, true, tries, random);
    const whole = [
      casesOf(searched, alone, true, tries, random),
      casesOf(searched, alone, false, tries, random),
      shared,
    ].map((list) => ({ list, apart: false }));
    const apart = { list: casesOf(searched, alone, true, tries, random, searched.apart), apart: true };
    this.kinds = [...whole, apart].filter(({ list }) => list.length > 0);
  }

  /**
   * Mean accuracy over the kinds of cases; undefined for one where another variable is, and for one that a third of the cases show to be worse than the best.
   * @param whole true: of all cases, however bad it is
   */
  async score(parts: readonly Part[], whole = false): Promise<number | undefined> {
    const { model, program, runner } = this.searched;
    const own = placesOf(model, program, { [this.variable]: parts });
    if (this.others.some((other) => overlapping([other, ...own]))) return undefined;
    const there = runner.elsewhere([...this.others, ...own]);
    const kinds = this.kinds.filter(({ apart }) => !apart || hasPositions(own[0]!));
    const right = kinds.map(() => 0);
    const run = async (from: number, to: number): Promise<void> => {
      const list = kinds.flatMap(({ list: cases }, kind) =>
        cases
          .slice(Math.floor(from * cases.length), Math.floor(to * cases.length))
          .map((interchange) => ({ interchange, kind })),
      );
      const found = await there.run(list.map(({ interchange }) => interchange));
      list.forEach(({ kind }, i) => (right[kind]! += Number(found[i]!.agrees)));
    };
    const mean = (share: number): number =>
      right.reduce((sum, count, kind) => sum + count / Math.max(1, Math.floor(share * kinds[kind]!.list.length)), 0) /
      right.length;
    await run(0, 1 / 3);
    if (this.best && !whole) {
      const { score } = this.best;
      const tried = kinds.reduce((sum, { list }) => sum + list.length / 3, 0);
      // two standard errors below
      if (mean(1 / 3) < score - 2 * Math.sqrt((score * (1 - score)) / tried)) return undefined;
    }
    await run(1 / 3, 1);
    return mean(1);
  }

  /** Keeps the parts where they are better than the best so far. True where they are. */
  async offer(parts: readonly Part[]): Promise<boolean> {
    return this.keep(parts, await this.score(parts));
  }

  /** The same, of all cases. @returns the score, however bad it is; undefined where another variable is */
  async offerWhole(parts: readonly Part[]): Promise<number | undefined> {
    const score = await this.score(parts, true);
    this.keep(parts, score);
    return score;
  }

  private keep(parts: readonly Part[], score: number | undefined): boolean {
    if (score === undefined || (this.best && score <= this.best.score)) return false;
    this.best = { parts, score };
    return true;
  }

  /** Directions over a whole site in which other variables are there: a subspace of this one must be at right angles to them. */
  taken(site: string): readonly (readonly number[])[] {
    return this.others.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.site.name === site && part.directions) || []),
    );
  }

  /** Nothing can be better. */
  get done(): boolean {
    return this.best?.score === 1;
  }
}
