/** Judges a comparison whose inputs are known: draws, measures, decides. */
import type * as z from 'zod';
import type { bankOf } from '../bank/options.js';
import type { Cache } from '../cache/cache.js';
import type { ByInterventionOptions, ImplementationSet } from '../implementations/index.js';
import type { ComparedInputs } from '../implementations/inputs.js';
import { startSampling } from '../implementations/sampling.js';
import type { Searched } from '../implementations/set.js';
import type { MeasureName } from '../measure/index.js';
import { environmentOf } from '../model/evidence.js';
import type { Model } from '../model/model.js';
import { clock } from '../signal.js';
import { taskEvidence } from '../task/evidence.js';
import { inputInWords } from '../task/words.js';
import type { compareSchema } from './compare-options.js';
import { drawAndJudge } from './draw-and-judge.js';
import type { Evidence } from './evidence.js';
import { withForecast } from './forecast.js';
import { policyFor } from './judge-grams.js';
import { orbitsEvidence } from './orbits.js';
import { settledByTwins } from './relation/decide.js';
import { measureResponses, measureTwinsOf } from './relation/measure.js';
import { related } from './relation/related.js';
import { namesOf } from './rule/explain.js';
import { policyOf, resolvePolicy } from './rule/policy.js';
import { componentsOf, sideEvidence } from './side-evidence.js';
import { onlyAt } from './sites/kept.js';
import { smallestDifference } from './sites/smallest.js';
import { Control } from './twins/control.js';
import { decidedByBank, judgedByBank } from './with-bank.js';
import type { Workload } from './workload.js';

/** Reported where nothing else is asked for. */
const BESIDE: readonly MeasureName[] = ['cka', 'procrustes'];
/** Implementations a side whose distances are also taken site by site. */
const PER_SITE = 8;
/** Seconds that a verdict of "different" may be shrunk for. */
const SHRINKING = 3;

export interface Comparison {
  readonly sides: readonly [Model | ImplementationSet, Model | ImplementationSet];
  readonly sets: readonly [ImplementationSet, ImplementationSet];
  readonly given: z.infer<typeof compareSchema>;
  readonly bank: ReturnType<typeof bankOf> | undefined;
  readonly compared: ComparedInputs;
  /** where what is computed is kept */
  readonly cache: Cache | undefined;
  readonly workload: Workload;
  /** told of the search on the baseline's side */
  readonly searched: (search: Searched | undefined) => void;
}

/** What a comparison came to: evidence, but for what each run says of itself. */
export type Verdict = Omit<Evidence, 'power' | 'rows' | 'seconds'>;

/** @throws as `compare` does */
export async function judgeComparison(comparison: Comparison): Promise<Verdict> {
  const started = clock();
  const {
    sides: [baseline, candidate],
    sets,
    given,
    bank,
    compared,
    cache,
    workload,
  } = comparison;
  const { on: task, seed, budget, sites, pool, measure, splits } = given;
  const { common, minAcceptance, relation: askedRelation, shrink, signal, progress } = given;
  const made: ByInterventionOptions = given.set ?? {};
  const policyGiven = policyOf(given);
  const measures = [measure].flat();
  const whole = resolvePolicy(policyGiven, 'options');
  const { alpha, beta } = whole;
  const report = (from: number, to: number, doing: string) => (done: number) =>
    progress?.(from + (to - from) * done, doing);
  const { examples, rows, n, averaging, exampleOf, notes } = compared;
  const alsoReport = given.alsoReport ?? BESIDE;

  workload.begin(
    {
      inputs: n,
      draws: budget.draws,
      splits,
      measures: new Set([...measures, ...alsoReport]).size,
      search: made.search ?? {},
    },
    [baseline, candidate].map((side) => componentsOf(side, made)),
  );
  const drawing = { task, examples, rows, averaging, minAcceptance, sites, pool, cache, signal };
  const banked =
    bank &&
    (await judgedByBank(bank, [baseline, candidate], {
      ...drawing,
      measure: measures[0]!,
      alpha,
      tolerance: whole.margin,
      seed,
      splits,
    }));
  const sampling = await startSampling(sets, {
    ...drawing,
    seed,
    common,
    perSite: PER_SITE,
    keepSites: true,
    progress: [
      report(0, 0.2, 'looking for components that the baseline can do without'),
      report(0.2, 0.4, 'looking for components that the candidate can do without'),
    ],
    opened: (side, patchable) => workload.open(side, patchable),
  });
  const [first, second] = sampling.sides;
  comparison.searched(first.searched);
  const paired = sampling.together !== undefined;
  const most = budget.draws + 1;
  const deciding = [...new Set(measures)];
  const levels = { alpha, beta };
  const main = deciding[0]!;
  const late = (): boolean => budget.seconds !== undefined && (clock() - started) / 1000 >= budget.seconds;
  const twinOptions = {
    measure: main,
    levels,
    resolution: policyFor(main, main, policyGiven).resolution,
    seed,
    splits,
    control: sampling.together && new Control(sampling.together, { levels, late, signal }),
    undrawn: compared.undrawn,
    signal,
  };
  const { judged, sequential, smallestMargin, largestMargin, bySite, oneSideSuffices, known } = await drawAndJudge(
    sampling,
    {
      budget,
      seed,
      splits,
      deciding,
      alsoReport,
      policy: policyGiven,
      whole,
      averaging,
      undrawn: averaging ? undefined : compared.undrawn,
      twins: averaging ? undefined : twinOptions,
      settled: (said) => settledByTwins(askedRelation, said),
      late,
      drew: (side, count) => workload.drew(side, count),
      measured: (done) => workload.measured(done),
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
  const apart = averaging && { why: 'the task has symmetries, which only distances are taken up to' };
  const response =
    apart ?? (await measureResponses([baseline, candidate], { on: task, seed, levels, inputs: n, cache, signal }));
  const twins =
    apart ?? (await measureTwinsOf(sampling, twinOptions, known, askedRelation === 'derived' ? most : undefined));
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
          inputs: (at) => inputInWords(examples.inputs[exampleOf(at)]),
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
    ...(banked && decidedByBank(banked, judgement)),
    task: taskEvidence(task, n, notes),
    ...drawn,
    common: sampling.common,
    ...(averaging && { orbits: orbitsEvidence(averaging, first, second) }),
    sequential,
    smallestMargin,
    ...(largestMargin && { largestMargin }),
    bySite: perSite,
    ...(still && { still }),
    ...(smallest && { smallest }),
    environment: environmentOf(sets.map(({ original }) => original)),
  };
}
