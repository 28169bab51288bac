/** Draws both sides of a comparison and judges what is drawn, until the verdict is certain or the budget is spent. */
import { ImplementationError } from '../errors.js';
import type { Sampling } from '../implementations/sampling.js';
import type { Distances, MeasureName } from '../measure/index.js';
import type { Gram } from '../representation/gram.js';
import type { PackedGram } from '../representation/packed-gram.js';
import type { Policy } from '../statistics/judgement.js';
import { unlessAveragedAway } from './averaged-away.js';
import type { AveragedOver } from './orbits.js';
import { DistanceCache } from './distance-cache.js';
import type { SingleSite } from './evidence.js';
import { judgeGrams, policyFor, shared, type GramEvidence, type GramOptions } from './judge-grams.js';
import { atLevels, FEWEST_REPLICATES } from './rule/policy.js';
import { runsOf, severalRuns } from './rule/runs.js';
import type { Outcome } from './rule/outcome.js';
import type { Budget, Levels } from './sequential/evidence.js';
import { limitsAt } from './sequential/limits.js';
import { measureBlocks } from './sequential/measure-blocks.js';
import { untilCertain } from './sequential/sequential.js';
import { BySite } from './sites/by-site.js';
import { packedAt } from './sites/kept.js';
import { differentAtOneSite, looksFor } from './sites/single-site.js';
import { borneOut, Rests } from './sites/untouched.js';
import type { TwinOutcome } from './twins/decide.js';
import type { JudgeTwinsOptions } from './twins/measured.js';
import { RunningTwins } from './twins/running.js';
import { twinsOf } from './twins/twins-of.js';

export interface DrawAndJudgeOptions {
  readonly budget: Budget;
  readonly seed: number;
  readonly splits: number;
  /** measures that decide, the main one first, each once */
  readonly deciding: readonly MeasureName[];
  readonly alsoReport: readonly MeasureName[];
  /** as it was given, and with the defaults of the main measure */
  readonly policy: Partial<Policy>;
  readonly whole: Policy;
  readonly averaging: AveragedOver | undefined;
  readonly undrawn: number | undefined;
  /** what twins are measured by; undefined where they are not */
  readonly twins: JudgeTwinsOptions | undefined;
  /** true where these twins settle the verdict, if distances say this */
  readonly settled: (said: { readonly twins: TwinOutcome; readonly distances: Outcome }) => boolean;
  /** true once the time for drawing is over */
  readonly late: () => boolean;
  /** told how many a side are drawn, and the share of the measuring that is done */
  readonly drew: (side: number, count: number) => void;
  readonly measured: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, doing: string) => void) | undefined;
}

/** What came of it, with what further looks at the same draws need. */
export type DrawnAndJudged = Awaited<
  ReturnType<typeof untilCertain<GramEvidence & { readonly singleSite?: SingleSite }>>
> & {
  readonly bySite: BySite;
  /** whether a difference that one set sees is enough, as far as is drawn */
  readonly oneSideSuffices: () => boolean;
  /** among [side 1, side 2, controls], of all that is drawn; measured once */
  readonly distances: (which: MeasureName) => Promise<Distances>;
};

/** @throws ImplementationError, RepresentationError, CancelledError; whatever the models throw */
export async function drawAndJudge(sampling: Sampling, options: DrawAndJudgeOptions): Promise<DrawnAndJudged> {
  const {
    budget,
    seed,
    splits,
    deciding,
    alsoReport,
    policy: given,
    whole,
    averaging,
    undrawn,
    twins: twinOptions,
    settled,
    late,
    signal,
    progress,
  } = options;
  const { alpha, beta } = whole;
  const { sides } = sampling;
  const [first, second] = sides;
  const { paired } = sampling;
  const most = budget.draws + 1;
  const runs = (): [number[], number[]] =>
    [first, second].map(({ drawn }) => runsOf(drawn.map(({ run }) => run))) as [number[], number[]];
  const oneSideSuffices = (): boolean => severalRuns(runs());
  const grams = (): [Gram[], Gram[]] => sides.map(({ drawn }) => drawn.map(({ gram }) => gram)) as [Gram[], Gram[]];
  const distanceCache = new DistanceCache({ seed, splits, signal });
  const rests = new Rests({ seed, splits, signal });
  const bySite = new BySite([first, second], {
    seed,
    paired,
    signal,
    resolution: (which) => policyFor(which, deciding[0]!, given).resolution,
  });
  const sideDraws = () => [first.drawn, second.drawn] as const;
  const running = twinOptions && paired ? new RunningTwins(twinOptions) : undefined;
  const judging = (levels: Levels): GramOptions => ({
    policy: { ...given, ...levels, permutations: atLevels(whole, levels).permutations },
    measures: deciding,
    alsoReport,
    splits,
    seed,
    runs: runs(),
    paired,
    undrawn,
    signal,
    progress: (done, doing) => {
      options.measured(done);
      progress?.(0.7 + 0.26 * done, doing);
    },
  });
  const found = await untilCertain<GramEvidence & { readonly singleSite?: SingleSite }>({
    levels: { alpha, beta },
    budget,
    tests: deciding.map((which) => ({
      measure: which,
      policy: shared(policyFor(which, deciding[0]!, given), deciding.length),
    })),
    // a set that says it is of one run is taken at its word as far as its draws bear it out
    independent: () =>
      sides.every((side) => (side.set.runs ?? 1) === 1) && runs().every((side) => side.every((run) => run === 0)),
    async fill(count) {
      const full = await sampling.fill(count);
      for (const [i, { drawn }] of sides.entries()) options.drew(i, drawn.length);
      return full;
    },
    async blocks(counts) {
      const found = await measureBlocks(counts, grams(), {
        measures: deciding,
        paired,
        cache: distanceCache,
        signal,
        progress: (which) =>
          progress?.(
            0.4 + (0.3 * (counts.at(-1)! - 1)) / budget.draws,
            `measuring ${which} distances of what is drawn`,
          ),
      });
      for (const [main] of found) running?.observe({ twins: main!.twins!, siblings: main!.siblings }, sideDraws());
      return found;
    },
    async settled(distances) {
      if (!running || !settled({ twins: running.decision.outcome, distances })) return false;
      const known = { distances: await distanceCache.distances(deciding[0]!, grams()) };
      const { outcome } = await twinsOf(sideDraws(), first.sites, twinOptions!, known);
      return settled({ twins: outcome, distances });
    },
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
      const borne = await borneOut(judged, [first, second], asked(further), oneSideSuffices(), rests, async (site) =>
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
    progress: (done) => progress?.(0.4 + 0.3 * done, 'drawing implementations'),
  });
  return { ...found, bySite, oneSideSuffices, distances: (which) => distanceCache.distances(which, grams()) };
}
