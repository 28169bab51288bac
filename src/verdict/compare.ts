/** Compares two implementation sets on a task, from inputs to evidence. */
import type { z } from 'zod';
import { ImplementationError } from '../errors.js';
import type { Model } from '../model/model.js';
import { measures as allMeasures, type MeasureName } from '../measure/index.js';
import { checkOptions } from '../options.js';
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
import { componentsOf, sideEvidence } from './side-evidence.js';
import { onlyAt, packedAt } from './sites/kept.js';
import { atLevels, resolvePolicy } from './rule/policy.js';
import { runsOf, severalRuns } from './rule/runs.js';
import { untilCertain } from './sequential/sequential.js';
import { smallestDifference } from './sites/smallest.js';
import { borneOut } from './sites/untouched.js';
import { inputInWords } from '../task/words.js';
import { TimeLimit, Workload } from './workload.js';
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

  const { examples, rows, n, relabellings, notes, undrawn } = comparedInputs(task, sets, inputs, seed);
  const alsoReport =
    asked ?? (relabellings.length > 1 ? BESIDE.filter((which) => allMeasures[which].distancesUpTo) : BESIDE);

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
  const sampling = await startSampling(sets, {
    task,
    examples,
    rows,
    seed,
    common,
    minAcceptance,
    sites,
    pool,
    perSite: PER_SITE,
    keepSites: true,
    signal,
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
  const distanceCache = new DistanceCache({ seed, splits, relabellings, signal });
  const bySite = new BySite([first, second], {
    seed,
    relabellings,
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
    undrawn,
    relabellings,
    signal,
    progress: (done, doing) => {
      workload.measured(done);
      progress?.(0.7 + 0.26 * done, doing);
    },
  });
  const { judged, sequential } = await untilCertain<GramEvidence & { readonly singleSite?: SingleSite }>({
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
        relabellings,
        paired,
        cache: distanceCache,
        signal,
        progress: (which) =>
          progress?.(
            0.4 + (0.3 * (counts.at(-1)! - 1)) / budget.draws,
            `measuring ${which} distances of what is drawn`,
          ),
      }),
    async judge(levels, further) {
      if (late() && sides.some(({ drawn }) => drawn.length < 2))
        throw new ImplementationError({
          what: `${budget.seconds} s were over before two implementations a side were drawn`,
          where: 'options.budget.seconds',
          hint: 'give it more time',
        });
      sampling.require(most);
      const judged = await judgeGrams(grams(), { ...judging(levels), distanceCache });
      return borneOut(judged, [first, second], judging(further), oneSideSuffices(), async (site) =>
        bySite.apart(judged.measure, site),
      );
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
  const { singleSite: alone } = judged;
  const smallest =
    judged.outcome === 'different' && shrink
      ? await smallestDifference(
          alone ? [onlyAt(first, alone.site), onlyAt(second, alone.site)] : [first.drawn, second.drawn],
          {
            policy,
            measure: name,
            seed,
            splits,
            relabellings,
            paired,
            signal,
            sites: alone ? [alone.site] : perSite.map(({ site }) => site),
            allSites: alone ? [alone.site] : first.sites,
            still: alone ? [] : still?.map(({ site }) => site),
            inputs: (at) => inputInWords(examples.inputs[rows ? rows[at]! : at]),
            within: SHRINKING,
          },
        )
      : undefined;
  progress?.(1, 'done');

  return {
    ...judged,
    judgement: withForecast(judged, sequential),
    task: taskEvidence(task, n, notes),
    baseline: sideEvidence(first),
    candidate: sideEvidence(second),
    common: sampling.common,
    ...(relabellings.length > 1 && { symmetries: relabellings.length }),
    sequential,
    representation: { sites: first.sites, pool, features: first.features },
    bySite: perSite,
    ...(still && { still }),
    ...(smallest && { smallest }),
    environment: environmentOf(sets.map(({ original }) => original)),
    seconds: (clock() - started) / 1000,
  };
}
