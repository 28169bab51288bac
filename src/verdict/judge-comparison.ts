/** Judges a comparison whose inputs are known: says how its sides are drawn, and what is asked of the models beside. */
import type * as z from 'zod';
import type { bankOf } from '../bank/options.js';
import type { Cache } from '../cache/cache.js';
import { fingerprintsEvidence } from '../fingerprint/evidence.js';
import type { Fingerprint } from '../fingerprint/fingerprint.js';
import { respondingTo } from '../fingerprint/responses.js';
import { againstModel } from '../fingerprint/sampling.js';
import type { ByInterventionOptions, ImplementationSet } from '../implementations/index.js';
import type { ComparedInputs } from '../implementations/inputs.js';
import { PER_SITE, startSampling, type Sampling, type SamplingOptions } from '../implementations/sampling.js';
import type { Searched } from '../implementations/set.js';
import { environmentOf } from '../model/evidence.js';
import type { Model } from '../model/model.js';
import type { ResponseEvidence } from '../response/evidence.js';
import { ResponseTest } from '../response/respond-alike.js';
import { clock } from '../signal.js';
import { taskEvidence } from '../task/evidence.js';
import { inputInWords } from '../task/words.js';
import type { compareSchema } from './compare-options.js';
import { BESIDE, judgeSampling, type Verdict } from './judge-sampling.js';
import { averagedOver } from './orbits.js';
import { INPUTS, measureResponses, modelOf, orWhy } from './relation/measure.js';
import type { Measured } from './relation/related.js';
import { policyOf, resolvePolicy } from './rule/policy.js';
import type { Levels } from './sequential/evidence.js';
import { componentsOf } from './side-evidence.js';
import { decidedByBank, judgedByBank } from './with-bank.js';
import type { Workload } from './workload.js';

export interface Comparison {
  readonly sides: readonly [Model | ImplementationSet, Model | ImplementationSet];
  readonly sets: readonly [ImplementationSet, ImplementationSet];
  readonly given: z.infer<typeof compareSchema>;
  readonly bank: ReturnType<typeof bankOf> | undefined;
  readonly compared: ComparedInputs;
  /** of a baseline that is not at hand */
  readonly recorded: Fingerprint | undefined;
  /** where what is computed is kept */
  readonly cache: Cache | undefined;
  readonly workload: Workload;
  /** told of the search on the baseline's side */
  readonly searched: (search: Searched | undefined) => void;
}

/** What is drawn, and what is kept of it. */
const drawingOf = ({ given, compared, cache }: Pick<Comparison, 'given' | 'compared' | 'cache'>) => {
  const { on: task, minAcceptance, sites, pool, signal } = given;
  const { examples, rows, averaging } = compared;
  return { task, examples, rows, averaging, minAcceptance, sites, pool, cache, signal };
};

/** How both sides are drawn: nothing is drawn yet. */
export function samplingOf(
  comparison: Omit<Comparison, 'searched' | 'workload'>,
  { progress, opened }: Pick<z.infer<typeof compareSchema>, 'progress'> & Pick<SamplingOptions, 'opened'>,
): Promise<Sampling> {
  const { sides, sets, given, recorded } = comparison;
  const keeping = { ...drawingOf(comparison), seed: given.seed, perSite: PER_SITE, keepSites: true };
  const looking = (['baseline', 'candidate'] as const).map(
    (side, i) =>
      (done: number): void =>
        progress?.(0.2 * (i + done), `looking for components that the ${side} can do without`),
  ) as unknown as readonly [(done: number) => void, (done: number) => void];
  if (!recorded) return startSampling(sets, { ...keeping, common: given.common, progress: looking, opened });
  opened(0, undefined);
  return againstModel(recorded, sides[1], {
    ...keeping,
    set: given.set ?? {},
    together: given.common !== false,
    progress: looking[1],
    opened: (patchable) => opened(1, patchable),
  });
}

/** @throws as `compare` does */
export async function judgeComparison(comparison: Comparison): Promise<Verdict> {
  const started = clock();
  const { sides, sets, given, bank, compared, recorded, cache, workload } = comparison;
  const { on: task, seed, budget, measure, splits, signal, progress } = given;
  const made: ByInterventionOptions = given.set ?? {};
  const measures = [measure].flat();
  const { alpha, margin } = resolvePolicy(policyOf(given), 'options');
  const { examples, n, averaging, exampleOf, notes } = compared;

  workload.begin(
    {
      inputs: n,
      draws: budget.draws,
      splits,
      measures: new Set([...measures, ...(given.alsoReport ?? BESIDE)]).size,
      search: made.search ?? {},
    },
    sides.map((side) => componentsOf(side, made)),
  );
  const banked =
    bank &&
    (await judgedByBank(bank, sides, {
      ...drawingOf(comparison),
      measure: measures[0]!,
      alpha,
      tolerance: margin,
      seed,
      splits,
    }));
  const sampling = await samplingOf(comparison, {
    progress,
    opened: (side, patchable) => workload.open(side, patchable),
  });
  comparison.searched(sampling.sides[0].searched);
  const verdict = await judgeSampling(sampling, {
    given,
    task: taskEvidence(task, n, notes),
    averagedOver: averaging && averagedOver(averaging),
    undrawn: compared.undrawn,
    input: (place) => inputInWords(examples.inputs[exampleOf(place)]),
    environment: environmentOf(sets.map(({ original }) => original)),
    fingerprints: fingerprintsEvidence(recorded, undefined),
    respond: (levels) =>
      recorded
        ? respondLike(recorded, comparison, levels)
        : measureResponses(sides, { on: task, seed, levels, inputs: n, cache, signal }),
    late: () => budget.seconds !== undefined && (clock() - started) / 1000 >= budget.seconds,
    drew: (side, count) => workload.drew(side, count),
    measured: (done) => workload.measured(done),
  });
  return { ...verdict, ...(banked && decidedByBank(banked, verdict.judgement)) };
}

/** The candidate's responses against those that a fingerprint holds. */
async function respondLike(
  recorded: Fingerprint,
  { sides, given, compared, cache }: Comparison,
  levels: Levels,
): Promise<Measured<ResponseEvidence>> {
  const model = modelOf(sides[1]);
  if (!model) return { why: 'a side is a set of several models' };
  return orWhy(async () => {
    const { what, options } = respondingTo(recorded, model, {
      on: given.on,
      seed: recorded.said.options.seed,
      inputs: Math.min(INPUTS, compared.n),
      signal: given.signal,
      ...levels,
    });
    return new ResponseTest(what, options, cache).run();
  });
}
