/** Sites that no implementation of a side touches, inside the representation of all sites together: what they hold has no siblings to be compared with, and may be all that a verdict rests on. */
import { isCongruityError } from '../../errors.js';
import type { Gram } from '../../representation/gram.js';
import type { SampleSource } from '../../implementations/samples.js';
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

/** A side's Grams without some sites, at which all its implementations are as the first is. */
function without({ drawn, sites }: SampleSource, left: readonly string[]): Gram[] {
  const of = left.map((site) => drawn[0]!.siteGrams![sites.indexOf(site)]!);
  const less = ({ n, data }: Gram, others: readonly Gram[]): Gram => ({
    n,
    data: data.map((value, at) => others.reduce((rest, one) => rest - one.data[at]!, value)),
  });
  return drawn.map(({ gram, siteGrams }) => {
    const { control } = gram;
    if (!control) return less(gram, of);
    // each implementation's control has an order of its own
    const controls = left.flatMap((site) => siteGrams?.[sites.indexOf(site)]?.control ?? []);
    return { ...less(gram, of), ...(controls.length === left.length && { control: less(control, controls) }) };
  });
}

/**
 * A verdict of all sites together, borne out by the sites that siblings reach, or else undecided. Strangers that are apart at untouched sites only would come out different, and so large an untouched site
 * that siblings look like copies beside it would make any two models equivalent. Asking more of a verdict makes neither error more frequent.
 * @param options at levels that are for this: of the sites that siblings reach no running test speaks
 * @param apart whether strangers are apart at a site; it need not know of sites that the other side does not have
 * @throws as judgeGrams
 */
export async function borneOut<J extends GramEvidence>(
  judged: J,
  sides: Pair<SampleSource>,
  options: GramOptions,
  oneSideSuffices: boolean,
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
  const again = await judgedAgain([without(sides[0], left[0]), without(sides[1], left[1])], names, {
    ...options,
    alsoReport: [],
    distanceCache: undefined,
    progress: undefined,
  });
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
