/** The rule at single sites, for a last look that leaves all sites together undecided: what one layer shows is diluted where it is added to layers that are alike. */
import { packedLength, pack, unpack } from '../measure/packed.js';
import { traceOf, type Gram } from '../representation/gram.js';
import { judgeGrams, type GramEvidence, type GramOptions } from './judge-grams.js';
import { Measuring, type Sides } from './measuring.js';
import { each } from '../signal.js';
import { atLevels, reachable, resolvePolicy } from './policy.js';

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

/** Numbers of the sites whose Grams are kept for a look: all, or so many evenly spread from the first to the last. */
export function lookedAt(sites: number): number[] {
  if (sites <= MOST) return Array.from({ length: sites }, (_, i) => i);
  return Array.from({ length: MOST }, (_, i) => Math.round((i * (sites - 1)) / (MOST - 1)));
}

/**
 * The sites that a look is worth its alpha at: none where there is only one, or where no permutation test can show so small a share of alpha.
 * @param still sites at which siblings say nothing
 * @param alpha for all sites and measures together
 */
export function looksFor(sites: number, still: ReadonlySet<number>, alpha: number, measures: number): number[] {
  if (sites < 2) return [];
  const looked = lookedAt(sites).filter((s) => !still.has(s));
  return looked.length > 0 && reachable(alpha / looked.length / measures) ? looked : [];
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

/** Quick looks need no more: nothing is decided by the bootstrap. */
const REPLICATES = 100;

/**
 * The site at which the sets are different, judged by itself with alpha divided by the number of sites looked at; of several the one where strangers are surely farthest beyond siblings.
 * Undefined where there is none. A site at which some implementation does not vary is passed over.
 * @param sides of each implementation its Grams at the sites that are looked at
 * @param worth which of the sites are judged at all: leaving sites out can only lose a difference, never make one
 * @param together reasons of the undecided judgement of all sites together
 * @throws as judgeGrams
 */
export async function differentAlone(
  sides: readonly [readonly (readonly PackedGram[])[], readonly (readonly PackedGram[])[]],
  looked: readonly string[],
  worth: readonly number[],
  together: readonly string[],
  alpha: number,
  options: GramOptions,
): Promise<(GramEvidence & { readonly alone: Alone }) | undefined> {
  const whole = resolvePolicy(options.policy);
  const { alpha: level, permutations } = atLevels(whole, { alpha: alpha / looked.length, beta: whole.beta });
  const policy = { ...options.policy, alpha: level, permutations };
  let best:
    | { readonly site: string; readonly low: number; readonly grams: Sides; readonly measuring: Measuring }
    | undefined;
  for (const s of worth) {
    const grams: [Gram[], Gram[]] = [
      await each(sides[0], (one) => unpackGram(one[s]!), options.signal),
      await each(sides[1], (one) => unpackGram(one[s]!), options.signal),
    ];
    if (grams.flat().some((gram) => traceOf(gram) === 0)) continue;
    const measuring = new Measuring(options);
    const { outcome, judgement } = await judgeGrams(grams, {
      ...options,
      policy: { ...policy, bootstrap: REPLICATES },
      beside: [],
      measuring,
    });
    const lows = judgement.sides.map(({ excess }) => excess.low);
    const low = judgement.either ? Math.max(...lows) : Math.min(...lows);
    if (outcome === 'different' && (best === undefined || low > best.low))
      best = { site: looked[s]!, low, grams, measuring };
  }
  if (best === undefined) return undefined;
  const { site, grams, measuring } = best;
  const found = await judgeGrams(grams, { ...options, policy, measuring });
  const { judgement } = found;
  const [first, ...rest] = judgement.reasons as [string, ...string[]];
  return {
    ...found,
    judgement: {
      ...judgement,
      reasons: [
        `At ${site} alone: ${lowered(first)}`,
        ...rest,
        `All sites together leave it open: ${lowered(together[0]!)}`,
      ],
    },
    alone: { site, looked, together },
  };
}
