/** From the Grams of two sets of implementations to a judgement, its bounds, and what other measures say. */
import { isCongruityError } from '../errors.js';
import { measures, type MeasureName } from '../measure/index.js';
import { inTurns } from '../signal.js';
import { hausdorffBounds } from '../bounds/triangle.js';
import { blocksOf, matricesOf, means } from './cut.js';
import type { Evidence } from './evidence.js';
import type { Blocks, Policy } from '../statistics/judgement.js';
import type { Judgement } from './rule/judgement.js';
import { DistanceCache, type Sides } from './distance-cache.js';
import { onInputGroups } from './input-groups.js';
import { atLevels, resolvePolicy } from './rule/policy.js';
import { namesOf } from './rule/explain.js';
import { judging } from './rule/judge.js';
import { byRun, severalRuns } from './rule/runs.js';

/** What Gram matrices are judged with. */
export interface GramOptions {
  /** every option of the policy is its measure's default where it is left out */
  readonly policy: Partial<Policy>;
  /** those that decide, the main one first */
  readonly measures: readonly MeasureName[];
  /** those that are reported beside them */
  readonly alsoReport: readonly MeasureName[];
  readonly splits: number;
  readonly seed: number;
  /** which run each implementation is of, by `runsOf`; default: one run a side */
  readonly runs?: readonly [readonly number[], readonly number[]] | undefined;
  /** true: the two sides are twins, draw for draw, made by one intervention each */
  readonly paired?: boolean | undefined;
  /** share of the task's inputs that were not drawn, if the limits are to speak of these as well. Not where representations are averaged over symmetries, which groups of inputs do not have */
  readonly undrawn?: number | undefined;
  /** what is measured already, with this seed and these splits */
  readonly distanceCache?: DistanceCache | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, doing: string) => void) | undefined;
}

export type GramEvidence = Pick<
  Evidence,
  | 'outcome'
  | 'judgement'
  | 'measure'
  | 'distances'
  | 'alsoReport'
  | 'bounds'
  | 'bySplit'
  | 'refused'
  | 'runs'
  | 'inputGroups'
  | 'seed'
>;

/** The policy for one measure: a resolution that is given holds for the main measure, others keep their own. */
export function policyFor(which: MeasureName, main: MeasureName, given: Partial<Policy>): Policy {
  return resolvePolicy(
    { ...given, resolution: (which === main ? given.resolution : undefined) ?? measures[which].resolution },
    'options',
  );
}

/** Any of the measures may find a difference, so that each gets its share of alpha; all must agree on "equivalent", so that each has the whole of beta. */
export const shared = (policy: Policy, deciding: number): Policy =>
  deciding === 1 ? policy : atLevels(policy, { alpha: policy.alpha / deciding, beta: policy.beta });

/**
 * Judges two sets of Grams over the same inputs by the rule of docs/verdict.md. Of several measures that decide, one that finds a difference is enough for "different", all must say
 * "equivalent"; `measure` and `judgement` of the result are of the one that decided, the others are listed beside it.
 * @throws ImplementationError for fewer than two on a side; OptionError, RepresentationError, CancelledError
 */
export async function judgeGrams(sides: Sides, options: GramOptions): Promise<GramEvidence> {
  const { measures: names, alsoReport, seed, splits, signal, progress } = options;
  const deciding = [...new Set(names)];
  const [first] = deciding as [MeasureName];
  const policyOf = (which: MeasureName): Policy => shared(policyFor(which, first, options.policy), deciding.length);
  const [m1, m2] = [sides[0].length, sides[1].length];
  const distanceCache = options.distanceCache ?? new DistanceCache({ seed, splits, signal });
  const counts = (await distanceCache.controls(sides)).map((side) => side.length) as [number, number];
  const m = m1 + m2 + counts[0] + counts[1];

  const all = [...new Set([...deciding, ...alsoReport])];
  const shares = [0, ...all.map((_, i) => (i + 1) / (all.length + 0.5))];
  const measured = new Map<
    MeasureName,
    {
      readonly whole: Blocks;
      readonly bySplit: readonly Float64Array[];
      readonly judgement: Judgement;
      /** the blocks, by run where there are several */
      readonly units: Blocks;
      /** groups of inputs */
      readonly inputs: number | undefined;
    }
  >();
  const measure = async (which: MeasureName, from: number, to: number): Promise<Blocks> => {
    const distances = await distanceCache.distances(which, sides, (done) =>
      progress?.(from + (to - from) * done, `measuring ${which} distances`),
    );
    const whole = blocksOf(distances, m1, m2, counts, options.paired);
    const units = options.runs ? byRun(whole, options.runs) : whole;
    const inputs = deciding.includes(which)
      ? await onInputGroups(which, sides, distanceCache, { ...options, left: options.undrawn ?? 0 })
      : undefined;
    const blocks = inputs ? { ...units, inputs } : units;
    const judgement = await inTurns(
      judging(
        blocks,
        policyOf(which),
        seed,
        namesOf(units === whole ? undefined : options.runs),
        severalRuns(options.runs),
      ),
      signal,
    );
    measured.set(which, { whole, units, inputs: inputs?.groups.length, bySplit: distances.bySplit ?? [], judgement });
    return units;
  };
  const refused: { measure: MeasureName; why: string }[] = [];
  for (const [i, which] of all.entries())
    try {
      await measure(which, shares[i]!, shares[i + 1]!);
    } catch (error) {
      // what is only reported must not keep the verdict from being given
      if (deciding.includes(which) || !isCongruityError(error) || error.code === 'CANCELLED') throw error;
      refused.push({ measure: which, why: error.message });
    }

  const said = (which: MeasureName): Judgement => measured.get(which)!.judgement;
  const decider =
    deciding.find((which) => said(which).outcome === 'different') ??
    deciding.find((which) => said(which).outcome !== 'equivalent') ??
    first;
  const judgement = said(decider);
  const { whole, bySplit, inputs } = measured.get(decider)!;
  // the bounds need the triangle inequality
  const metric = measures[decider].metric ? decider : 'cka';
  const bounds = hausdorffBounds(measured.get(metric)?.units ?? (await measure(metric, shares.at(-1)!, 1)));
  const units =
    options.runs && measured.get(decider)!.units !== whole
      ? ([measured.get(decider)!.units.m1, measured.get(decider)!.units.m2] as const)
      : undefined;
  return {
    outcome: judgement.outcome,
    judgement,
    measure: decider,
    distances: matricesOf(whole),
    alsoReport: all
      .filter((which) => which !== decider && measured.has(which))
      .map((which) => {
        const other = said(which);
        return {
          measure: which,
          decides: deciding.includes(which),
          outcome: other.outcome,
          siblings: [other.sides[0].siblings.estimate, other.sides[1].siblings.estimate] as const,
          strangers: other.strangers.estimate,
          excess: [other.sides[0].excess, other.sides[1].excess] as const,
          congruity: other.congruity.estimate,
        };
      }),
    bounds: {
      measure: metric,
      necessary: bounds.lower,
      hausdorff: bounds.hausdorff,
      sufficient: bounds.upper,
      diameters: bounds.diameters,
    },
    bySplit: bySplit.map((data) => means(data, m, m1, m2, judgement.policy.resolution, options.paired).excess),
    ...(refused.length > 0 && { refused }),
    ...(units && { runs: units }),
    ...(inputs !== undefined && { inputGroups: { groups: inputs, undrawn: options.undrawn! } }),
    seed,
  };
}
