import * as fc from 'fast-check';
import { intervene, inWords, select, type Component } from '../src/circuit/component.js';
import type { Ablation } from '../src/circuit/ablation.js';
import { requireFree, type Circuit } from '../src/circuit/patching.js';
import type { Intervention, Model, Tokens } from '../src/model/model.js';
import { runExamples } from '../src/task/run.js';
import type { Examples, Task } from '../src/task/task.js';
import { patchOf } from '../src/verdict/sets.js';
import { subsets } from './subsets.js';

/** An implementation drawn by fast-check: what is patched, and how it does the task. Prints itself in words. */
export interface GeneratedImplementation {
  readonly words: string;
  readonly model: Model;
  readonly components: readonly Component[];
  readonly counterfactualSeed: number;
  /** mean behaviour over the examples */
  score(): Promise<number>;
}

export interface ImplementationsOptions<I> {
  readonly on: Task<I>;
  /** what may be patched: the free components of a circuit from `findCircuit`, or components by name (`*` allowed) */
  readonly outside: Circuit | readonly string[];
  /** Default `resample` */
  readonly by?: Ablation;
  /** inputs the behaviour is measured on. Default 200 */
  readonly inputs?: number;
  /** seed of those inputs. Default 0 */
  readonly seed?: number;
}

/**
 * Implementations of a model by intervention outside its circuit. Shrinks to fewer patched components, then to smaller
 * counterfactual seeds, so that what is left is the smallest intervention that breaks the property.
 * @throws InterventionError, ImplementationError where there is nothing to patch
 */
export function implementations<I>(model: Model, options: ImplementationsOptions<I>): fc.Arbitrary<GeneratedImplementation> {
  const { on, outside, by = 'resample', inputs = 200, seed = 0 } = options;
  const free = 'free' in outside ? outside.free : select(model, outside);
  requireFree({ free, model: model.name });
  const examples: Examples<I> = on.examples(inputs, seed);
  return fc.tuple(subsets(free), fc.nat(0x7ffffffe)).map(([components, counterfactualSeed]) => {
    const words = `${model.name} with ${inWords(components, model)} patched by ${by}${by === 'resample' ? ` (counterfactual seed ${counterfactualSeed})` : ''}`;
    return {
      words,
      model,
      components,
      counterfactualSeed,
      async score() {
        const patch = await patchOf(model, components, by, on, examples, counterfactualSeed);
        const clean = on.behaviour.relative ? (await runExamples(model, on, examples)).logits : undefined;
        return (await runExamples(model, on, examples, { patch, clean })).score;
      },
      toString: () => words,
      [fc.toStringMethod]: () => words,
    };
  });
}

/**
 * Interventions on the given components from one counterfactual batch, for `model.run` on a batch of one's own.
 * @param counterfactuals one row of tokens per row of the batch
 */
export function resample(components: readonly Component[], counterfactuals: readonly Tokens[]): Intervention[] {
  return intervene(components, { kind: 'resample', inputs: counterfactuals });
}
