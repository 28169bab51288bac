/** Judges a comparison that can be drawn: from draws to a verdict. Knows no models. */
import type * as z from 'zod';
import type { FingerprintsEvidence } from '../fingerprint/evidence.js';
import type { Sampling } from '../implementations/sampling.js';
import type { MeasureName } from '../measure/index.js';
import type { Environment } from '../model/evidence.js';
import type { ResponseEvidence } from '../response/evidence.js';
import type { TaskEvidence } from '../task/evidence.js';
import type { compareSchema } from './compare-options.js';
import { drawAndJudge } from './draw-and-judge.js';
import type { Evidence } from './evidence.js';
import { withForecast } from './forecast.js';
import { policyFor } from './judge-grams.js';
import { orbitsEvidence, type AveragedOver } from './orbits.js';
import { settledByTwins } from './relation/decide.js';
import { measureTwinsOf } from './relation/measure.js';
import { related, type Measured } from './relation/related.js';
import { namesOf } from './rule/explain.js';
import { policyOf, resolvePolicy } from './rule/policy.js';
import type { Levels } from './sequential/evidence.js';
import { sideEvidence } from './side-evidence.js';
import { onlyAt } from './sites/kept.js';
import { smallestDifference } from './sites/smallest.js';
import { Control, type TwinControl } from './twins/control.js';

/** Reported where nothing else is asked for. */
export const BESIDE: readonly MeasureName[] = ['cka', 'procrustes'];
/** Seconds that a verdict of "different" may be shrunk for. */
const SHRINKING = 3;

/** Of two models that are not at hand. */
const noControl: TwinControl = {
  over: true,
  evidence: async () => ({ why: 'neither model is at hand, so that components cannot be paired at random' }),
};

/** What a comparison came to: evidence, but for what each run says of itself. */
export type Verdict = Omit<Evidence, 'power' | 'rows' | 'seconds'>;

export interface SamplingQuestion {
  readonly given: Omit<z.infer<typeof compareSchema>, 'on'>;
  readonly task: TaskEvidence;
  readonly averagedOver: AveragedOver | undefined;
  /** share of the task's inputs that were not drawn */
  readonly undrawn: number;
  /** an input as it prints */
  readonly input: (place: number) => string;
  readonly environment: Environment;
  readonly fingerprints: FingerprintsEvidence | undefined;
  /** how alike answers are with roles replaced */
  readonly respond: (levels: Levels) => Promise<Measured<ResponseEvidence>>;
  /** true once the time for drawing is over */
  readonly late: () => boolean;
  readonly drew: (side: number, count: number) => void;
  readonly measured: (done: number) => void;
}

/** @throws as `compare` does */
export async function judgeSampling(sampling: Sampling, question: SamplingQuestion): Promise<Verdict> {
  const { given, averagedOver, undrawn, late } = question;
  const { seed, budget, pool, measure, splits, relation: askedRelation, shrink, signal, progress } = given;
  const policyGiven = policyOf(given);
  const whole = resolvePolicy(policyGiven, 'options');
  const { alpha, beta } = whole;
  const alsoReport = given.alsoReport ?? BESIDE;
  const [first, second] = sampling.sides;
  const { paired, mispairable } = sampling;
  const most = budget.draws + 1;
  const deciding = [...new Set([measure].flat())];
  const levels = { alpha, beta };
  const main = deciding[0]!;
  const twinOptions = {
    measure: main,
    levels,
    resolution: policyFor(main, main, policyGiven).resolution,
    seed,
    splits,
    control: mispairable ? new Control(mispairable, { levels, late, signal }) : paired ? noControl : undefined,
    signal,
  };
  const { judged, sequential, smallestMargin, largestMargin, bySite, oneSideSuffices, distances } = await drawAndJudge(
    sampling,
    {
      budget,
      seed,
      splits,
      deciding,
      alsoReport,
      policy: policyGiven,
      whole,
      averaging: averagedOver,
      undrawn: averagedOver ? undefined : undrawn,
      twins: averagedOver ? undefined : twinOptions,
      settled: (said) => settledByTwins(askedRelation, said),
      late,
      drew: question.drew,
      measured: question.measured,
      signal,
      progress,
    },
  );
  const { policy } = judged.judgement;
  const name = judged.measure;
  const { bySite: perSite, still } = await bySite.evidence(name, oneSideSuffices());
  const drawn = {
    baseline: sideEvidence(first),
    candidate: sideEvidence(second),
    representation: { sites: first.sites, pool, features: first.features },
  };
  const samples = [[...first.drawn], [...second.drawn]] as const;
  progress?.(0.96, 'replacing the same parts in both models');
  // a relabelled copy answers to relabelled inputs: neither is compared up to symmetries
  const apart = averagedOver && { why: 'the task has symmetries, which only distances are taken up to' };
  const response = apart ?? (await question.respond(levels));
  const twins =
    apart ??
    (await measureTwinsOf(
      sampling,
      twinOptions,
      () => distances(main),
      askedRelation === 'derived' ? most : undefined,
    ));
  const { judgement, relation } = related(
    askedRelation,
    withForecast(judged, sequential),
    namesOf(judged.runs),
    twins,
    response,
  );
  const { singleSite: alone } = judged;
  const smallest =
    judged.outcome === 'different' && judgement.outcome === 'different' && shrink
      ? await smallestDifference(alone ? [onlyAt(first, alone.site), onlyAt(second, alone.site)] : samples, {
          policy,
          measure: name,
          seed,
          splits,
          paired,
          signal,
          sites: alone ? [alone.site] : perSite.map(({ site }) => site),
          allSites: alone ? [alone.site] : first.sites,
          still: alone ? [] : still?.map(({ site }) => site),
          inputs: question.input,
          within: SHRINKING,
        })
      : undefined;
  return {
    ...judged,
    outcome: judgement.outcome,
    judgement,
    relation,
    ...('found' in twins && { twins: twins.found }),
    ...('found' in response && { response: response.found }),
    task: question.task,
    ...drawn,
    common: sampling.common,
    ...(question.fingerprints && { fingerprints: question.fingerprints }),
    ...(averagedOver && { orbits: orbitsEvidence(averagedOver, first, second) }),
    sequential,
    smallestMargin,
    ...(largestMargin && { largestMargin }),
    bySite: perSite,
    ...(still && { still }),
    ...(smallest && { smallest }),
    environment: question.environment,
  };
}
