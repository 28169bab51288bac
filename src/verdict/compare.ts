/** Compares two implementation sets on a task, from inputs to evidence. */
import type { z } from 'zod';
import type { Model } from '../model/model.js';
import type { MeasureName } from '../measure/index.js';
import { checkOptions } from '../options.js';
import { clock, linkedTo } from '../signal.js';
import { startSampling } from '../implementations/sampling.js';
import type { Evidence } from './evidence.js';
import { environmentOf } from '../model/evidence.js';
import { taskEvidence } from '../task/evidence.js';
import { comparedInputs } from '../implementations/inputs.js';
import { withForecast } from './forecast.js';
import type { Policy } from '../statistics/judgement.js';
import { orbitsEvidence } from './orbits.js';
import { componentsOf, sideEvidence } from './side-evidence.js';
import { onlyAt } from './sites/kept.js';
import { policyFor } from './judge-grams.js';
import { resolvePolicy } from './rule/policy.js';
import { drawAndJudge } from './draw-and-judge.js';
import { smallestDifference } from './sites/smallest.js';
import { inputInWords } from '../task/words.js';
import { TimeLimit, Workload } from './workload.js';
import { bankOf } from '../bank/options.js';
import { setsOf } from '../bank/run.js';
import { powerOf } from '../power/options.js';
import { powerOfComparison } from './with-power.js';
import { decidedByBank, judgedByBank } from './with-bank.js';
import { measureResponses, measureTwinsOf } from './relation/measure.js';
import { settledByTwins } from './relation/decide.js';
import { Control } from './twins/control.js';
import { related } from './relation/related.js';
import { namesOf } from './rule/explain.js';
import { compareSchema, type CompareOptions } from './compare-options.js';
import { asSet, type ByInterventionOptions, type ImplementationSet } from '../implementations/index.js';

/** Reported where nothing else is asked for. */
const BESIDE: readonly MeasureName[] = ['cka', 'procrustes'];
/** Implementations a side whose distances are also taken site by site. */
const PER_SITE = 8;
/** Seconds that a verdict of "different" may be shrunk for. */
const SHRINKING = 3;
/** Milliseconds without a report after which a pass makes one. */
const PASSED = 500;

/**
 * Are two implementation sets interchangeable on a task? The rule is in docs/verdict.md.
 *
 * Side 1 is the baseline, side 2 the candidate; a side that is a model becomes its implementations by intervention. Where the
 * components of two models correspond, each intervention is made on both of them; otherwise both sides are drawn independently.
 * @throws OptionError, TaskError, BehaviourError, ImplementationError, RepresentationError, CancelledError: nothing was judged
 */
export async function compare(
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  given: CompareOptions,
): Promise<Evidence> {
  const options = checkOptions(compareSchema, given, 'options');
  const { controller, unlink } = linkedTo(options.signal);
  const { signal } = controller;
  const limit = new TimeLimit(options.maxSeconds, controller);
  let said: { readonly done: number; readonly doing: string; readonly at: number } | undefined;
  const progress = (done: number, doing: string): void => {
    const { work } = workload;
    said = { done, doing, at: clock() };
    limit.follow(doing, work);
    options.progress?.(done, doing, work);
  };
  // rows are computed for a long time between two steps
  const workload = new Workload(signal, () => said && clock() - said.at > PASSED && progress(said.done, said.doing));
  try {
    return await comparing(baseline, candidate, { ...options, signal, progress }, workload);
  } finally {
    limit.end();
    unlink();
  }
}

async function comparing(
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  given: z.infer<typeof compareSchema>,
  workload: Workload,
): Promise<Evidence> {
  const started = clock();
  const {
    on: task,
    seed,
    budget,
    inputs,
    sites,
    pool,
    measure,
    alsoReport: asked,
    splits,
    set = {},
    common,
    minAcceptance,
    bank: bankGiven,
    power: powerGiven,
    relation: askedRelation,
    shrink,
    signal,
    progress,
    maxSeconds: _,
    ...rest
  } = given;
  const measures = [measure].flat();
  // before anything is drawn
  const whole = resolvePolicy(rest as Partial<Policy>, 'options');
  const { alpha, beta } = whole;
  const sets = [asSet(baseline, set, 'baseline'), asSet(candidate, set, 'candidate')] as const;
  const report = (from: number, to: number, doing: string) => (done: number) =>
    progress?.(from + (to - from) * done, doing);

  const bank = bankGiven && bankOf(bankGiven);
  const compared = await comparedInputs(task, bank ? [...sets, ...setsOf(bank)] : sets, inputs, seed, signal);
  const { examples, rows, n, averaging, exampleOf, notes } = compared;
  const alsoReport = asked ?? BESIDE;

  const made: ByInterventionOptions = set;
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
  const drawing = { task, examples, rows, averaging, minAcceptance, sites, pool, signal };
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
  const paired = sampling.together !== undefined;
  const most = budget.draws + 1;
  const deciding = [...new Set(measures)];
  const levels = { alpha, beta };
  const main = deciding[0]!;
  const late = (): boolean => budget.seconds !== undefined && (clock() - started) / 1000 >= budget.seconds;
  const twinOptions = {
    measure: main,
    levels,
    resolution: policyFor(main, main, rest as Partial<Policy>).resolution,
    seed,
    splits,
    control: sampling.together && new Control(sampling.together, { levels, late, signal }),
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
      policy: rest as Partial<Policy>,
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
    apart ?? (await measureResponses([baseline, candidate], { on: task, seed, levels, inputs: n, signal }));
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
          inputs: (at) => inputInWords(examples.inputs[exampleOf(at)]),
          within: SHRINKING,
        })
      : undefined;
  const settings = powerOf(powerGiven);
  const power =
    settings &&
    (await powerOfComparison(settings, sets[0].original, examples, first.searched?.ranking, {
      ...given,
      compareWith: (changed, smaller) => compare(baseline, changed, smaller),
    }));
  progress?.(1, 'done');

  return {
    ...judged,
    outcome: judgement.outcome,
    judgement,
    relation,
    ...('found' in twins && { twins: twins.found }),
    ...('found' in response && { response: response.found }),
    ...(banked && decidedByBank(banked, judgement)),
    ...(power && { power }),
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
    seconds: (clock() - started) / 1000,
  };
}
