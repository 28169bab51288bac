/** The largest set of components that can be patched together unnoticed, by the task's own behaviour and threshold. */
import { ImplementationError } from '../errors.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import { runExamples } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import { ablation } from './ablation.js';
import { components, intervene, sitesOf, type Component } from './component.js';
import { patchable, rankComponents, rankSchema, restOf, type Ranking, type RankOptions } from './rank.js';

export type CircuitOptions = RankOptions;

export interface Circuit extends Ranking {
  /** components that can all be patched at once while the task's threshold still holds */
  readonly free: readonly Component[];
  /** the others: what suffices for the task */
  readonly circuit: readonly Component[];
  /** behaviour with all free components patched, for each of the counterfactual draws that checked it */
  readonly checked: readonly number[];
}

/** Draws of counterfactuals that a free set must survive: the two ways of failing by luck become rare. */
const CHECKS = 3;
/** Rounds of checks that bisection is followed by, as a rule. */
const ROUNDS = 4;

/**
 * Ranks components by activation patching and finds a set that is free.
 *
 * Of the least important components, the longest beginning that can be patched together is found by bisection. It counts as
 * free where the task's threshold holds for three counterfactual draws; the result is checked again with three fresh ones.
 * @throws BehaviourError where the model does not do the task to begin with
 * @throws OptionError, InterventionError, CancelledError
 */
export async function findCircuit<I>(model: Model, task: Task<I>, given: Examples<I>, options: CircuitOptions = {}): Promise<Circuit> {
  const { over, by, seed, budget, signal, progress } = checkOptions(rankSchema, options, 'circuit');
  const examples = patchable(task, given, model, by);
  const all = components(model, over);
  const sites = sitesOf(all);
  // each check is a pass for the counterfactuals and one patched
  const reserved = 2 * CHECKS * (Math.ceil(Math.log2(all.length + 1)) + ROUNDS) + 1;
  const ranked = await rankComponents(model, task, examples, { ...options, budget: restOf(budget, reserved, all.length), progress: progress && ((done) => progress(done * (1 - reserved / budget))) });
  let { runs } = ranked;
  const leastFirst = ranked.ranking.map(({ component }) => component).reverse();
  const { logits: clean } = await runExamples(model, task, examples, { signal });
  runs++;

  const scores = async (chosen: readonly Component[], label: string): Promise<number[]> => {
    const found: number[] = [];
    // mean and zero ablation are not random: one check says all
    for (let i = 0; i < (by === 'resample' ? CHECKS : 1); i++) {
      const replacement = await ablation(model, task, examples, sites, { by, seed: random(seed, `${label} ${i}`).below(0x7fffffff), signal });
      const { score } = await runExamples(model, task, examples, { patch: (rows) => intervene(chosen, replacement(rows)), clean, signal });
      runs += by === 'resample' ? 2 : 1;
      progress?.(Math.min(1, runs / budget));
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
  return { ...ranked, runs, free: leastFirst.slice(0, free), circuit: leastFirst.slice(free).reverse(), checked };
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
