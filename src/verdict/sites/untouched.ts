/** Sites that no implementation of a side touches, inside the representation of all sites together: what they hold has no siblings to be compared with, and may be all that a verdict rests on. */
import { isCongruityError } from '../../errors.js';
import type { Gram } from '../../representation/gram.js';
import type { SampleSource } from '../../implementations/samples.js';
import { DistanceCache } from '../distance-cache.js';
import { judgeGrams, type GramEvidence, type GramOptions } from '../judge-grams.js';
import { explained, namesOf } from '../rule/explain.js';
import type { Finding } from '../rule/findings.js';
import type { Outcome } from '../rule/outcome.js';

type Pair<T> = readonly [T, T];

/**
 * For each side the sites that are left out: those that all its implementations leave as they are, to the bit. Where the sites of both sides are the same ones, a site that is untouched on one side is left out of both.
 * @param oneSideSuffices one set is enough to show a difference: a site is then left out where both leave it as it is
 */
export function untouchedSites(
  sides: Pair<Pick<SampleSource, 'sites' | 'untouched'>>,
  oneSideSuffices: boolean,
): Pair<readonly string[]> {
  const [first, second] = sides;
  if (first.sites.join('\n') !== second.sites.join('\n')) return [first.untouched, second.untouched];
  const both = first.sites.filter((site) =>
    [first, second][oneSideSuffices ? 'every' : 'some'](({ untouched }) => untouched.includes(site)),
  );
  return [both, both];
}

/** What is left of the Grams without some sites, and the distances among it: a comparison that asks again finds both. */
export class Rests {
  private known:
    | { readonly key: string; readonly rests: Pair<Map<Gram, Gram>>; readonly cache: DistanceCache }
    | undefined;

  constructor(private readonly cacheOptions: ConstructorParameters<typeof DistanceCache>[0]) {}

  /** @param left of each side the sites left out, at which all its implementations are as the first is */
  without(
    sides: Pair<Pick<SampleSource, 'drawn' | 'sites'>>,
    left: Pair<readonly string[]>,
  ): { readonly grams: Pair<readonly Gram[]>; readonly distanceCache: DistanceCache } {
    const key = JSON.stringify(left);
    if (this.known?.key !== key)
      this.known = { key, rests: [new Map(), new Map()], cache: new DistanceCache(this.cacheOptions) };
    const { rests, cache } = this.known;
    const grams = sides.map(({ drawn, sites }, a) => {
      const numbers = left[a]!.map((site) => sites.indexOf(site));
      const first = numbers.map((s) => drawn[0]!.siteGrams![s]!);
      return drawn.map(({ gram, siteGrams }) => {
        const rest = rests[a]!.get(gram) ?? less(gram, first, siteGrams, numbers);
        rests[a]!.set(gram, rest);
        return rest;
      });
    });
    return { grams: grams as [Gram[], Gram[]], distanceCache: cache };
  }
}

const minus = ({ n, data }: Gram, others: readonly Gram[]): Gram => {
  const rest = data.slice();
  for (const other of others) for (let at = 0; at < rest.length; at++) rest[at] = rest[at]! - other.data[at]!;
  return { n, data: rest };
};

function less(
  gram: Gram,
  of: readonly Gram[],
  siteGrams: readonly Gram[] | undefined,
  numbers: readonly number[],
): Gram {
  const { control } = gram;
  if (!control) return minus(gram, of);
  // each implementation's control has an order of its own
  const controls = numbers.flatMap((s) => siteGrams?.[s]?.control ?? []);
  return { ...minus(gram, of), ...(controls.length === numbers.length && { control: minus(control, controls) }) };
}

/**
 * A verdict of all sites together, borne out by the sites that siblings reach, or else undecided. Strangers that are apart at untouched sites only would come out different, and so large an untouched site
 * that siblings look like copies beside it would make any two models equivalent. Asking more of a verdict makes neither error more frequent.
 * @param options at levels that are for this: of the sites that siblings reach no running test speaks
 * @param rests kept from one judgement of the same comparison to the next
 * @param apart whether strangers are apart at a site; it need not know of sites that the other side does not have
 * @throws as judgeGrams
 */
export async function borneOut<J extends GramEvidence>(
  judged: J,
  sides: Pair<SampleSource>,
  options: GramOptions,
  oneSideSuffices: boolean,
  rests: Rests,
  apart: (site: string) => Promise<boolean>,
): Promise<J> {
  const left = untouchedSites(sides, oneSideSuffices);
  if (
    sides.some(
      ({ sites }, a) => (left[a]!.length === 0 && left[1 - a]!.length === 0) || left[a]!.length === sites.length,
    )
  )
    return judged;
  const names = [...new Set(left.flat())];
  if (!(await suspect(judged, names, apart))) return judged;
  const { grams, distanceCache } = rests.without(sides, left);
  const again = await judgedAgain(grams, names, { ...options, alsoReport: [], distanceCache, progress: undefined });
  if (again.outcome === judged.outcome) return judged;
  const findings: Finding[] = [
    { code: judged.outcome === 'different' ? 'untouched-difference' : 'untouched-likeness', sites: names, numbers: {} },
    ...again.findings,
  ];
  const decision = { outcome: 'undecided', failed: 'sufficiency not established', findings } as const;
  return {
    ...judged,
    outcome: 'undecided',
    judgement: explained({ ...judged.judgement, ...decision }, namesOf(judged.runs)),
  };
}

async function suspect(
  { outcome, judgement }: GramEvidence,
  names: readonly string[],
  apart: (site: string) => Promise<boolean>,
): Promise<boolean> {
  if (outcome === 'equivalent') return judgement.sides.some(({ checks }) => !checks.varied);
  if (outcome === 'different') for (const site of names) if (await apart(site)) return true;
  return false;
}

/** Without some sites, which each finding then names. */
async function judgedAgain(
  grams: Pair<readonly Gram[]>,
  without: readonly string[],
  options: GramOptions,
): Promise<{ readonly outcome?: Outcome; readonly findings: readonly Finding[] }> {
  try {
    const { outcome, judgement } = await judgeGrams(grams, options);
    return { outcome, findings: judgement.findings.map((finding) => ({ ...finding, without })) };
  } catch (error) {
    // what is left may be too little to be a representation
    if (!isCongruityError(error) || error.code === 'CANCELLED') throw error;
    return { findings: [{ code: 'rest-not-judged', without, why: error.message, numbers: {} }] };
  }
}
