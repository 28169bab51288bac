/**
 * Which components matter: activation patching, one at a time. Effects are KL(clean || patched) in nats, which every model has and
 * which moves before accuracy does.
 */
import * as z from 'zod';
import { OptionError } from '../errors.js';
import type { Model } from '../model/model.js';
import { checkOptions, signalSchema, type ShapeOf } from '../options.js';
import { random } from '../random.js';
import { klDivergence } from '../task/behaviour.js';
import { runExamples } from '../task/run.js';
import { requireBehaviour, type Examples, type Task } from '../task/task.js';
import { ablatable, ablation } from './ablation.js';
import { ablationNames, type Ablation } from './ablations.js';
import { components, intervene, sitesOf, type Component } from './component.js';
import type { Over } from './over.js';

/** Options of `rankComponents` and `findCircuit`. */
export interface RankOptions {
  /**
   * kinds of component to search over: `heads`, `heads+neurons`, `layers`. For implementations by intervention a whole number before a kind takes a random sample of it: `heads+2000 neurons`; a circuit is of
   * all of them. @defaultValue all the model has but whole layers; for implementations by intervention a sample of 8192 where there are more
   */
  readonly over?: Over | undefined;
  /** how a component is patched: `resample` takes activations from a counterfactual input. @defaultValue 'resample' */
  readonly by?: Ablation | undefined;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** runs over the examples allowed, at least 8. @defaultValue 1200 */
  readonly budget?: number | undefined;
  /** examples used to rank; all if there are fewer. @defaultValue 128 */
  readonly rankOn?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
  /** called with the share of the budget used, 0..1 */
  readonly progress?: ((done: number) => void) | undefined;
}

/** A component, and what patching it does. */
export interface Ranked {
  readonly component: Component;
  /** mean KL divergence that patching it causes, nats */
  readonly effect: number;
  /** whether patching it (or the group it was patched with) alone breaks the task's threshold */
  readonly breaks: boolean;
}

/** What `rankComponents` resolves to. */
export interface Ranking {
  readonly model: string;
  /** every component searched, the one that matters most first */
  readonly ranking: readonly Ranked[];
  /** components patched together to rank them: 1, or more where the budget did not allow one at a time */
  readonly grouped: number;
  /** runs over examples used */
  readonly runs: number;
  /** how a component was patched */
  readonly by: Ablation;
  /** examples that were left out and why, in sentences */
  readonly notes?: readonly string[] | undefined;
}

/** Runs over the examples, and examples to rank by, where nothing is said. */
export const BUDGET = 1200;
export const RANK_ON = 128;
/** Smallest budget of a ranking, in runs. */
const LEAST = 8;

export const rankSchema = z.strictObject({
  over: z.string().min(1).optional(),
  by: z.enum(ablationNames).default('resample'),
  seed: z.int().default(0),
  budget: z
    .int()
    .min(LEAST, { error: `budget must be an integer of at least ${LEAST} runs` })
    .default(BUDGET),
  rankOn: z.int().min(2).default(RANK_ON),
  // by its members: the signal may come from another realm
  signal: signalSchema.optional(),
  progress: z.custom<(done: number) => void>((v) => typeof v === 'function').optional(),
} satisfies ShapeOf<RankOptions>);

/** Runs that a ranking needs besides those of the components: the model's behaviour, clean, counterfactual. */
export const OVERHEAD = 3;

/** n of the examples, drawn by seed. */
export function some<I>(examples: Examples<I>, n: number, seed: number): Examples<I> {
  const total = examples.inputs.length;
  if (n >= total) return examples;
  return { inputs: Array.from(random(seed, 'rank on').subset(total, n), (i) => examples.inputs[i]!), pool: examples };
}

/**
 * Patches every component by itself, in random groups where the budget does not reach, and ranks them by effect.
 * @throws BehaviourError where the model does not do the task to begin with
 * @throws OptionError, InterventionError, TaskError, CancelledError
 */
export async function rankComponents<I>(
  model: Model,
  task: Task<I>,
  from: Examples<I>,
  given: RankOptions = {},
): Promise<Ranking> {
  const { over, by, seed, budget, rankOn, signal, progress } = checkOptions(rankSchema, given, 'circuit');
  const all = components(model, over);
  const sites = sitesOf(all);
  const examples = ablatable(model, task, from, sites, by);
  requireBehaviour(task, model.name, (await runExamples(model, task, examples, { signal })).score);
  const subset = some(examples, rankOn, seed);
  const clean = (await runExamples(model, task, subset, { signal })).logits;
  const replacement = await ablation(model, task, subset, sites, {
    by,
    seed: random(seed, 'rank').below(0x7fffffff),
    signal,
  });
  let runs = OVERHEAD;

  const size = Math.ceil(all.length / Math.min(all.length, budget - OVERHEAD));
  const order = random(seed, 'groups').permutation(all.length);
  const ranking: Ranked[] = [];
  for (let start = 0; start < all.length; start += size) {
    const members = Array.from(order.subarray(start, start + size), (i) => all[i]!);
    const { logits, score } = await runExamples(model, task, subset, {
      patch: (rows) => intervene(members, replacement(rows)),
      clean,
      signal,
    });
    runs++;
    progress?.(Math.min(1, runs / budget));
    const total = logits.reduce((sum, row, i) => sum + klDivergence(clean[i]!, row), 0);
    // NaN logits are the largest effect there is
    const effect = Number.isNaN(total) ? Infinity : total / logits.length;
    for (const component of members) ranking.push({ component, effect, breaks: !task.meets(score) });
  }
  return {
    model: model.name,
    ranking: byEffect(ranking, all),
    grouped: size,
    runs,
    by,
    ...(examples.notes && { notes: examples.notes }),
  };
}

/** The largest effect first; in the order of all components where effects are equal. */
export function byEffect(ranked: readonly Ranked[], all: readonly Component[]): Ranked[] {
  const place = new Map(all.map((component, i) => [component, i]));
  return ranked.toSorted((a, b) =>
    a.effect === b.effect ? place.get(a.component)! - place.get(b.component)! : b.effect - a.effect,
  );
}

/** What is left of a budget after `reserved` runs. @throws OptionError where that is not enough to rank anything */
export function restOf(budget: number, reserved: number, count: number): number {
  if (reserved + LEAST <= budget) return budget - reserved;
  throw new OptionError({
    what: `a budget of ${budget} runs is too small for ${count} components`,
    where: 'circuit.budget',
    hint: `give at least ${reserved + LEAST}, or search over fewer components`,
  });
}
