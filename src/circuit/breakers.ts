/**
 * Which components break a behaviour alone, by group tests: components are patched together, and a group that breaks the threshold is halved until its members are alone. Gradients, where a model has
 * them, say which to patch alone first. A group that holds is taken to hold no breaker. Where that is wrong, a component that breaks the behaviour alone is among those that draws patch from: draws get
 * smaller, and none is less valid, as each is shown to do the task.
 */
import type { Cache } from '../cache/cache.js';
import { json, kept } from '../cache/kept.js';
import { exactKey } from '../exact-key.js';
import { plural } from '../format.js';
import { groupBy } from '../group-by.js';
import type { Model } from '../model/model.js';
import { once } from '../once.js';
import { random } from '../random.js';
import { klDivergence } from '../task/behaviour.js';
import { batchesCanBeParted, runExamples, type BatchInterventions } from '../task/run.js';
import { runKey } from '../task/run-key.js';
import type { Examples, Task } from '../task/task.js';
import { ablatable, ablation, ablationKey } from './ablation.js';
import { ATTRIBUTION, attributedEffects } from './attribution.js';
import { intervene, sitesOf, type Component } from './component.js';
import { byGroups, fromTheTop } from './group-tests.js';
import { byEffect, OVERHEAD, rankSchema, some, type Ranked, type RankOptions } from './rank.js';
import { checkOptions } from '../options.js';
import { scopeOf, searchedOf, type Scope } from './scope.js';

export interface Breakers<I> {
  /** every component searched, in the model's order */
  readonly all: readonly Component[];
  readonly scope: Scope;
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
  /** as a share of what the threshold allows: above 1 it is missed */
  readonly cost: number;
  /** of a component alone */
  readonly effect: number | undefined;
}

/** The share of the inputs that a group is tested on first. */
const PART = 1 / 4;
/** Standard errors by which that must be on one side of the threshold, so that the other inputs need not be asked. */
const CLEAR = 2;

/** Of fewer components gradients save nothing. */
const MANY = 64;

/**
 * It takes no more runs than patching each component alone would, nor than the budget allows.
 * @param model one that does the task
 * @param cache where tests are kept
 * @param among the components to search, where they are chosen already. Default: what `over` says, a sample of it by the seed
 * @throws OptionError, InterventionError, TaskError, CancelledError
 */
export async function findBreakers<I>(
  model: Model,
  task: Task<I>,
  from: Examples<I>,
  given: RankOptions = {},
  cache?: Cache,
  among?: readonly Component[],
): Promise<Breakers<I>> {
  const { over, by, seed, budget, rankOn, signal, progress } = checkOptions(rankSchema, given, 'circuit');
  const all = among ?? searchedOf(model, over, seed);
  const sites = sitesOf(all);
  const examples = some(ablatable(model, task, from, sites, by), rankOn, seed);
  const how = { by, seed: random(seed, 'rank').below(0x7fffffff), signal };
  const replacement = once(() => ablation(model, task, examples, sites, how));
  const putIn = once(() => exactKey(ablationKey(model, task, examples, how)));
  const untouched = once(() => runExamples(model, task, examples, { signal }));
  const clean = async () => (await untouched()).logits;
  const part = partOf(task, examples, model, seed);
  const test = async (group: readonly Component[]): Promise<Tested> => {
    const [{ logits: before, scores: own, score: alone }, put] = [await untouched(), await replacement()];
    const patch: BatchInterventions = (rows) => intervene(group, put(rows));
    const run = (places?: readonly number[]) =>
      runExamples(model, task, examples, { patch, clean: before, some: places, signal });
    if (group.length > 1 && part) {
      const { scores } = await run(part.first);
      const cost = clearCost(scores.map((one, at) => shareAllowed(task, alone, alone + one - own[part.first[at]!]!)));
      if (cost !== undefined) return { cost, effect: undefined };
      const rest = await run(part.rest);
      const all = [...scores, ...rest.scores];
      return { cost: costOf(task, alone, all.reduce((sum, one) => sum + one, 0) / all.length), effect: undefined };
    }
    const { logits, score } = await run();
    const cost = costOf(task, alone, score);
    if (group.length > 1) return { cost, effect: undefined };
    const total = logits.reduce((sum, row, i) => sum + klDivergence(before[i]!, row), 0);
    // NaN logits are the largest effect there is
    return { cost, effect: Number.isNaN(total) ? Infinity : total / logits.length };
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
  const tested = async (group: readonly Component[]): Promise<number> => {
    const { cost, effect } = await kept(
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
    if (group.length === 1) alone.push({ component: group[0]!, effect: effect!, breaks: cost > 1 });
    return cost;
  };
  const tests = { test: tested, left: () => most - runs };
  // gradients cost as much as a few tests
  const estimated = all.length >= MANY && most - runs >= MANY / 2 ? await estimates() : undefined;
  const { breakers, untold } = estimated
    ? await fromTheTop(
        all.toSorted((a, b) => estimated.get(b)! - estimated.get(a)!),
        tests,
      )
    : await byGroups(inRandomOrder(all, seed), tests);
  const scope = scopeOf(model, over, all);
  return { all, scope, breakers, estimated, untold, alone: byEffect(alone, all), runs, examples, clean };
}

/** The components of each kind. */
function inRandomOrder(all: readonly Component[], seed: number): (readonly Component[])[] {
  return [...groupBy(all, ({ kind }) => kind)].map(([kind, some]) =>
    Array.from(random(seed, `groups of ${kind}`).permutation(some.length), (at) => some[at]!),
  );
}

interface Part {
  readonly first: readonly number[];
  readonly rest: readonly number[];
}

/** The inputs that groups are tested on first, and the others; undefined where part of a batch may be padded otherwise. */
function partOf<I>(task: Task<I>, examples: Examples<I>, model: Model, seed: number): Part | undefined {
  if (!batchesCanBeParted(task, examples, model)) return undefined;
  const count = examples.inputs.length;
  const order = [...random(seed, 'part').permutation(count)];
  const size = Math.ceil(PART * count);
  return { first: order.slice(0, size), rest: order.slice(size) };
}

/** What a score is worse than that of the model itself, as a share of what the threshold allows. */
function shareAllowed<I>({ threshold, behaviour }: Task<I>, alone: number, score: number): number {
  const allowed = Math.abs(('atLeast' in threshold ? threshold.atLeast : threshold.atMost) - alone);
  return ((behaviour.better === 'higher' ? -1 : 1) * (score - alone)) / allowed;
}

/** The same of the mean score of all inputs: above 1 where it misses the threshold, and there only. */
function costOf<I>(task: Task<I>, alone: number, score: number): number {
  const share = shareAllowed(task, alone, score);
  if (task.meets(score)) return Math.max(0, Math.min(1, share || 0));
  return share > 1 ? share : Infinity;
}

/**
 * The mean of what some inputs cost, if it is on one side of the threshold beyond doubt. To be sure of what was not seen, one more is taken to cost twice as much as the dearest: of a behaviour that is right or
 * wrong a few inputs say nothing.
 */
function clearCost(costs: readonly number[]): number | undefined {
  const dearest = Math.max(...costs);
  if (!Number.isFinite(dearest) || dearest <= 0) return undefined;
  const meanOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const mean = meanOf(costs);
  const all = [...costs, 2 * dearest];
  const middle = meanOf(all);
  const error = Math.sqrt(meanOf(all.map((one) => (one - middle) ** 2)) / all.length);
  return middle + CLEAR * error < 1 || mean - CLEAR * error > 1 ? mean : undefined;
}
