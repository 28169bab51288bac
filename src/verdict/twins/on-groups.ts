/** What twins show on groups of the inputs, for what their limits say of inputs that were not drawn. */
import { measures, type Distances } from '../../measure/index.js';
import type { Gram } from '../../representation/gram.js';
import type { OnGroups } from '../../statistics/input-groups.js';
import { meanTwinRatio, median, medianRatio } from '../../statistics/twins.js';
import { dealt, gramsOn, unlessConstant } from '../input-groups.js';
import { cutTwins, type JudgeTwinsOptions, type TwinSides } from './measured.js';
import { responded, responds } from './responses.js';
import { ratioLevels } from './running.js';

/** Each number of twins on each group of inputs. */
export interface TwinsOnGroups {
  readonly ratio: OnGroups;
  readonly meanRatio: OnGroups;
  /** undefined where nothing responds on some group */
  readonly cosine: OnGroups | undefined;
}

/** The median response cosine on some inputs. @param grams of side 1 and of side 2, on these inputs */
function cosineOf(grams: readonly Gram[]): number | undefined {
  const count = grams.length / 2;
  const pair = (w: number) => [grams[w]!, grams[count + w]!] as const;
  const cosines = Array.from({ length: count - 1 }, (_, w) => responded(pair(0), pair(w + 1))).flatMap((one) =>
    responds(one) ? one.cosine! : [],
  );
  return cosines.length > 0 ? median(cosines) : undefined;
}

/**
 * The numbers of these twins on each group of inputs; undefined where all inputs were drawn, where they are too few to be dealt, and where a representation does not vary over a few of them.
 * @param known distances on these groups, measured already
 * @throws CancelledError
 */
export async function twinsOnGroups(
  sides: TwinSides,
  resolution: number,
  { measure, levels, seed, splits, undrawn: left = 0, signal }: JudgeTwinsOptions,
  known: readonly Distances[] | undefined,
): Promise<TwinsOnGroups | undefined> {
  const all = sides.flatMap((side) => side.map(({ gram }) => gram));
  const dealing = dealt(all[0]!.n, { seed, left });
  if (dealing.length === 0) return undefined;
  return unlessConstant(async () => {
    const found = { ratio: [] as number[], meanRatio: [] as number[], cosine: [] as (number | undefined)[] };
    for (const [g, at] of dealing.entries()) {
      const grams = await gramsOn(at, all, signal);
      const distances =
        known?.[g] ??
        (await measures[measure].distances(grams, { seed, splits, distinct: true, ...(signal && { signal }) }));
      const cut = cutTwins(distances, sides[0].length);
      found.ratio.push(medianRatio(cut.blocks, resolution));
      found.meanRatio.push(meanTwinRatio(cut, resolution, ratioLevels(levels)).estimate);
      found.cosine.push(cosineOf(grams));
    }
    const cosines = found.cosine.filter((one) => one !== undefined);
    return {
      ratio: { values: found.ratio, left },
      meanRatio: { values: found.meanRatio, left },
      cosine: cosines.length === dealing.length ? { values: cosines, left } : undefined,
    };
  });
}
