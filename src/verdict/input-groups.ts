/** Measurements on groups of the inputs, for what the limits of a verdict say of inputs that were not drawn. */
import { isCongruityError } from '../errors.js';
import type { Distances, MeasureName } from '../measure/index.js';
import { random } from '../random.js';
import { subsetInputs, type Gram } from '../representation/gram.js';
import { each } from '../signal.js';
import type { InputGroup, InputGroups } from '../statistics/input-groups.js';
import { meanDistances } from '../statistics/intervals.js';
import { blocksOf } from './cut.js';
import type { DistanceCache, Sides } from './distance-cache.js';
import { byRun } from './rule/runs.js';

/** All of so many groups lie below their median in 0.4 % of cases. */
const GROUPS = 8;
/** Fewer inputs than this are not dealt: a group of them says nothing. */
const FEWEST = 150;

export interface InputGroupOptions {
  readonly seed: number;
  /** share of the task's inputs that were not drawn */
  readonly left: number;
  readonly runs?: readonly [readonly number[], readonly number[]] | undefined;
  readonly paired?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The places of the inputs of each group: groups of equal size, as nearly as can be. None where all inputs were drawn, and where they are too few to be dealt. */
export function dealt(n: number, { seed, left }: Pick<InputGroupOptions, 'seed' | 'left'>): Uint32Array[] {
  if (left <= 0 || n < FEWEST) return [];
  const order = random(seed, 'input groups').permutation(n);
  return Array.from({ length: GROUPS }, (_, g) => order.filter((_input, at) => at % GROUPS === g).sort());
}

/** Grams on the inputs at some places alone. */
export const gramsOn = (
  at: Uint32Array,
  grams: readonly Gram[],
  signal: AbortSignal | undefined,
): Promise<readonly Gram[]> => each(grams, (gram) => subsetInputs(gram, at), signal);

/** What is found on groups of the inputs; undefined where a representation does not vary over a few of them. @throws CancelledError, and what is no error of the library's own */
export async function unlessConstant<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isCongruityError(error) || error.code === 'CANCELLED') throw error;
    return undefined;
  }
}

/**
 * Distances among [side 1, side 2] on each group of inputs; undefined where there are none.
 * @throws CancelledError
 */
export async function distancesOnGroups(
  which: MeasureName,
  sides: Sides,
  cache: DistanceCache,
  options: Pick<InputGroupOptions, 'seed' | 'left' | 'signal'>,
): Promise<readonly Distances[] | undefined> {
  const dealing = dealt(sides[0][0]!.n, options);
  if (dealing.length === 0) return undefined;
  return unlessConstant(() =>
    cache.onGroups(which, sides, async function* () {
      for (const at of dealing) yield await gramsOn(at, sides.flat(), options.signal);
    }),
  );
}

/** Mean distances on each group of inputs; undefined where there are none. @throws CancelledError */
export async function onInputGroups(
  which: MeasureName,
  sides: Sides,
  cache: DistanceCache,
  options: InputGroupOptions,
): Promise<InputGroups | undefined> {
  const { left, runs, paired } = options;
  const found = await distancesOnGroups(which, sides, cache, options);
  const groups = found?.map((distances): InputGroup => {
    const blocks = blocksOf(distances, sides[0].length, sides[1].length, [0, 0], paired);
    return meanDistances(runs ? byRun(blocks, runs) : blocks);
  });
  return groups && { groups, left };
}
