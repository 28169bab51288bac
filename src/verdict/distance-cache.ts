/** Distances among all implementations of both sides and their controls, measured once however often they are asked for: the running test and the rule look at the same draws. */
import { CONTROLS } from '../implementations/samples.js';
import { measures, type Distances, type MeasureName } from '../measure/index.js';
import { random } from '../random.js';
import { each } from '../signal.js';
import { shuffleInputs, type Gram } from '../representation/gram.js';

export type Sides = readonly [readonly Gram[], readonly Gram[]];

const same = (a: readonly Gram[], b: readonly Gram[]): boolean =>
  a.length === b.length && a.every((gram, i) => gram === b[i]);

export class DistanceCache {
  private shuffled:
    | { readonly of: readonly Gram[]; readonly controls: readonly [readonly Gram[], readonly Gram[]] }
    | undefined;
  private readonly known = new Map<MeasureName, { readonly grams: readonly Gram[]; readonly distances: Distances }>();

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
    const of = first.flat();
    if (this.shuffled === undefined || !same(this.shuffled.of, of)) {
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
      this.shuffled = { of, controls: controls as [Gram[], Gram[]] };
    }
    return this.shuffled.controls;
  }

  /** Among [side 1, side 2, controls of 1, controls of 2]. @throws as the measure */
  async distances(which: MeasureName, sides: Sides, progress?: (done: number) => void): Promise<Distances> {
    const grams = [...sides.flat(), ...(await this.controls(sides)).flat()];
    const known = this.known.get(which);
    if (known && same(known.grams, grams)) return known.distances;
    const { seed, splits, signal } = this.options;
    const distances = await measures[which].distances(grams, {
      seed,
      splits,
      distinct: true,
      ...(signal && { signal }),
      ...(progress && { progress }),
    });
    this.known.set(which, { grams, distances });
    return distances;
  }
}
