/**
 * Which components break a behaviour alone, by group tests: components are patched together, and a group that breaks the threshold is halved until its members are alone. A group that holds is taken
 * to hold no breaker. Where that is wrong, a component that breaks the behaviour alone is among those that draws patch from: draws get smaller, and none is less valid, as each is shown to do the task.
 */
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import { klDivergence } from '../task/behaviour.js';
import { runExamples } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import { ablatable, ablation } from './ablation.js';
import { components, intervene, sitesOf, type Component } from './component.js';
import { byEffect, OVERHEAD, rankSchema, some, type Ranked, type RankOptions } from './rank.js';
import { checkOptions } from '../options.js';

export interface Breakers<I> {
  /** every component searched, in the model's order */
  readonly all: readonly Component[];
  /** those that break the behaviour alone, or in a group that the budget did not allow to be halved */
  readonly breakers: ReadonlySet<Component>;
  /** the components that were patched alone, the one that matters most first */
  readonly alone: readonly Ranked[];
  /** runs over the examples used */
  readonly runs: number;
  /** what was run */
  readonly examples: Examples<I>;
  /** the model's clean logits on them */
  readonly clean: readonly Float32Array[];
}

/** Of a kind with so few components each is patched alone. */
const FEW = 16;

/**
 * Components of one kind in random groups, about half as many groups as a group has members. Components of one site stand together, sites in the model's order: runs of a group of late layers need not
 * compute the early ones again.
 */
function groupsOf(kind: readonly Component[], seed: number): (readonly Component[])[] {
  const size = kind.length <= FEW ? 1 : Math.ceil(Math.sqrt(2 * kind.length));
  const place = new Map(sitesOf(kind).map((site, at) => [site, at]));
  const order = Array.from(random(seed, `groups of ${kind[0]!.kind}`).permutation(kind.length), (at) => kind[at]!);
  const bySite = order.toSorted((a, b) => place.get(a.site)! - place.get(b.site)!);
  return Array.from({ length: Math.ceil(kind.length / size) }, (_, i) => bySite.slice(i * size, (i + 1) * size));
}

/**
 * It takes no more runs than patching each component alone would, nor than the budget allows.
 * @param model one that does the task
 * @throws OptionError, InterventionError, TaskError, CancelledError
 */
export async function findBreakers<I>(
  model: Model,
  task: Task<I>,
  from: Examples<I>,
  given: RankOptions = {},
): Promise<Breakers<I>> {
  const { over, by, seed, budget, rankOn, signal, progress } = checkOptions(rankSchema, given, 'circuit');
  const all = components(model, over);
  const sites = sitesOf(all);
  const examples = some(ablatable(model, task, from, sites, by), rankOn, seed);
  const { logits: clean } = await runExamples(model, task, examples, { signal });
  const replacement = await ablation(model, task, examples, sites, {
    by,
    seed: random(seed, 'rank').below(0x7fffffff),
    signal,
  });
  const most = Math.min(budget, OVERHEAD + all.length);
  let runs = OVERHEAD;
  const alone: Ranked[] = [];
  const breaks = async (group: readonly Component[]): Promise<boolean> => {
    const { logits, score } = await runExamples(model, task, examples, {
      patch: (rows) => intervene(group, replacement(rows)),
      clean,
      signal,
    });
    runs++;
    progress?.(Math.min(1, runs / most));
    const broke = !task.meets(score);
    if (group.length === 1) {
      const total = logits.reduce((sum, row, i) => sum + klDivergence(clean[i]!, row), 0);
      alone.push({
        component: group[0]!,
        // NaN logits are the largest effect there is
        effect: Number.isNaN(total) ? Infinity : total / logits.length,
        breaks: broke,
      });
    }
    return broke;
  };
  const kinds = [...new Set(all.map(({ kind }) => kind))];
  // large groups before their halves: where the budget ends, what was not told apart is small
  const waiting = kinds.flatMap((kind) =>
    groupsOf(
      all.filter((one) => one.kind === kind),
      seed,
    ),
  );
  // more groups than runs: larger ones
  while (waiting.length > most - OVERHEAD) waiting.push([...waiting.shift()!, ...waiting.shift()!]);
  const breakers = new Set<Component>();
  const add = (group: readonly Component[]): void => group.forEach((one) => breakers.add(one));
  for (let at = 0; at < waiting.length; at++) {
    const group = waiting[at]!;
    // half of what broke, and nothing is left to try it with
    if (runs >= most) add(group);
    else if (await breaks(group)) {
      const half = group.length >> 1;
      if (half > 0) waiting.push(group.slice(0, half), group.slice(half));
      else add(group);
    }
  }
  return { all, breakers, alone: byEffect(alone, all), runs, examples, clean };
}
