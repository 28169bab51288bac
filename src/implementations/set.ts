/** What an implementation set is: where implementations of what a model does come from. None is special, the model itself included. */
import type { Cache } from '../cache/cache.js';
import type { Ablation } from '../circuit/ablations.js';
import type { Component } from '../circuit/component.js';
import type { Circuit } from '../circuit/patching.js';
import type { Ranked } from '../circuit/rank.js';
import type { Scope } from '../circuit/scope.js';
import { ImplementationError } from '../errors.js';
import type { Model } from '../model/model.js';
import type { BatchInterventions } from '../task/run.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import type { Captured, Capturing } from './captured.js';

/** What an intervention is made of, so that it can be made again, on this model or on another with the same components. */
export interface Recipe {
  /** names of the components that are patched; none: the model as it is */
  readonly components: readonly string[];
  /** of the counterfactuals */
  readonly seed: number;
}

/** The model as it is. */
export const UNTOUCHED: Recipe = { components: [], seed: 0 };

/** A model, possibly with interventions, that is to be shown to do the task. */
export interface Implementation {
  /** what it is, in words a person can act on */
  readonly description: string;
  readonly model: Model;
  /** undefined: the model as it is */
  readonly patch: BatchInterventions | undefined;
  /** given where it is made by intervention */
  readonly recipe?: Recipe | undefined;
  /** given where making it ran it on all examples, and what is captured was asked for */
  readonly captured?: Captured | undefined;
}

/** What an implementation set is opened with. */
export interface SetContext {
  readonly task: AnyTask;
  readonly examples: AnyExamples;
  /** of the draws; each side of a comparison gets its own, so that the two are drawn independently */
  readonly seed: number;
  /** of what all draws of a set share; the same for both sides, so that two copies of a model are searched alike */
  readonly searchSeed: number;
  readonly signal?: AbortSignal | undefined;
  /** where what is computed is kept for other runs */
  readonly cache?: Cache | undefined;
  /** what is kept of a run of an implementation, so that one that ran need not run again */
  readonly capturing?: Capturing | undefined;
  readonly progress?: ((done: number) => void) | undefined;
}

/** A set opened for one task: draws are numbered, and the same number gives the same implementation. */
export interface OpenSet {
  /** undefined where the set has no more */
  draw(index: number): Promise<Implementation | undefined>;
  /** the components that its implementations patch from, where they are made by intervention */
  readonly pool?: readonly Component[] | undefined;
  /** the search behind the set, where there was one, and how many components its implementations patch from */
  readonly searched?: Searched | undefined;
}

/** A search for components that matter. */
export interface Searched {
  /** how many components it ranged over */
  readonly components: number;
  /** what that was, where components were searched for and not named by a circuit */
  readonly scope?: Scope | undefined;
  /** how many of them implementations patch from */
  readonly patchable: number;
  /** runs over examples used */
  readonly runs: number;
  /** components that were patched alone, the one that matters most first */
  readonly alone: readonly Ranked[];
  /** in nats, what gradients say that patching each component alone does, where they were asked */
  readonly estimated?: ReadonlyMap<Component, number> | undefined;
  /** components that are not patched because the budget did not allow to tell them from others that break the behaviour */
  readonly untold: number;
  /** all components by what they matter, where that was searched for */
  readonly ranking?: readonly Ranked[] | undefined;
}

/** How implementations are made of one model by intervention: what two sets must share to be drawn together. */
export interface Interventions {
  /** the components that are patched: `grow`, or names, or what a circuit leaves outside */
  readonly outside: 'grow' | readonly string[] | Circuit;
  /** of components named, the share that is patched */
  readonly fraction: number;
  readonly search: {
    readonly over?: string | undefined;
    readonly budget?: number | undefined;
    readonly rankOn?: number | undefined;
  };
  readonly by: Ablation;
}

/** What draws from a model depend on; undefined where nobody can say. */
export type KeyOf = (model: Model) => readonly unknown[] | undefined;

/** A model's implementations, drawn one by one. */
export interface ImplementationSet {
  readonly description: string;
  /** the model that must meet the task's threshold before anything is judged */
  readonly original: Model;
  /** trained runs that implementations are drawn from; default 1. Of several, the run is what counts as independent (docs/statistics.md) */
  readonly runs?: number | undefined;
  /** all models that implementations are made of. Default: the original */
  readonly models?: readonly Model[] | undefined;
  /** true: draws take activations from counterfactuals, so that inputs that have none are left out. @defaultValue false */
  readonly resamples?: boolean | undefined;
  /** given where implementations are the original's by intervention */
  readonly interventions?: Interventions | undefined;
  /**
   * all that the set's draws follow from besides task, examples and seeds, made of what `keyOf` gives for the set's models; undefined where nobody can say. Missing: its draws are not kept
   * between runs (docs/cache.md)
   */
  identity?(keyOf: KeyOf): readonly unknown[] | undefined;
  /** the examples that draws can be made on, where that is not all of them: those of which a mean would leave a part as it is are left out */
  ablatable?(task: AnyTask, examples: AnyExamples): AnyExamples;
  open(context: SetContext): Promise<OpenSet>;
}

/** A set with what tells it apart: of a copy that opens in another way nobody can say. */
export function identified(
  set: ImplementationSet,
  identity: NonNullable<ImplementationSet['identity']>,
): ImplementationSet {
  return {
    ...set,
    identity(keyOf) {
      return this.open === set.open ? identity(keyOf) : undefined;
    },
  };
}

/** True for anything with the members of an ImplementationSet. */
export function isSet(value: unknown): value is ImplementationSet {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as ImplementationSet).open === 'function' &&
    'original' in value
  );
}

/** @throws ImplementationError where too few draws were accepted to compare anything */
export function requireImplementations(
  words: string,
  tried: number,
  accepted: number,
  wanted: number,
  floor: number,
  task: AnyTask,
): void {
  if (tried > 0 && accepted / tried < floor)
    throw new ImplementationError({
      what: `only ${accepted} of ${tried} draws still do "${task.name}" (${task.behaviour.name} ${task.thresholdText}); at least ${Math.round(floor * 100)} % must`,
      where: words,
      hint: 'patch fewer components (lower `fraction`), narrow what lies outside the circuit, or lower the threshold of the task',
    });
  if (accepted < 2)
    throw new ImplementationError({
      what: `${accepted} implementation${accepted === 1 ? '' : 's'} of the ${wanted} asked for; the within-model distance needs at least two`,
      where: words,
      hint: 'give more trained runs, or a union with implementations by intervention',
    });
}
