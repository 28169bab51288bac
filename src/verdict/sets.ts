/** Implementation sets: where implementations of what a model does come from. None is special, the model itself included. */
import { z } from 'zod';
import { ImplementationError, OptionError } from '../errors.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import { runExamples, type Patch } from '../task/run.js';
import type { AnyExamples, AnyTask, Examples, Task } from '../task/task.js';
import { ablation, type Ablation } from '../circuit/ablation.js';
import { intervene, inWords, select, siteOf, type Component } from '../circuit/component.js';
import { growFree } from '../circuit/grow.js';
import { requireFree, type Circuit } from '../circuit/patching.js';
import { rankComponents, type Ranking, type RankOptions } from '../circuit/rank.js';

/** A model, possibly with interventions, that is to be shown to do the task. */
export interface Implementation {
  /** what it is, in words a person can act on */
  readonly words: string;
  readonly model: Model;
  /** undefined: the model as it is */
  readonly patch: Patch | undefined;
}

export interface SetContext {
  readonly task: AnyTask;
  readonly examples: AnyExamples;
  /** of the draws; each side of a comparison gets its own, so that the two are drawn independently */
  readonly seed: number;
  /** of what all draws of a set share; the same for both sides, so that two copies of a model are searched alike */
  readonly searchSeed: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number) => void) | undefined;
}

/** A set opened for one task: draws are numbered, and the same number gives the same implementation. */
export interface OpenSet {
  /** undefined where the set has no more */
  draw(index: number): Promise<Implementation | undefined>;
  /** the search behind the set, where there was one, and how many components its implementations patch from */
  readonly searched?: (Ranking & { readonly patchable: number }) | undefined;
}

export interface ImplementationSet {
  readonly words: string;
  /** the model that must meet the task's threshold before anything is judged */
  readonly original: Model;
  open(context: SetContext): Promise<OpenSet>;
}

export interface ByInterventionOptions {
  /**
   * Default `grow`: each implementation patches its own random set of components, grown for as long as the task's
   * threshold holds, over all those that do not break it alone. Otherwise what a claimed circuit leaves outside:
   * components by name (`*` allowed), or a Circuit from `findCircuit`, of which each implementation patches a random `fraction`.
   */
  readonly outside?: 'grow' | readonly string[] | Circuit | undefined;
  /** the share of the components outside a given circuit that each implementation has patched, in (0, 1]. Default 0.5 */
  readonly fraction?: number | undefined;
  /** the search for components that break the behaviour alone, for `grow` */
  readonly search?: Omit<RankOptions, 'seed' | 'signal' | 'progress' | 'by'> | undefined;
  /** how a component is patched. Default: `resample` */
  readonly by?: Ablation | undefined;
}

const isFunction = <T>(value: unknown): value is T => typeof value === 'function';

const byInterventionSchema = z.strictObject({
  outside: z
    .union([z.literal('grow'), z.array(z.string()).min(1), z.custom<Circuit>((v) => Array.isArray((v as Circuit | null)?.free))], {
      error: "outside must be 'grow', a list of component names, or a circuit from findCircuit",
    })
    .default('grow'),
  fraction: z.number().gt(0).max(1).default(0.5),
  search: z
    .strictObject({ over: z.enum(['heads', 'neurons', 'heads+neurons', 'layers']).optional(), budget: z.int().optional(), rankOn: z.int().optional() })
    .default({}),
  by: z.enum(['resample', 'mean', 'zero']).default('resample'),
});

const done = { resample: 'resampled', mean: 'mean-ablated', zero: 'zero-ablated' } as const;

/**
 * Implementations of what a model does, by intervention on components that it can do without. The model without any
 * intervention is draw 0, an ordinary member.
 * @throws OptionError
 */
export function byIntervention(model: Model, options: ByInterventionOptions = {}): ImplementationSet {
  const { outside, fraction, search, by } = checkOptions(byInterventionSchema, options, 'byIntervention');
  const implementation = (chosen: readonly Component[], index: number, patch: Patch): Implementation => ({
    words: `${model.name} with ${inWords(chosen, model)} ${done[by]} (draw ${index})`,
    model,
    patch,
  });
  const itself: Implementation = { words: `${model.name} itself`, model, patch: undefined };

  if (outside === 'grow')
    return {
      words: `${model.name} with as many random components ${done[by]} as its behaviour allows`,
      original: model,
      async open({ task, examples, seed, searchSeed, signal, progress }) {
        const ranked = await rankComponents(model, task, examples, { ...search, by, seed: searchSeed, signal, progress });
        const pool = ranked.ranking.filter((one) => !one.breaks).map((one) => one.component);
        requireFree({ free: pool, model: model.name });
        const clean = task.behaviour.relative ? (await runExamples(model, task, examples, { signal })).logits : undefined;
        return {
          searched: { ...ranked, patchable: pool.length },
          async draw(index) {
            if (index === 0) return itself;
            const { components, patch } = await growFree(model, task, examples, pool, { by, seed: random(seed, `draw ${index}`).below(0x7fffffff), clean, signal });
            return implementation(components, index, patch);
          },
        };
      },
    };

  return {
    words: `${model.name} with ${Math.round(fraction * 100)} % of the components outside its circuit ${done[by]}`,
    original: model,
    async open({ task, examples, seed, signal }) {
      const circuit = Array.isArray(outside) ? undefined : (outside as Circuit);
      const free = circuit?.free ?? select(model, outside as readonly string[]);
      requireFree({ free, model: model.name });
      const size = Math.max(1, Math.round(fraction * free.length));
      return {
        searched: circuit && { ...circuit, patchable: free.length },
        async draw(index) {
          if (index === 0) return itself;
          const stream = random(seed, `draw ${index}`);
          const chosen = Array.from(stream.subset(free.length, size), (i) => free[i]!);
          return implementation(chosen, index, await patchOf(model, chosen, by, task, examples, stream.below(0x7fffffff), signal));
        },
      };
    },
  };
}

/** Patches a set of components, from counterfactuals drawn by seed where it resamples. */
export async function patchOf<I>(model: Model, chosen: readonly Component[], by: Ablation, task: Task<I>, examples: Examples<I>, seed: number, signal?: AbortSignal): Promise<Patch> {
  const replacement = await ablation(model, task, examples, [...new Set(chosen.map(siteOf))], { by, seed, signal });
  return (rows) => intervene(chosen, replacement(rows));
}

/**
 * Other trained runs: each model is one implementation, in an order drawn by seed. A finite set.
 * @throws OptionError for an empty list
 */
export function trainedRuns(models: readonly Model[]): ImplementationSet {
  const [first] = models;
  if (!Array.isArray(models) || first === undefined)
    throw new OptionError({ what: 'trainedRuns needs at least one model', where: 'trainedRuns' });
  return {
    words: `${models.length} trained runs: ${models.map((model) => model.name).join(', ')}`,
    original: first,
    async open({ seed }) {
      const order = random(seed, 'runs').permutation(models.length);
      return {
        async draw(index) {
          const model = index < order.length ? models[order[index]!] : undefined;
          return model && { words: model.name, model, patch: undefined };
        },
      };
    },
  };
}

/**
 * All implementations of several sets; each draw comes from one of them, chosen at random among those that have more.
 * @throws OptionError for an empty list
 */
export function union(...sets: readonly ImplementationSet[]): ImplementationSet {
  const [first] = sets;
  if (first === undefined) throw new OptionError({ what: 'union needs at least one implementation set', where: 'union' });
  return {
    words: sets.map((set) => set.words).join('; or '),
    original: first.original,
    async open(context) {
      const open: OpenSet[] = [];
      for (const [i, set] of sets.entries()) open.push(await set.open({ ...context, seed: random(context.seed, `set ${i}`).below(0x7fffffff) }));
      const next = open.map(() => 0);
      const drawn: (Implementation | undefined)[] = [];
      const stream = random(context.seed, 'union');
      return {
        searched: open.find((set) => set.searched)?.searched,
        async draw(index) {
          while (drawn.length <= index) {
            const left = open.map((_, i) => i).filter((i) => next[i]! >= 0);
            let found: Implementation | undefined;
            while (left.length > 0 && !found) {
              const at = stream.below(left.length);
              const i = left[at]!;
              found = await open[i]!.draw(next[i]!);
              if (found) next[i]!++;
              else {
                next[i] = -1;
                left.splice(at, 1);
              }
            }
            drawn.push(found);
          }
          return drawn[index];
        },
      };
    },
  };
}

/** True for anything with the members of an ImplementationSet. */
export function isSet(value: unknown): value is ImplementationSet {
  return typeof value === 'object' && value !== null && isFunction((value as ImplementationSet).open) && 'original' in value;
}

/** True for anything with the members of a Model. */
export function isModel(value: unknown): value is Model {
  return typeof value === 'object' && value !== null && isFunction((value as Model).run) && Array.isArray((value as Model).sites);
}

/** @throws ImplementationError where too few draws were accepted to compare anything */
export function requireImplementations(words: string, tried: number, accepted: number, wanted: number, floor: number, task: AnyTask): void {
  if (tried > 0 && accepted / tried < floor)
    throw new ImplementationError({
      what: `only ${accepted} of ${tried} draws still do "${task.name}" (${task.behaviour.name} ${task.threshold}); at least ${Math.round(floor * 100)} % must`,
      where: words,
      todo: 'patch fewer components (lower `fraction`), narrow what lies outside the circuit, or lower the threshold of the task',
    });
  if (accepted < 2)
    throw new ImplementationError({
      what: `${accepted} implementation${accepted === 1 ? '' : 's'} of the ${wanted} asked for: siblings need at least two`,
      where: words,
      todo: 'give more trained runs, or a union with implementations by intervention',
    });
}
