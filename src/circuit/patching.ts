/**
 * Which components matter: activation patching, then the largest set that can be patched together unnoticed.
 * Effects are KL(clean || patched) in nats, which every model has and which moves before accuracy does; whether a set is free
 * is decided by the task's own behaviour and threshold.
 */
import { z } from 'zod';
import { ImplementationError, OptionError } from '../errors.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import { klDivergence } from '../task/behaviour.js';
import { checkSignal, runExamples, type ExampleRun, type Patch } from '../task/run.js';
import { requireBehaviour, type Examples, type Task } from '../task/task.js';
import { ablation, type Ablation } from './ablation.js';
import { components, intervene, siteOf, type Component, type Over } from './component.js';

export interface CircuitOptions {
  /** components to search over. Default: `heads+neurons` */
  readonly over?: Over | undefined;
  /** how a component is patched. Default: `resample`, from a counterfactual input */
  readonly by?: Ablation | undefined;
  /** everything random follows from it. Default 0 */
  readonly seed?: number | undefined;
  /** runs over the examples allowed, at least 32. Default 1200 */
  readonly budget?: number | undefined;
  /** examples used to rank; free sets are always checked on all examples. Default 128 */
  readonly rankOn?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** called with the share of the budget used, 0..1 */
  readonly progress?: ((done: number) => void) | undefined;
}

export interface Circuit {
  readonly model: string;
  /** every component searched, the one that matters most first; effect in nats; whether patching it (or its group) alone breaks the threshold */
  readonly ranking: readonly { readonly component: Component; readonly effect: number; readonly breaks: boolean }[];
  /** components patched together to rank them: 1, or more where the budget did not allow one at a time */
  readonly grouped: number;
  /** components that can all be patched at once while the task's threshold still holds */
  readonly free: readonly Component[];
  /** the others: what suffices for the task */
  readonly circuit: readonly Component[];
  /** behaviour with all free components patched, for each of the counterfactual draws that checked it */
  readonly checked: readonly number[];
  /** runs over examples used */
  readonly runs: number;
}

const schema = z.strictObject({
  over: z.enum(['heads', 'neurons', 'heads+neurons', 'layers']).default('heads+neurons'),
  by: z.enum(['resample', 'mean', 'zero']).default('resample'),
  seed: z.number().int().default(0),
  budget: z.int().min(32, { error: 'budget must be an integer of at least 32 runs' }).default(1200),
  rankOn: z.int().min(2).default(128),
  // by its members: the signal may come from another realm
  signal: z.custom<AbortSignal>((v) => typeof (v as AbortSignal | null)?.aborted === 'boolean').optional(),
  progress: z.custom<(done: number) => void>((v) => typeof v === 'function').optional(),
});

/** Draws of counterfactuals that a free set must survive: the two ways of failing by luck become rare. */
const CHECKS = 3;

/** n of the examples, drawn by seed. */
function some<I>(examples: Examples<I>, n: number, seed: number): Examples<I> {
  const total = examples.inputs.length;
  if (n >= total) return examples;
  const indices = Array.from(random(seed, 'rank on').subset(total, n));
  const place = new Map(indices.map((index, i) => [index, i]));
  const groups = examples.groups.map((rows) => rows.flatMap((row) => place.get(row) ?? [])).filter((rows) => rows.length > 0);
  return { inputs: indices.map((i) => examples.inputs[i]!), tokens: indices.map((i) => examples.tokens[i]!), groups };
}

/**
 * Ranks components by activation patching and finds a set that is free.
 *
 * Each component is patched by itself (in random groups where the budget does not reach) and ranked by its effect; then the
 * longest prefix of the least important ones that can be patched together is found by bisection. A prefix counts as free
 * where the task's threshold holds for three counterfactual draws; the result is checked again with three fresh ones.
 * @throws BehaviourError where the model does not do the task to begin with
 * @throws OptionError, InterventionError
 */
export async function findCircuit<I>(model: Model, task: Task<I>, examples: Examples<I>, given: CircuitOptions = {}): Promise<Circuit> {
  const { over, by, seed, budget, rankOn, signal, progress } = checkOptions(schema, given, 'circuit');
  const all = components(model, over);
  const sites = [...new Set(all.map(siteOf))];
  let runs = 0;
  const run = async (set: Examples<I>, patch?: Patch, clean?: readonly Float32Array[]): Promise<ExampleRun> => {
    checkSignal(signal);
    runs++;
    progress?.(Math.min(1, runs / budget));
    return runExamples(model, task, set, { patch, clean, signal });
  };

  const whole = await run(examples);
  requireBehaviour(task, model.name, whole.score);

  const { effects, breaks, grouped } = await rank();
  const ranking = all.map((component, i) => ({ component, effect: effects[i]!, breaks: breaks[i] === 1 })).sort((a, b) => b.effect - a.effect);
  const leastFirst = ranking.map(({ component }) => component).reverse();

  const scores = async (chosen: readonly Component[], label: string): Promise<number[]> => {
    const found: number[] = [];
    // mean and zero ablation are not random: one check says all
    for (let i = 0; i < (by === 'resample' ? CHECKS : 1); i++) {
      const replacement = await ablation(model, task, examples, sites, { by, seed: random(seed, `${label} ${i}`).below(0x7fffffff), signal });
      if (by === 'resample') runs++;
      const { score } = await run(examples, (rows) => intervene(chosen, replacement(rows)), whole.logits);
      found.push(score);
      if (!task.meets(score)) break;
    }
    return found;
  };
  const holds = (found: readonly number[]): boolean => found.every((score) => task.meets(score));

  let free = 0;
  let broken = all.length + 1;
  while (broken - free > 1) {
    const middle = (free + broken) >> 1;
    if (holds(await scores(leastFirst.slice(0, middle), 'bisect'))) free = middle;
    else broken = middle;
  }
  let checked: number[] = [];
  for (let attempt = 0; free > 0; attempt++) {
    checked = await scores(leastFirst.slice(0, free), `check ${attempt}`);
    if (holds(checked)) break;
    free = Math.floor(free * 0.9);
    checked = [];
  }
  return {
    model: model.name,
    ranking,
    grouped,
    free: leastFirst.slice(0, free),
    circuit: leastFirst.slice(free).reverse(),
    checked,
    runs,
  };

  async function rank(): Promise<{ effects: Float64Array; breaks: Uint8Array; grouped: number }> {
    const subset = some(examples, rankOn, seed);
    // bisection and checks, each of a pass for the counterfactuals and one patched
    const reserved = 2 * CHECKS * (Math.ceil(Math.log2(all.length + 1)) + 4) + 3;
    if (reserved + 1 > budget)
      throw new OptionError({
        what: `a budget of ${budget} runs is too small for ${all.length} components`,
        where: 'circuit.budget',
        todo: `give at least ${reserved + 8}, or search over fewer components`,
      });
    const size = Math.ceil(all.length / Math.min(all.length, budget - reserved));
    const clean = await run(subset);
    const replacement = await ablation(model, task, subset, sites, { by, seed: random(seed, 'rank').below(0x7fffffff), signal });
    runs++;
    const order = random(seed, 'groups').permutation(all.length);
    const effects = new Float64Array(all.length);
    const breaks = new Uint8Array(all.length);
    for (let start = 0; start < all.length; start += size) {
      const members = Array.from(order.subarray(start, start + size));
      const chosen = members.map((i) => all[i]!);
      const { logits, score } = await run(subset, (rows) => intervene(chosen, replacement(rows)), clean.logits);
      let effect = 0;
      logits.forEach((row, i) => (effect += klDivergence(clean.logits[i]!, row)));
      for (const i of members) {
        // NaN logits are the largest effect there is
        effects[i] = Number.isNaN(effect) ? Infinity : effect / logits.length;
        breaks[i] = task.meets(score) ? 0 : 1;
      }
    }
    return { effects, breaks, grouped: size };
  }
}

/** @throws ImplementationError where a circuit leaves nothing to intervene on */
export function requireFree(circuit: Pick<Circuit, 'free' | 'model'>): void {
  if (circuit.free.length > 0) return;
  throw new ImplementationError({
    what: `every component of ${circuit.model} matters for the task: none can be patched without breaking it`,
    where: 'circuit',
    todo: 'search over smaller components (neurons instead of heads or layers), lower the threshold, or build the set from other training runs (trainedRuns)',
  });
}
