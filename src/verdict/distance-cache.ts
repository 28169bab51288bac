/** Distances among all implementations of both sides and their controls, measured once however often they are asked for: the running test and the rule look at the same draws. */
import { CONTROLS } from '../implementations/samples.js';
import { measures, type Distances, type MeasureName, type Measuring } from '../measure/index.js';
import { random } from '../random.js';
import { each } from '../signal.js';
import { shuffleInputs, type Gram } from '../representation/gram.js';

export type Sides = readonly [readonly Gram[], readonly Gram[]];

const same = (a: readonly Gram[], b: readonly Gram[]): boolean =>
  a.length === b.length && a.every((gram, i) => gram === b[i]);

/** What was found for the Grams that were asked for last, by name. */
class Latest<T> {
  private readonly known = new Map<string, { readonly grams: readonly Gram[]; readonly found: T }>();

  async get(name: string, grams: readonly Gram[], find: () => Promise<T>): Promise<T> {
    const known = this.known.get(name);
    if (known && same(known.grams, grams)) return known.found;
    const found = await find();
    this.known.set(name, { grams, found });
    return found;
  }
}

export class DistanceCache {
  private readonly shuffled = new Latest<readonly [readonly Gram[], readonly Gram[]]>();
  private readonly measured = new Latest<Distances>();
  private readonly grouped = new Latest<readonly Distances[]>();
  private readonly growing = new Map<MeasureName, Measuring>();

  constructor(
    private readonly options: {
      readonly seed: number;
      readonly splits: number;
      readonly signal?: AbortSignal | undefined;
    },
  ) {}

  /** The first few of each side with their inputs shuffled. */
  async controls(sides: Sides): Promise<readonly [readonly Gram[], readonly Gram[]]> {
    const first = sides.map((side) => side.slice(0, CONTROLS));
    return this.shuffled.get('controls', first.flat(), async () => {
      const { seed, signal } = this.options;
      const controls: Gram[][] = [];
      for (const [i, side] of first.entries())
        controls.push(
          await each(
            side,
            (gram, j) => gram.control ?? shuffleInputs(gram, random(seed, `control ${i} ${j}`).permutation(gram.n)),
            signal,
          ),
        );
      return controls as [Gram[], Gram[]];
    });
  }

  private anew(which: MeasureName, grams: readonly Gram[], progress?: (done: number) => void): Promise<Distances> {
    const { seed, splits, signal } = this.options;
    return measures[which].distances(grams, {
      seed,
      splits,
      distinct: true,
      ...(signal && { signal }),
      ...(progress && { progress }),
    });
  }

  /** Among some of the Grams. @throws as the measure */
  among(which: MeasureName, grams: readonly Gram[], progress?: (done: number) => void): Promise<Distances> {
    const { seed, splits, signal } = this.options;
    const growing = this.growing.get(which) ?? measures[which].measuring?.({ seed, splits, ...(signal && { signal }) });
    if (!growing) return this.anew(which, grams, progress);
    this.growing.set(which, growing);
    return growing.among(grams, { ...(progress && { progress }) });
  }

  /** Among [side 1, side 2, controls of 1, controls of 2]. @throws as the measure */
  async distances(which: MeasureName, sides: Sides, progress?: (done: number) => void): Promise<Distances> {
    const grams = [...sides.flat(), ...(await this.controls(sides)).flat()];
    return this.measured.get(which, grams, () => this.among(which, grams, progress));
  }

  /**
   * Among [side 1, side 2] on each group of inputs by itself.
   * @param groups makes the groups; the same ones each time
   * @throws as the measure
   */
  async onGroups(
    which: MeasureName,
    sides: Sides,
    groups: () => AsyncIterable<readonly Gram[]>,
  ): Promise<readonly Distances[]> {
    return this.grouped.get(which, sides.flat(), async () => {
      const found: Distances[] = [];
      for await (const grams of groups()) found.push(await this.anew(which, grams));
      return found;
    });
  }
}
