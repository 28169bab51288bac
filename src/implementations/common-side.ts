/** A model of two that are drawn from together: how it does the task untouched, and which of its components may be patched. */
import { select, type Component } from '../circuit/component.js';
import type { Model } from '../model/model.js';
import { once } from '../once.js';
import { requireBehaviour } from '../task/task.js';
import { searchFree } from './by-intervention.js';
import type { Few } from './longest.js';
import { Samples, type DrawOptions, type MadeSample } from './samples.js';
import type { ImplementationSet, Interventions } from './set.js';
import { untouched } from './untouched.js';

export interface CommonSide {
  readonly model: Model;
  readonly samples: Samples;
  /** clean logits, for a behaviour relative to them */
  readonly clean: Few['clean'];
  /** what its search ran on */
  readonly few: Few | undefined;
  /** components that do not break it alone */
  readonly pool: readonly Component[];
  /** the model without interventions, until it is the first draw */
  itself: MadeSample | undefined;
}

/**
 * Judges a model's behaviour and searches for the components that break it alone: nothing is drawn yet.
 * @param among the components to search, where they are chosen already
 * @throws BehaviourError for a model below the task's threshold; ImplementationError for one that can do without none of its components
 */
export async function commonSide(
  set: ImplementationSet & { readonly interventions: Interventions },
  how: Interventions,
  options: DrawOptions,
  among?: readonly Component[],
): Promise<CommonSide> {
  const { task, examples, searchSeed, signal, cache, progress } = options;
  const model = set.original;
  const drawing: DrawOptions = { ...options, progress: undefined };
  const { score, itself, logits } = await untouched(set, drawing);
  requireBehaviour(task, model.name, score);
  const found =
    how.outside === 'grow'
      ? await searchFree(model, how, { task, examples, searchSeed, signal, cache, progress }, among)
      : undefined;
  return {
    model,
    samples: new Samples(set, found?.searched, score, drawing),
    clean: once(async () => (task.behaviour.relative ? logits() : undefined)),
    few: found,
    pool: found?.pool ?? select(model, set.interventions.outside as readonly string[]),
    itself,
  };
}
