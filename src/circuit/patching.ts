/** The largest set of components that can be patched together unnoticed, by the task's own behaviour and threshold. */
import { ImplementationError } from '../errors.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import { runExamples } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import { ablatable, ablation } from './ablation.js';
import { resamples } from './ablations.js';
import { confirm } from './confirm.js';
import { components, intervene, sitesOf, type Component } from './component.js';
import { OVERHEAD, rankComponents, rankSchema, restOf, type Ranking, type RankOptions } from './rank.js';

/** Options of `findCircuit`. */
export type CircuitOptions = RankOptions;

/** What `findCircuit` resolves to: the components that the task needs, and those that it does not. */
export interface Circuit extends Ranking {
  /** components that can all be patched at once while the task's threshold still holds */
  readonly free: readonly Component[];
  /** the others: what suffices for the task */
  readonly circuit: readonly Component[];
  /** behaviour with all free components patched, for each of the counterfactual draws that checked it */
  readonly checked: readonly number[];
  /** random parts of the free components that were patched one after the other, each with counterfactuals of its own, with the threshold met; 0 where the budget did not reach */
  readonly confirmed: number;
}

/** Draws of counterfactuals that a free set must survive: the two ways of failing by luck become rare. */
const CHECKS = 3;
/** Rounds of checks that bisection is followed by, as a rule. */
const ROUNDS = 4;

/**
 * Ranks components by activation patching and finds a set that is free.
 *
 * Of the least important components, the longest beginning that can be patched together is found by bisection. It counts as
 * free where the task's threshold holds for three counterfactual draws; the result is checked again with three fresh ones. Then it is confirmed, by what is left of the budget (an
 * eighth is kept for that): random parts of it must hold as well, by a margin, and what breaks the threshold is taken out.
 * @throws BehaviourError where the model does not do the task to begin with
 * @throws OptionError, InterventionError, CancelledError
 */
export async function findCircuit<I>(
  model: Model,
  task: Task<I>,
  from: Examples<I>,
  given: CircuitOptions = {},
): Promise<Circuit> {
  const { over, by, seed, budget, signal, progress } = checkOptions(rankSchema, given, 'circuit');
  const all = components(model, over);
  const sites = sitesOf(all);
  const examples = ablatable(model, task, from, sites, by);
  // each check is a pass for the counterfactuals and one patched
  const reserved = 2 * CHECKS * (Math.ceil(Math.log2(all.length + 1)) + ROUNDS) + 1;
  // what can be spared of the ranking
  const confirming = Math.max(0, Math.min(Math.floor(budget / 8), budget - reserved - OVERHEAD - 8));
  const ranked = await rankComponents(model, task, from, {
    ...given,
    budget: restOf(budget, reserved + confirming, all.length),
    progress: progress && ((done) => progress(done * (1 - (reserved + confirming) / budget))),
  });
  let { runs } = ranked;
  const leastFirst = ranked.ranking.map(({ component }) => component).reverse();
  const { logits: clean, score: alone } = await runExamples(model, task, examples, { signal });
  runs++;

  const scoreOf = async (chosen: readonly Component[], label: string): Promise<number> => {
    const replacement = await ablation(model, task, examples, sites, {
      by,
      seed: random(seed, label).below(0x7fffffff),
      signal,
    });
    const { score } = await runExamples(model, task, examples, {
      patch: (rows) => intervene(chosen, replacement(rows)),
      clean,
      signal,
    });
    runs += resamples(by) ? 2 : 1;
    progress?.(Math.min(1, runs / budget));
    return score;
  };
  const scores = async (chosen: readonly Component[], label: string): Promise<number[]> => {
    const found: number[] = [];
    // what draws nothing gives the same again: one check says all
    for (let i = 0; i < (resamples(by) ? CHECKS : 1); i++) {
      const score = await scoreOf(chosen, `${label} ${i}`);
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
  let draws = 0;
  const sure = await confirm(leastFirst.slice(0, free), {
    task,
    clean: alone,
    scoreOf: (chosen) => scoreOf(chosen, `confirm ${draws++}`),
    tries: Math.max(0, Math.floor((budget - runs) / (resamples(by) ? 2 : 1))),
    isRandom: resamples(by),
    stream: random(seed, 'confirm'),
  });
  return { ...ranked, runs, ...sure, circuit: leastFirst.filter((one) => !sure.free.includes(one)).reverse(), checked };
}

/** @throws ImplementationError where a search found nothing that can be intervened on */
export function requireFree(circuit: Pick<Circuit, 'free' | 'model'>): void {
  if (circuit.free.length > 0) return;
  throw new ImplementationError({
    what: `every component of ${circuit.model} matters for the task: none can be patched without breaking it`,
    where: 'circuit',
    hint: 'search over smaller components (neurons instead of heads or layers), lower the threshold, or build the set from other training runs (trainedRuns)',
  });
}
