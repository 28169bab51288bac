/** Compares two implementation sets on a task, from inputs to evidence. */
import type { z } from 'zod';
import { ImplementationError } from '../errors.js';
import type { Model } from '../model/model.js';
import type { MeasureName } from '../measure/index.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import type { Gram } from '../representation/gram.js';
import { clock, linkedTo } from '../signal.js';
import type { PackedGram } from '../representation/packed-gram.js';
import { differentAtOneSite, looksFor } from './sites/single-site.js';
import { BySite } from './sites/by-site.js';
import type { Levels } from './sequential/evidence.js';
import { measureBlocks } from './sequential/measure-blocks.js';
import { startSampling } from '../implementations/sampling.js';
import type { Evidence, SingleSite } from './evidence.js';
import { environmentOf } from '../model/evidence.js';
import { taskEvidence } from '../task/evidence.js';
import { comparedInputs } from '../implementations/inputs.js';
import { withForecast } from './forecast.js';
import { judgeGrams, policyFor, shared, type GramEvidence, type GramOptions } from './judge-grams.js';
import type { Policy } from '../statistics/judgement.js';
import { DistanceCache } from './distance-cache.js';
import { unlessAveragedAway } from './averaged-away.js';
import { orbitsEvidence } from './orbits.js';
import { componentsOf, sideEvidence } from './side-evidence.js';
import { onlyAt, packedAt } from './sites/kept.js';
import { atLevels, FEWEST_REPLICATES, resolvePolicy } from './rule/policy.js';
import { limitsAt } from './sequential/limits.js';
import { runsOf, severalRuns } from './rule/runs.js';
import { untilCertain } from './sequential/sequential.js';
import { smallestDifference } from './sites/smallest.js';
import { borneOut } from './sites/untouched.js';
import { inputInWords } from '../task/words.js';
import { TimeLimit, Workload } from './workload.js';
import { bankOf } from '../bank/options.js';
import { setsOf } from '../bank/run.js';
import { powerOf } from '../power/options.js';
import { powerOfComparison } from './with-power.js';
import { decidedByBank, judgedByBank } from './with-bank.js';
import { measureResponses, measureTwinsOf } from './relation/measure.js';
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
  const { sides } = sampling;
  const [first, second] = sides;
  const paired = sampling.together !== undefined;
  const most = budget.draws + 1;
  const runs = (): [number[], number[]] =>
    [first, second].map(({ drawn }) => runsOf(drawn.map(({ run }) => run))) as [number[], number[]];
  const oneSideSuffices = (): boolean => severalRuns(runs());
  const deciding = [...new Set(measures)];
  const late = (): boolean => budget.seconds !== undefined && (clock() - started) / 1000 >= budget.seconds;
  const grams = (): [Gram[], Gram[]] => sides.map(({ drawn }) => drawn.map(({ gram }) => gram)) as [Gram[], Gram[]];
  const distanceCache = new DistanceCache({ seed, splits, signal });
  const bySite = new BySite([first, second], {
    seed,
    paired,
    signal,
    resolution: (which) => policyFor(which, deciding[0]!, rest as Partial<Policy>).resolution,
  });
  const judging = (levels: Levels): GramOptions => ({
    policy: { ...(rest as Partial<Policy>), ...levels, permutations: atLevels(whole, levels).permutations },
    measures: deciding,
    alsoReport,
    splits,
    seed,
    runs: runs(),
    paired,
    undrawn: averaging ? undefined : compared.undrawn,
    signal,
    progress: (done, doing) => {
      workload.measured(done);
      progress?.(0.7 + 0.26 * done, doing);
    },
  });
  const { judged, sequential, smallestMargin, largestMargin } = await untilCertain<
    GramEvidence & { readonly singleSite?: SingleSite }
  >({
    levels: { alpha, beta },
    budget,
    tests: deciding.map((which) => ({
      measure: which,
      policy: shared(policyFor(which, deciding[0]!, rest as Partial<Policy>), deciding.length),
    })),
    // a set that says it is of one run is taken at its word as far as its draws bear it out
    independent: () =>
      sides.every((side) => (side.set.runs ?? 1) === 1) && runs().every((side) => side.every((run) => run === 0)),
    async fill(count) {
      const full = await sampling.fill(count);
      for (const [i, { drawn }] of sides.entries()) workload.drew(i, drawn.length);
      return full;
    },
    blocks: (counts) =>
      measureBlocks(counts, grams(), {
        measures: deciding,
        seed,
        splits,
        paired,
        cache: distanceCache,
        signal,
        progress: (which) =>
          progress?.(
            0.4 + (0.3 * (counts.at(-1)! - 1)) / budget.draws,
            `measuring ${which} distances of what is drawn`,
          ),
      }),
    limits: (levels) =>
      limitsAt(deciding, levels, (which, { alpha: low, beta: high, ...least }) => {
        const options = judging({ alpha: low, beta: high });
        const { resolution, ...policy } = options.policy;
        const own = which === deciding[0] && resolution !== undefined ? { resolution } : {};
        return judgeGrams(grams(), {
          ...options,
          policy: { ...policy, ...least, ...own },
          measures: [which],
          alsoReport: [],
          distanceCache,
          progress: undefined,
        });
      }),
    why: ({ judgement: { reasons } }) => reasons.join(' '),
    async judge(levels, further, margin) {
      if (late() && sides.some(({ drawn }) => drawn.length < 2))
        throw new ImplementationError({
          what: `${budget.seconds} s were over before two implementations a side were drawn`,
          where: 'options.budget.seconds',
          hint: 'give it more time',
        });
      sampling.require(most);
      const asked = (at: Levels): GramOptions => {
        const options = judging(at);
        if (margin === undefined) return options;
        return {
          ...options,
          policy: { ...options.policy, margin, bootstrap: FEWEST_REPLICATES },
          alsoReport: [],
          progress: undefined,
        };
      };
      const judged = await judgeGrams(grams(), { ...asked(levels), distanceCache });
      const borne = await borneOut(judged, [first, second], asked(further), oneSideSuffices(), async (site) =>
        bySite.apart(judged.measure, site),
      );
      return unlessAveragedAway(borne, averaging, [first, second]);
    },
    async singleSite(share) {
      const { sites: named } = bySite;
      const numbers = looksFor(
        named.length,
        await bySite.stillUnder(deciding, oneSideSuffices()),
        share,
        deciding.length,
      );
      if (numbers.length === 0) return undefined;
      return async ({ judgement }) => {
        const worth: number[] = [];
        for (const [i, s] of numbers.entries())
          if (await bySite.beyond(deciding, s, whole.margin, oneSideSuffices())) worth.push(i);
        return differentAtOneSite(
          [first, second].map(({ drawn }) =>
            drawn.map((one) => numbers.map((s) => packedAt(one, s, named.length))),
          ) as [PackedGram[][], PackedGram[][]],
          numbers.map((s) => named[s]!),
          worth,
          judgement,
          share,
          { ...judging({ alpha: share, beta: judgement.policy.beta }), progress: undefined },
        );
      };
    },
    late,
    progress: report(0.4, 0.7, 'drawing implementations'),
  });
  const { policy } = judged.judgement;
  const name = judged.measure;
  const { bySite: perSite, still } = await bySite.evidence(name, oneSideSuffices());
  const drawn = {
    baseline: sideEvidence(first),
    candidate: sideEvidence(second),
    representation: { sites: first.sites, pool, features: first.features },
  };
  const samples = [[...first.drawn], [...second.drawn]] as const;
  const levels = { alpha, beta };
  progress?.(0.96, 'replacing the same parts in both models');
  // a relabelled copy answers to relabelled inputs: neither is compared up to symmetries
  const apart = averaging && { why: 'the task has symmetries, which only distances are taken up to' };
  const response =
    apart ?? (await measureResponses([baseline, candidate], { on: task, seed, levels, inputs: n, signal }));
  const twins =
    apart ??
    (await measureTwinsOf(
      sampling,
      { measure: name, levels, resolution: policy.resolution, seed, splits, signal },
      () => distanceCache.distances(name, grams()),
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
