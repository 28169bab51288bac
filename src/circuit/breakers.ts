/**
 * Which components break a behaviour alone, by group tests: components are patched together, and a group that breaks the threshold is halved until its members are alone. Gradients, where a model has
 * them, say which to patch alone first. A group that holds is taken to hold no breaker. Where that is wrong, a component that breaks the behaviour alone is among those that draws patch from: draws get
 * smaller, and none is less valid, as each is shown to do the task.
 */
import type { Cache } from '../cache/cache.js';
import { json, kept } from '../cache/kept.js';
import { exactKey } from '../exact-key.js';
import { plural } from '../format.js';
import type { Model } from '../model/model.js';
import { once } from '../once.js';
import { random } from '../random.js';
import { klDivergence } from '../task/behaviour.js';
import { runExamples, type BatchInterventions } from '../task/run.js';
import { runKey } from '../task/run-key.js';
import type { Examples, Task } from '../task/task.js';
import { ablatable, ablation, ablationKey } from './ablation.js';
import { ATTRIBUTION, attributedEffects } from './attribution.js';
import { components, intervene, sitesOf, type Component } from './component.js';
import { byHalves, fromTheTop } from './group-tests.js';
import { byEffect, OVERHEAD, rankSchema, some, type Ranked, type RankOptions } from './rank.js';
import { checkOptions } from '../options.js';

export interface Breakers<I> {
  /** every component searched, in the model's order */
  readonly all: readonly Component[];
  /** those that break the behaviour alone, or in a group that the budget did not allow to be halved */
  readonly breakers: ReadonlySet<Component>;
  /** the components that were patched alone, the one that matters most first */
  readonly alone: readonly Ranked[];
  /** what gradients say of each component's effect, in nats; undefined where they were not asked */
  readonly estimated: ReadonlyMap<Component, number> | undefined;
  /** breakers that the budget did not allow to be told from others of their group */
  readonly untold: number;
  /** runs over the examples used */
  readonly runs: number;
  /** what was run */
  readonly examples: Examples<I>;
  /** the model's clean logits on them, for whoever asks */
  readonly clean: () => Promise<readonly Float32Array[]>;
}

/** What a group test found. */
interface Tested {
  readonly broke: boolean;
  /** of a component alone */
  readonly effect: number | undefined;
}

/** Of a kind with so few components each is patched alone. */
const FEW = 16;

/** Of fewer components gradients save nothing. */
const MANY = 64;

/** Components of one kind in random groups, about half as many groups as a group has members. */
function groupsOf(kind: readonly Component[], seed: number): (readonly Component[])[] {
  const size = kind.length <= FEW ? 1 : Math.ceil(Math.sqrt(2 * kind.length));
  const order = random(seed, `groups of ${kind[0]!.kind}`).permutation(kind.length);
  return Array.from({ length: Math.ceil(kind.length / size) }, (_, i) =>
    Array.from(order.subarray(i * size, (i + 1) * size), (at) => kind[at]!),
  );
}

/**
 * It takes no more runs than patching each component alone would, nor than the budget allows.
 * @param model one that does the task
 * @param cache where tests are kept
 * @throws OptionError, InterventionError, TaskError, CancelledError
 */
export async function findBreakers<I>(
  model: Model,
  task: Task<I>,
  from: Examples<I>,
  given: RankOptions = {},
  cache?: Cache,
): Promise<Breakers<I>> {
  const { over, by, seed, budget, rankOn, signal, progress } = checkOptions(rankSchema, given, 'circuit');
  const all = components(model, over);
  const sites = sitesOf(all);
  const examples = some(ablatable(model, task, from, sites, by), rankOn, seed);
  const how = { by, seed: random(seed, 'rank').below(0x7fffffff), signal };
  const clean = once(async () => (await runExamples(model, task, examples, { signal })).logits);
  const replacement = once(() => ablation(model, task, examples, sites, how));
  const putIn = once(() => exactKey(ablationKey(model, task, examples, how)));
  const test = async (group: readonly Component[]): Promise<Tested> => {
    const [before, put] = [await clean(), await replacement()];
    const patch: BatchInterventions = (rows) => intervene(group, put(rows));
    const { logits, score } = await runExamples(model, task, examples, { patch, clean: before, signal });
    const broke = !task.meets(score);
    if (group.length > 1) return { broke, effect: undefined };
    const total = logits.reduce((sum, row, i) => sum + klDivergence(before[i]!, row), 0);
    // NaN logits are the largest effect there is
    return { broke, effect: Number.isNaN(total) ? Infinity : total / logits.length };
  };
  const most = Math.min(budget, OVERHEAD + all.length);
  let runs = OVERHEAD;
  const alone: Ranked[] = [];
  const estimates = async (): Promise<ReadonlyMap<Component, number> | undefined> => {
    if (!model.attribute) return undefined;
    const found = await kept(
      cache,
      {
        kind: 'attribution',
        about: `effects of ${plural(all.length, 'component')} of ${model.name}, estimated on ${task.name}`,
        key: () => {
          const run = runKey(model, task, examples);
          return run && [run, putIn(), seed, all.map(({ name }) => name)];
        },
        codec: json<readonly number[] | null>(),
        signal,
      },
      async () => {
        const effects = await attributedEffects(model, task, examples, all, await replacement(), { seed, signal });
        return effects ? all.map((one) => effects.get(one)!) : null;
      },
    );
    if (!found) return undefined;
    runs += Math.ceil(ATTRIBUTION / examples.inputs.length);
    return new Map(all.map((one, i) => [one, found[i]!]));
  };
  const breaks = async (group: readonly Component[]): Promise<boolean> => {
    const { broke, effect } = await kept(
      cache,
      {
        kind: 'group test',
        about: `${group.length === 1 ? group[0]!.name : plural(group.length, 'component')} of ${model.name} replaced, on ${task.name}`,
        key: () => {
          const run = runKey(model, task, examples);
          return run && [run, putIn(), group.map(({ name }) => name)];
        },
        codec: json<Tested>(),
        signal,
      },
      () => test(group),
    );
    runs++;
    progress?.(Math.min(1, runs / most));
    if (group.length === 1) alone.push({ component: group[0]!, effect: effect!, breaks: broke });
    return broke;
  };
  const kinds = [...new Set(all.map(({ kind }) => kind))];
  const groups = kinds.flatMap((kind) =>
    groupsOf(
      all.filter((one) => one.kind === kind),
      seed,
    ),
  );
  const tests = { breaks, left: () => most - runs };
  // gradients cost as much as a few tests
  const estimated = all.length >= MANY && most - runs >= MANY / 2 ? await estimates() : undefined;
  const { breakers, untold } = estimated
    ? await fromTheTop(
        all.toSorted((a, b) => estimated.get(b)! - estimated.get(a)!),
        tests,
      )
    : await byHalves(groups, tests);
  return { all, breakers, estimated, untold, alone: byEffect(alone, all), runs, examples, clean };
}
