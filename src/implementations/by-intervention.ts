/** Implementations of what one model does, by intervention on components that it can do without. */
import * as z from 'zod';
import { ablatable, ablation } from '../circuit/ablation.js';
import { ablationMethod, ablationNames, needsReferences, resamples, type Ablation } from '../circuit/ablations.js';
import { findBreakers, type Breakers } from '../circuit/breakers.js';
import { intervene, inWords, ofKinds, select, sitesOf, type Component } from '../circuit/component.js';
import { growFree, startFrom } from '../circuit/grow.js';
import { requireFree, type Circuit } from '../circuit/patching.js';
import { rankSchema, type RankOptions } from '../circuit/rank.js';
import { once } from '../once.js';
import { requireModel } from '../model/is-model.js';
import type { Model } from '../model/model.js';
import { checkOptions, type ShapeOf } from '../options.js';
import { random } from '../random.js';
import { runExamples, type BatchInterventions } from '../task/run.js';
import type { AnyExamples, AnyTask, Examples, Task } from '../task/task.js';
import type { Captured } from './captured.js';
import {
  identified,
  UNTOUCHED,
  type Implementation,
  type ImplementationSet,
  type Interventions,
  type Searched,
  type SetContext,
} from './set.js';

/** Options of `byIntervention`. */
export interface ByInterventionOptions {
  /**
   * which components an implementation patches. `'grow'`: a random set of its own, grown for as long as the task's threshold holds, over all components that do not break it
   * alone. A list of components by name (`*` allowed), or what `findCircuit` resolves to: a random `fraction` of what a claimed circuit leaves outside; draws that break the
   * behaviour are rejected. @defaultValue 'grow'
   */
  readonly outside?: 'grow' | readonly string[] | Circuit | undefined;
  /** the share of the components outside a claimed circuit that each implementation patches, in (0, 1]. @defaultValue 0.5 */
  readonly fraction?: number | undefined;
  /** the search for components that break the behaviour alone, for `'grow'`: by patching groups of them and halving those that break it. @defaultValue that of `rankComponents` */
  readonly search?: Omit<RankOptions, 'seed' | 'signal' | 'progress' | 'by'> | undefined;
  /** what takes the place of an activation: the one on another input, the mean over inputs, or zero. @defaultValue 'resample' */
  readonly by?: Ablation | undefined;
}

const { over, budget, rankOn } = rankSchema.shape;

export const byInterventionSchema = z.strictObject({
  outside: z
    .union(
      [
        z.literal('grow'),
        z.array(z.string()).min(1).readonly(),
        z.custom<Circuit>((v) => Array.isArray((v as Circuit | null)?.free)),
      ],
      {
        error: "outside must be 'grow', a list of component names, or a circuit from findCircuit",
      },
    )
    .default('grow'),
  fraction: z.number().gt(0).max(1).default(0.5),
  // without defaults: how many examples there are is not known here
  search: z
    .strictObject({ over, budget: budget.unwrap().optional(), rankOn: rankOn.unwrap().optional() } satisfies ShapeOf<
      NonNullable<ByInterventionOptions['search']>
    >)
    .default({}),
  by: z.enum(ablationNames).default('resample'),
} satisfies ShapeOf<ByInterventionOptions>);

/**
 * Implementations of what a model does, by intervention on components that it can do without. The model without any
 * intervention is draw 0, an ordinary member.
 * @throws OptionError
 */
export function byIntervention(model: Model, options: ByInterventionOptions = {}): ImplementationSet {
  requireModel(model, 'what implementations are to be made of', 'byIntervention');
  const made = checkOptions(byInterventionSchema, options, 'byIntervention');
  const { outside, fraction, search, by } = made;
  const interventions = made as Interventions;
  const { done } = ablationMethod(by);
  const wordsOf = (chosen: readonly Component[], index: number): string =>
    `${model.name} with ${inWords(chosen, model)} ${done} (draw ${index})`;
  const implementation = (
    chosen: readonly Component[],
    index: number,
    patch: BatchInterventions,
    ofCounterfactuals: number,
  ): Implementation => ({
    description: wordsOf(chosen, index),
    model,
    patch,
    recipe: { components: chosen.map(({ name }) => name), seed: ofCounterfactuals },
  });
  const identity: NonNullable<ImplementationSet['identity']> = (keyOf) => {
    const key = keyOf(model);
    const named =
      typeof outside === 'string' || Array.isArray(outside)
        ? outside
        : (outside as Circuit).free.map(({ name }) => [name]);
    return key && ['by intervention', key, named, fraction, search, by];
  };
  const itself: Implementation = {
    description: `${model.name} itself`,
    model,
    patch: undefined,
    recipe: UNTOUCHED,
  };

  if (outside === 'grow') {
    const set: ImplementationSet = {
      description: `${model.name} with as many random components ${done} as its behaviour allows`,
      original: model,
      resamples: resamples(by),
      ...(needsReferences(by) && {
        ablatable: (task: AnyTask, examples: AnyExamples) =>
          ablatable(model, task, examples, sitesOf(ofKinds(model, search.over)), by),
      }),
      interventions,
      async open(context) {
        const { task, examples, seed, capturing, signal } = context;
        const { pool, searched, examples: few, clean: cleanFew } = await searchFree(model, interventions, context);
        // for the first draw that is not known
        const start = once(async () => {
          const pilot = await growFree(model, task, few, pool, {
            by,
            seed: random(context.searchSeed, 'pilot').below(0x7fffffff),
            clean: await cleanFew(),
            isPilot: true,
            signal,
          });
          return startFrom(pilot.components.length);
        });
        const clean = once(async () =>
          task.behaviour.relative ? (await runExamples(model, task, examples, { signal })).logits : undefined,
        );
        return {
          searched,
          pool,
          async draw(index) {
            if (index === 0) return itself;
            let captured: Captured | undefined;
            const {
              components,
              patch,
              seed: own,
            } = await growFree(model, task, examples, pool, {
              by,
              seed: random(seed, `draw ${index}`).below(0x7fffffff),
              clean: await clean(),
              start: await start(),
              capture: capturing?.sitesOf(model),
              held:
                capturing &&
                (async (some, run) => {
                  captured = await capturing.captured(wordsOf(some, index), model, run);
                }),
              signal,
            });
            return { ...implementation(components, index, patch, own), captured };
          },
        };
      },
    };
    return identified(set, identity);
  }

  const freeOf = (): readonly Component[] =>
    Array.isArray(outside) ? select(model, outside) : (outside as Circuit).free;
  const set: ImplementationSet = {
    interventions,
    description: `${model.name} with ${Math.round(fraction * 100)} % of the components outside its circuit ${done}`,
    original: model,
    resamples: resamples(by),
    ...(needsReferences(by) && {
      ablatable: (task: AnyTask, examples: AnyExamples) => ablatable(model, task, examples, sitesOf(freeOf()), by),
    }),
    async open({ task, examples, seed, signal }) {
      const circuit = Array.isArray(outside) ? undefined : (outside as Circuit);
      const free = freeOf();
      requireFree({ free, model: model.name });
      const size = Math.max(1, Math.round(fraction * free.length));
      return {
        pool: free,
        searched: circuit && {
          components: circuit.ranking.length,
          patchable: free.length,
          runs: circuit.runs,
          alone: circuit.grouped === 1 ? circuit.ranking : [],
          ranking: circuit.ranking,
          // of a ranking in groups nobody can tell
          untold: circuit.grouped === 1 ? 0 : circuit.ranking.length,
        },
        async draw(index) {
          if (index === 0) return itself;
          const stream = random(seed, `draw ${index}`);
          const chosen = Array.from(stream.subset(free.length, size), (i) => free[i]!);
          const own = stream.below(0x7fffffff);
          return implementation(chosen, index, await patchOf(model, chosen, by, task, examples, own, signal), own);
        },
      };
    },
  };
  return identified(set, identity);
}

/** What a search for components that a model can do without one by one found. */
interface Free extends Pick<Breakers<unknown>, 'examples' | 'clean'> {
  readonly pool: readonly Component[];
  readonly searched: Searched;
}

/**
 * @param among the components to search, where they are chosen already
 * @throws ImplementationError where there is none
 */
export async function searchFree(
  model: Model,
  { search, by }: Interventions,
  { task, examples, searchSeed, signal, cache, progress }: Omit<SetContext, 'seed'>,
  among?: readonly Component[],
): Promise<Free> {
  const options = { ...search, by, seed: searchSeed, signal, progress };
  const { all, scope, breakers, alone, estimated, untold, runs, ...ran } = await findBreakers(
    model,
    task,
    examples,
    options,
    cache,
    among,
  );
  const pool = all.filter((one) => !breakers.has(one));
  requireFree({ free: pool, model: model.name });
  const searched = { components: all.length, scope, patchable: pool.length, runs, alone, estimated, untold };
  return { pool, searched, ...ran };
}

/** Patches a set of components, from counterfactuals drawn by seed where it resamples. */
export async function patchOf<I>(
  model: Model,
  chosen: readonly Component[],
  by: Ablation,
  task: Task<I>,
  examples: Examples<I>,
  seed: number,
  signal?: AbortSignal,
): Promise<BatchInterventions> {
  const replacement = await ablation(model, task, examples, sitesOf(chosen), { by, seed, signal });
  return (rows) => intervene(chosen, replacement(rows));
}
