/** Compares two implementation sets on a task, from inputs to evidence. */
import { z } from 'zod';
import { OptionError, TaskError } from '../errors.js';
import type { Model } from '../model/model.js';
import { measureNames, measures, type MeasureName } from '../measure/index.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import type { Pool } from '../representation/capture.js';
import { traceOf, type Gram } from '../representation/gram.js';
import { isTask, type AnyTask } from '../task/task.js';
import { version } from '../version.js';
import { drawImplementations, type Draws } from './draw.js';
import { means } from './cut.js';
import type { Evidence, SideEvidence } from './evidence.js';
import { wilson } from './interval.js';
import { judgeGrams } from './judge-grams.js';
import type { Policy } from './judgement.js';
import { resolvePolicy } from './policy.js';
import { smallestDifference } from './smallest.js';
import { inputInWords } from '../task/words.js';
import { byIntervention, isModel, isSet, type ByInterventionOptions, type ImplementationSet } from './sets.js';

export type { MeasureName };

export interface CompareOptions extends Partial<Policy> {
  /** the task */
  readonly on: AnyTask;
  /** everything random follows from it. Default 0 */
  readonly seed?: number;
  /** implementations drawn on each side. Default 20 */
  readonly implementations?: number;
  /** inputs that representations are taken over, at least 20; all there are where the task has fewer. Default 400 */
  readonly inputs?: number;
  /** Default: what each model takes for its representation; of a transformer the residual stream after every layer, the embedding included */
  readonly sites?: readonly string[];
  /** what becomes of the positions. Default `last`, where behaviour is usually read */
  readonly pool?: Pool;
  /** Default `ridge`; each measure has its own default of `resolution` */
  readonly measure?: MeasureName;
  /** measures to report beside it, of no influence on the outcome. Default `cka` and `procrustes` */
  readonly beside?: readonly MeasureName[];
  /** train/test splits of the inputs that the ridge distance is averaged over. Default 3 */
  readonly splits?: number;
  /** how implementations are made of a model by intervention, where a side is a model and not a set */
  readonly set?: ByInterventionOptions;
  /** smallest share of draws that must preserve behaviour. Default 0.2 */
  readonly minAcceptance?: number;
  /** false: a verdict of "different" is not shrunk to the fewest sites, inputs and implementations that show it. Default true; takes a few seconds at most */
  readonly shrink?: boolean;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal;
  /** called with the share done, 0..1, and what is being done */
  readonly progress?: (done: number, doing: string) => void;
}

const isFunction = (v: unknown): boolean => typeof v === 'function';
const measureName = z.enum(measureNames);
const schema = z.strictObject({
  on: z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' }),
  seed: z.int().default(0),
  implementations: z.int().min(2, { error: 'implementations must be an integer of at least 2: siblings need two' }).default(20),
  inputs: z.int().min(20, { error: 'inputs must be an integer of at least 20' }).default(400),
  sites: z.array(z.string()).min(1).optional(),
  pool: z.enum(['mean', 'last', 'none']).default('last'),
  measure: measureName.default('ridge'),
  beside: z.array(measureName).default(['cka', 'procrustes']),
  splits: z.int().min(1).max(100).default(3),
  set: z.record(z.string(), z.unknown()).default({}),
  minAcceptance: z.number().gt(0).max(1).default(0.2),
  shrink: z.boolean().default(true),
  signal: z.custom<AbortSignal>((v) => typeof (v as AbortSignal | null)?.aborted === 'boolean', { error: 'signal must be an AbortSignal' }).optional(),
  progress: z.custom<(done: number, doing: string) => void>(isFunction, { error: 'progress must be a function' }).optional(),
  // ranges are checked by resolvePolicy
  margin: z.number().optional(),
  confidence: z.number().optional(),
  resolution: z.number().optional(),
  bootstrap: z.number().optional(),
  permutations: z.number().optional(),
});

/** Names of all options, for callers that pass them on. */
export const compareOptionNames: readonly string[] = Object.keys(schema.shape);

/** Implementations a side whose distances are also taken site by site. */
const PER_SITE = 8;
/** Seconds that a verdict of "different" may be shrunk for. */
const SHRINKING = 3;
/** Fewer inputs than this say nothing about representations. */
const FEWEST_INPUTS = 20;

const asSet = (side: unknown, options: ByInterventionOptions, name: string): ImplementationSet => {
  if (isSet(side)) return side;
  if (isModel(side)) return byIntervention(side, options);
  throw new OptionError({
    what: `the ${name} is neither a model nor an implementation set`,
    where: name,
    todo: 'give what load(...) resolves to (did you forget to await it?), or byIntervention, trainedRuns, union',
  });
};

/**
 * Are two implementation sets interchangeable on a task? The rule is in docs/verdict.md.
 *
 * Side 1 is the baseline, side 2 the candidate; a side that is a model becomes its implementations by intervention. Both are
 * drawn independently from the one seed.
 * @throws OptionError, TaskError, BehaviourError, ImplementationError, RepresentationError, CancelledError: nothing was judged
 */
export async function compare(baseline: Model | ImplementationSet, candidate: Model | ImplementationSet, given: CompareOptions): Promise<Evidence> {
  const started = performance.now();
  const { on: task, seed, implementations, inputs, sites, pool, measure: name, beside, splits, set, minAcceptance, shrink, signal, progress, ...rest } =
    checkOptions(schema, given, 'options');
  // before anything is drawn
  resolvePolicy(rest as Partial<Policy>, 'options');
  const sets = [asSet(baseline, set, 'baseline'), asSet(candidate, set, 'candidate')] as const;
  const report = (from: number, to: number, doing: string) => (done: number) => progress?.(from + (to - from) * done, doing);

  const examples = task.examples(inputs, seed);
  const n = examples.inputs.length;
  if (n < FEWEST_INPUTS)
    throw new TaskError({ what: `task "${task.name}" has ${n} inputs; representations need at least ${FEWEST_INPUTS}`, where: 'task.inputs', todo: 'add inputs' });

  const sides: Draws[] = [];
  for (const [i, side] of sets.entries()) {
    const label = i === 0 ? 'baseline' : 'candidate';
    sides.push(
      await drawImplementations(side, {
        task,
        examples,
        seed: random(seed, label).below(0x7fffffff),
        searchSeed: random(seed, 'search').below(0x7fffffff),
        count: implementations,
        minAcceptance,
        sites,
        pool,
        perSite: PER_SITE,
        signal,
        progress: report(i * 0.35, (i + 1) * 0.35, `drawing implementations of the ${label}`),
      }),
    );
  }
  const [first, second] = sides as [Draws, Draws];
  const grams = sides.map(({ drawn }) => drawn.map(({ gram }) => gram)) as [Gram[], Gram[]];
  const judged = await judgeGrams(grams, {
    policy: rest as Partial<Policy>,
    measure: name,
    beside,
    splits,
    seed,
    signal,
    progress: (done, doing) => progress?.(0.7 + 0.26 * done, doing),
  });
  const { policy } = judged.judgement;

  const bySite = await siteDistances();
  const smallest = judged.outcome === 'different' && shrink ? await smallestDifference([first.drawn, second.drawn], {
    policy, measure: name, seed, splits, signal,
    sites: bySite.map(({ site }) => site),
    allSites: first.sites,
    inputs: (at) => inputInWords(examples.inputs[at]),
    within: SHRINKING,
  }) : undefined;
  const backends = [...new Map(sets.map(({ original }) => [original.backend.name, original.backend])).values()];
  progress?.(1, 'done');

  return {
    ...judged,
    task: { name: task.name, inputs: n, behaviour: task.behaviour.name, threshold: task.threshold },
    baseline: sideEvidence(sets[0], first, policy.confidence),
    candidate: sideEvidence(sets[1], second, policy.confidence),
    representation: { sites: first.sites, pool, features: first.features },
    bySite,
    ...(smallest && { smallest }),
    environment: {
      congruity: version,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      backend: backends.map(({ name: of }) => of).join(', '),
      backendDescription: backends.map(({ description }) => description).join('; '),
    },
    seconds: (performance.now() - started) / 1000,
  };

  /** The same distance at each site alone, over the first few implementations of each side and one split. */
  async function siteDistances(): Promise<Evidence['bySite']> {
    // sites of two architectures need not correspond: where their names differ there is nothing to set side by side
    if (first.sites.length !== second.sites.length || first.sites.some((site, i) => site !== second.sites[i])) return [];
    const found: Evidence['bySite'][number][] = [];
    for (const [s, site] of first.sites.entries()) {
      const some = sides.map((side) => side.drawn.flatMap(({ siteGrams }) => siteGrams?.[s] ?? []));
      const all = some.flat();
      // a site that never varies (an attention-free position, say) has no distance
      if (all.some((gram) => traceOf(gram) === 0)) continue;
      const { data } = await measures[name].distances(all, { seed, splits: 1, ...(signal && { signal }) });
      const { siblings, strangers, excess } = means(data, all.length, some[0]!.length, some[1]!.length, policy.resolution);
      found.push({ site, siblings, strangers, excess: Math.min(...excess) });
    }
    return found.sort((a, b) => b.excess - a.excess);
  }
}

function sideEvidence(set: ImplementationSet, draws: Draws, confidence: number): SideEvidence {
  const { searched } = draws.open;
  const { name, kind, fingerprint } = set.original;
  return {
    model: { name, kind, fingerprint },
    set: set.words,
    behaviour: draws.behaviour,
    implementations: draws.drawn.map(({ words, behaviour }) => ({ words, behaviour })),
    acceptance: { tried: draws.tried, accepted: draws.drawn.length, rate: wilson(draws.drawn.length, draws.tried, confidence) },
    ...(searched && {
      searched: {
        components: searched.ranking.length,
        patchable: searched.patchable,
        runs: searched.runs,
        // JSON has no infinity
        top: searched.ranking.slice(0, 10).map(({ component, effect }) => ({ component: component.name, effect: Number.isFinite(effect) ? effect : Number.MAX_VALUE })),
      },
    }),
  };
}
