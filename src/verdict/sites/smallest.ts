/** The least that still shows that two sets are different: the fewest sites, the fewest inputs, the simplest two implementations. Works on Grams: no model runs. */
import { isCongruityError } from '../../errors.js';
import { measures, type MeasureName } from '../../measure/index.js';
import { addGrams, subsetInputs, type Gram } from '../../representation/gram.js';
import { checkSignal, clock, each } from '../../signal.js';
import type { Sample } from '../../implementations/samples.js';
import type { SmallestDifference } from '../evidence.js';
import { FEWEST_INPUTS } from '../../implementations/inputs.js';
import { judgeGrams } from '../judge-grams.js';
import type { Policy } from '../../statistics/judgement.js';
import { runsOf } from '../rule/runs.js';

export interface SmallestOptions {
  readonly policy: Policy;
  readonly measure: MeasureName;
  readonly seed: number;
  readonly splits: number;
  /** sites in the order in which to try them: where the models part most first */
  readonly sites: readonly string[];
  /** of the representation, in the order of the Grams per site */
  readonly allSites: readonly string[];
  /** of these, sites at which siblings say nothing: nothing is shown by them */
  readonly still?: readonly string[] | undefined;
  /** the inputs as they print */
  readonly inputs: (at: number) => string;
  /** seconds it may take */
  readonly within: number;
  /** true: the two sides are twins, draw for draw */
  readonly paired?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Inputs to print. */
const SHOWN = 10;

const spaced = (n: number, k: number): number[] => Array.from({ length: k }, (_, i) => Math.floor((i * n) / k));

/**
 * Shrinks a verdict of "different", each step by asking the same rule again: first to the fewest inputs, evenly spread, from 20 up and then by bisection to a tenth; then to one
 * site at which they are different on these, or else to as few as leaving out one after the other comes to; then to the first two implementations that are farther
 * apart there than any two siblings, by more than the margin. Where Grams per site are kept of some implementations only, those stand for all. Undefined where nothing smaller
 * shows it.
 * @throws CancelledError
 */
export async function smallestDifference(
  sides: readonly [readonly Sample[], readonly Sample[]],
  options: SmallestOptions,
): Promise<SmallestDifference | undefined> {
  const { policy, measure, seed, splits, sites, allSites, still = [], inputs, within, paired, signal } = options;
  const started = clock();
  let complete = true;
  const inTime = (): boolean => {
    checkSignal(signal);
    if ((clock() - started) / 1000 < within) return true;
    complete = false;
    return false;
  };
  // per site where that is kept: those implementations then stand for all
  const withSites = sides.map((side) => side.filter(({ siteGrams }) => siteGrams !== undefined)) as [
    Sample[],
    Sample[],
  ];
  const bySite = sites.length > 0 && withSites.every((side) => side.length >= 2);
  const drawn = bySite ? withSites : sides;
  const all = bySite ? allSites.filter((site) => !still.includes(site)) : allSites;
  const runs = drawn.map((side) => runsOf(side.map(({ run }) => run))) as [number[], number[]];
  // the test of exchangeability only has to be able to come out at its level; the bootstrap decides nothing
  const differ = async (grams: readonly [readonly Gram[], readonly Gram[]]): Promise<boolean> => {
    try {
      const { outcome } = await judgeGrams(grams, {
        policy: { ...policy, bootstrap: 100, permutations: Math.max(199, Math.ceil(2 / policy.alpha)) },
        measures: [measure],
        alsoReport: [],
        splits,
        seed,
        runs,
        paired,
        signal,
      });
      return outcome === 'different';
    } catch (error) {
      // too little is left to be a representation
      if (isCongruityError(error) && error.code !== 'CANCELLED') return false;
      throw error;
    }
  };

  const n = sides[0][0]!.gram.n;
  const at = async (k: number, some: readonly string[]): Promise<[Gram[], Gram[]]> => {
    const made: Gram[][] = [];
    for (const side of drawn)
      made.push(
        await each(
          side,
          ({ gram, siteGrams }) => {
            const whole =
              some.length === allSites.length
                ? gram
                : addGrams(some.map((site) => siteGrams![allSites.indexOf(site)]!));
            return k === n ? whole : subsetInputs(whole, spaced(n, k));
          },
          signal,
        ),
      );
    return made as [Gram[], Gram[]];
  };

  // from few to many: what is few costs little
  let few = n;
  let tooFew = 0;
  for (let k = FEWEST_INPUTS; k < n && inTime(); k = Math.ceil(1.5 * k)) {
    if (await differ(await at(k, all))) {
      few = k;
      break;
    }
    tooFew = k;
  }
  while (tooFew > 0 && few < n && few - tooFew > few / 10 && inTime()) {
    const k = (few + tooFew) >> 1;
    if (await differ(await at(k, all))) few = k;
    else tooFew = k;
  }

  let kept: readonly string[] = all;
  if (bySite && all.length > 1) {
    let alone: string | undefined;
    for (const site of sites) {
      if (!inTime()) break;
      if (!(await differ(await at(few, [site])))) continue;
      alone = site;
      break;
    }
    if (alone !== undefined) kept = [alone];
    else
      // the least telling first
      for (const site of sites.toReversed()) {
        const rest = kept.filter((one) => one !== site);
        if (rest.length === 0 || !inTime()) break;
        if (await differ(await at(few, rest))) kept = rest;
      }
  }
  const grams = await at(few, kept);

  const [m1, m2] = [grams[0].length, grams[1].length];
  const { data } = await measures[measure].distances([...grams[0], ...grams[1]], {
    seed,
    splits,
    distinct: true,
    ...(signal && { signal }),
  });
  const distance = (i: number, j: number): number => data[i * (m1 + m2) + j]!;
  let siblings = policy.resolution;
  for (let i = 0; i < m1 + m2; i++)
    for (let j = 0; j < i; j++) if (i < m1 === j < m1) siblings = Math.max(siblings, distance(i, j));
  const pairs = Array.from({ length: m1 * m2 }, (_, k): [number, number] => [Math.floor(k / m2), k % m2]).toSorted(
    (a, b) => a[0] + a[1] - (b[0] + b[1]),
  );
  const pair = pairs.find(([i, j]) => distance(i, m1 + j) > (1 + policy.margin) * siblings);
  if (pair === undefined && few === n && kept.length === allSites.length) return undefined;
  return {
    sites: kept,
    inputs: few,
    shown: spaced(n, few).slice(0, SHOWN).map(inputs),
    ...(pair && {
      implementations: [drawn[0][pair[0]]!.description, drawn[1][pair[1]]!.description] as const,
      distance: distance(pair[0], m1 + pair[1]),
      siblings,
    }),
    complete,
  };
}
