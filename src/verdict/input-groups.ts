/** Distances on groups of the inputs, for what the limits of a verdict say of inputs that were not drawn. */
import { isCongruityError } from '../errors.js';
import type { MeasureName } from '../measure/index.js';
import { random } from '../random.js';
import { subsetInputs } from '../representation/gram.js';
import { each } from '../signal.js';
import type { InputGroup, InputGroups } from '../statistics/input-groups.js';
import { meanDistances } from '../statistics/intervals.js';
import { blocksOf } from './cut.js';
import type { DistanceCache, Sides } from './distance-cache.js';
import { byRun } from './rule/runs.js';

/** Groups at most, inputs of each at least, and the fewest groups that say anything. */
const MOST = 8;
const SMALLEST = 25;
const FEWEST = 6;

export interface InputGroupOptions {
  readonly seed: number;
  /** share of the task's inputs that were not drawn */
  readonly left: number;
  readonly runs?: readonly [readonly number[], readonly number[]] | undefined;
  readonly paired?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which group each of n inputs is of: groups of equal size, as nearly as can be. */
function dealt(n: number, seed: number): Uint32Array[] {
  const count = Math.min(MOST, Math.floor(n / SMALLEST));
  if (count < FEWEST) return [];
  const order = random(seed, 'input groups').permutation(n);
  return Array.from({ length: count }, (_, g) => order.filter((_input, at) => at % count === g).sort());
}

/**
 * Mean distances on each group of inputs; undefined where all inputs were drawn, where they are too few to be dealt, and where a measure has none on a group of them.
 * @throws CancelledError
 */
export async function onInputGroups(
  which: MeasureName,
  sides: Sides,
  cache: DistanceCache,
  { seed, left, runs, paired, signal }: InputGroupOptions,
): Promise<InputGroups | undefined> {
  const dealing = left > 0 ? dealt(sides[0][0]!.n, seed) : [];
  if (dealing.length === 0) return undefined;
  try {
    const found = await cache.onGroups(which, sides, async function* () {
      for (const at of dealing) yield await each(sides.flat(), (gram) => subsetInputs(gram, at), signal);
    });
    const groups = found.map((distances): InputGroup => {
      const blocks = blocksOf(distances, sides[0].length, sides[1].length, [0, 0], paired);
      return meanDistances(runs ? byRun(blocks, runs) : blocks);
    });
    return { groups, left };
  } catch (error) {
    // a representation may not vary over a few inputs
    if (!isCongruityError(error) || error.code === 'CANCELLED') throw error;
    return undefined;
  }
}
