/** The rule at single sites, for a last look that leaves all sites together undecided: what one layer shows is diluted where it is added to layers that are alike. */
import { packedLength, pack, unpack } from '../measure/packed.js';
import { traceOf, type Gram } from '../representation/gram.js';
import { means } from './cut.js';
import { judgeGrams, policyFor, type GramEvidence, type GramOptions } from './judge-grams.js';
import { measureOf } from './measuring.js';
import { atLevels, reachable, resolvePolicy } from './policy.js';
import { severalRuns } from './runs.js';

/** Where the verdict is of one site alone. */
export interface Alone {
  readonly site: string;
  /** sites that were looked at, which share alpha */
  readonly looked: readonly string[];
  /** why all sites together left it undecided */
  readonly together: readonly string[];
}

/** Sites looked at, at most: each costs memory for every implementation, and its share of alpha. */
const MOST = 6;

/** Numbers of the sites that are looked at: all, or so many evenly spread from the first to the last. */
export function lookedAt(sites: number): number[] {
  if (sites <= MOST) return Array.from({ length: sites }, (_, i) => i);
  return Array.from({ length: MOST }, (_, i) => Math.round((i * (sites - 1)) / (MOST - 1)));
}

/** A Gram as its lower triangle: half the memory, for as long as it is only kept. */
export interface PackedGram {
  readonly n: number;
  readonly data: Float64Array;
}

export function packGram({ n, data }: Gram): PackedGram {
  const packed = new Float64Array(packedLength(n));
  pack(data, n, packed, 1);
  return { n, data: packed };
}

export const unpackGram = ({ n, data }: PackedGram): Gram => ({ n, data: unpack(data, n) });

const lowered = (sentence: string): string => `${sentence[0]!.toLowerCase()}${sentence.slice(1)}`;

/** Judged first, at one split: a site that does not look different among these is not worth measuring all. Leaving sites out can only lose a difference, never make one. */
const PREVIEW = 8;
/** Quick looks need no more: nothing is decided by the bootstrap. */
const REPLICATES = 100;

/**
 * The site at which the sets are different, judged by itself with alpha divided by the number of sites looked at; of several the one where strangers are surely farthest beyond siblings.
 * Undefined where there is none. A site at which some implementation does not vary is passed over.
 * @param sides of each implementation its Grams at the sites that are looked at
 * @param together reasons of the undecided judgement of all sites together
 * @throws as judgeGrams
 */
export async function differentAlone(
  sides: readonly [readonly (readonly PackedGram[])[], readonly (readonly PackedGram[])[]],
  looked: readonly string[],
  together: readonly string[],
  alpha: number,
  options: GramOptions,
): Promise<(GramEvidence & { readonly alone: Alone }) | undefined> {
  const level = alpha / looked.length;
  if (!reachable(level / options.measures.length)) return undefined;
  const whole = resolvePolicy(options.policy);
  const { permutations } = atLevels(whole, { alpha: level, beta: whole.beta });
  const policy = { ...options.policy, alpha: level, permutations };
  const at = (s: number, most = Infinity): [Gram[], Gram[]] => sides.map((side) => side.slice(0, most).map((grams) => unpackGram(grams[s]!))) as [Gram[], Gram[]];
  let best: { readonly s: number; readonly low: number } | undefined;
  for (const s of looked.keys()) {
    if (!(await promising(at(s, PREVIEW), options))) continue;
    const grams = at(s);
    if (grams.flat().some((gram) => traceOf(gram) === 0)) continue;
    const { outcome, judgement } = await judgeGrams(grams, { ...options, policy: { ...policy, bootstrap: REPLICATES }, beside: [] });
    const lows = judgement.sides.map(({ excess }) => excess.low);
    const low = judgement.either ? Math.max(...lows) : Math.min(...lows);
    if (outcome === 'different' && (best === undefined || low > best.low)) best = { s, low };
  }
  if (best === undefined) return undefined;
  const site = looked[best.s]!;
  const found = await judgeGrams(at(best.s), { ...options, policy });
  const { judgement } = found;
  const [first, ...rest] = judgement.reasons as [string, ...string[]];
  return {
    ...found,
    judgement: { ...judgement, reasons: [`At ${site} alone: ${lowered(first)}`, ...rest, `All sites together leave it open: ${lowered(together[0]!)}`] },
    alone: { site, looked, together },
  };
}

/** Whether, among a few, strangers look farther than the margin allows under some measure: from one set where that may do, from both otherwise. */
async function promising(few: readonly [readonly Gram[], readonly Gram[]], { policy, measures, seed, relabellings, signal, runs }: GramOptions): Promise<boolean> {
  const grams = few.flat();
  if (grams.some((gram) => traceOf(gram) === 0)) return false;
  for (const which of measures) {
    const { margin, resolution } = policyFor(which, measures[0]!, policy);
    const { data } = await measureOf(which, relabellings).distances(grams, { seed, splits: 1, ...(signal && { signal }) });
    const { excess } = means(data, grams.length, few[0].length, few[1].length, resolution);
    if ((severalRuns(runs) ? Math.max(...excess) : Math.min(...excess)) > margin) return true;
  }
  return false;
}
