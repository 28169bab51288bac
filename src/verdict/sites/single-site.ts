/** The rule at single sites, for a last look that leaves all sites together undecided: what one layer shows is diluted where it is added to layers that are alike. */
import { lookedAt } from '../../implementations/looked-at.js';
import { traceOf, type Gram } from '../../representation/gram.js';
import { unpackGram, type PackedGram } from '../../representation/packed-gram.js';
import type { SingleSite } from '../evidence.js';
import { judgeGrams, type GramEvidence, type GramOptions } from '../judge-grams.js';
import { DistanceCache, type Sides } from '../distance-cache.js';
import { each } from '../../signal.js';
import { explained, namesOf } from '../rule/explain.js';
import type { Finding } from '../rule/findings.js';
import type { Judgement } from '../rule/judgement.js';
import { atLevels, reachable, resolvePolicy } from '../rule/policy.js';

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

/** Quick looks need no more: nothing is decided by the bootstrap. */
const REPLICATES = 100;

/**
 * The site at which the sets are different, judged by itself with alpha divided by the number of sites looked at; of several the one where strangers are surely farthest beyond siblings.
 * Undefined where there is none. A site at which some implementation does not vary is passed over.
 * @param sides of each implementation its Grams at the sites that are looked at
 * @param worth which of the sites are judged at all: leaving sites out can only lose a difference, never make one
 * @param together the undecided judgement of all sites together
 * @throws as judgeGrams
 */
export async function differentAtOneSite(
  sides: readonly [readonly (readonly PackedGram[])[], readonly (readonly PackedGram[])[]],
  looked: readonly string[],
  worth: readonly number[],
  together: Pick<Judgement, 'findings' | 'reasons'>,
  alpha: number,
  options: GramOptions,
): Promise<(GramEvidence & { readonly singleSite: SingleSite }) | undefined> {
  const whole = resolvePolicy(options.policy);
  const { alpha: level, permutations } = atLevels(whole, { alpha: alpha / looked.length, beta: whole.beta });
  const policy = { ...options.policy, alpha: level, permutations };
  let best:
    | { readonly site: string; readonly low: number; readonly grams: Sides; readonly distanceCache: DistanceCache }
    | undefined;
  for (const s of worth) {
    const grams: [Gram[], Gram[]] = [
      await each(sides[0], (one) => unpackGram(one[s]!), options.signal),
      await each(sides[1], (one) => unpackGram(one[s]!), options.signal),
    ];
    if (grams.flat().some((gram) => traceOf(gram) === 0)) continue;
    const distanceCache = new DistanceCache(options);
    const { outcome, judgement } = await judgeGrams(grams, {
      ...options,
      policy: { ...policy, bootstrap: REPLICATES },
      alsoReport: [],
      distanceCache,
    });
    const lows = judgement.sides.map(({ excess }) => excess.low);
    const low = judgement.oneSideSuffices ? Math.max(...lows) : Math.min(...lows);
    if (outcome === 'different' && (best === undefined || low > best.low))
      best = { site: looked[s]!, low, grams, distanceCache };
  }
  if (best === undefined) return undefined;
  const { site, grams, distanceCache } = best;
  const found = await judgeGrams(grams, { ...options, policy, distanceCache });
  const { judgement } = found;
  const findings: Finding[] = [
    ...judgement.findings.map((finding) => ({ ...finding, site })),
    { code: 'all-sites-undecided', numbers: { sites: looked.length, alpha: level } },
  ];
  return {
    ...found,
    judgement: explained({ ...judgement, findings }, namesOf(found.runs)),
    singleSite: { site, looked, allSites: { findings: together.findings, reasons: together.reasons } },
  };
}
