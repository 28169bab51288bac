/** Measures, for each part of a circuit, how often intervening on it breaks the behaviour. */
import type { Ablation } from '../../src/circuit/ablation.js';
import type { Component } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { runExamples } from '../../src/task/run.js';
import { requireBehaviour, type Task } from '../../src/task/task.js';
import { trials, type Trial } from '../trials.js';
import { breaks } from './breaks.js';
import { Meter, type SearchLimits } from './budget.js';
import { TrialRunner } from './run-trials.js';

export interface NecessityOptions<I> extends SearchLimits {
  readonly on: Task<I>;
  readonly by: readonly Ablation[];
  /** inputs and counterfactuals for each part and way of replacing it */
  readonly draws: number;
  readonly tolerance: number;
  readonly inputs: number;
  readonly seed: number;
}

/** How often one way of replacing a part broke an input. */
export interface Broken {
  readonly by: Ablation;
  readonly tried: number;
  readonly broken: number;
}

export interface Necessity {
  readonly parts: readonly { readonly component: Component; readonly effects: readonly Broken[] }[];
  readonly inputs: number;
  readonly runs: number;
  readonly passes: number;
  readonly stopped: string | undefined;
}

/**
 * Every part with inputs and counterfactuals drawn independently, with replacement. Round by round over the parts, so that where a limit ends it all parts
 * have been tried alike; how many draws there are never depends on what they showed.
 * @throws BehaviourError where the model does not do the task; OptionError, InterventionError, CancelledError
 */
export async function measureNecessity<I>(model: Model, parts: readonly Component[], options: NecessityOptions<I>): Promise<Necessity> {
  const { on, by, draws, tolerance, inputs, seed, batch = 256, ...limits } = options;
  const meter = new Meter({ batch, ...limits });
  const space = trials(model, { on, outside: parts, by, seed });
  const examples = on.examples(inputs, seed);
  requireBehaviour(on, model.name, (await runExamples(model, on, examples, { signal: limits.signal })).score);
  const runner = new TrialRunner(model, on, examples);
  const counts = new Map(parts.map((component) => [component, new Map(space.by.map((way) => [way, { tried: 0, broken: 0 }]))]));
  const stream = random(seed, 'necessity');
  const waiting: Trial<I>[] = [];
  let runs = 0;
  let stopped: string | undefined;
  const run = async (): Promise<void> => {
    stopped ??= meter.exhausted();
    const now = waiting.splice(0);
    if (stopped !== undefined || now.length === 0) return;
    const effects = await runner.effects(now, meter);
    now.forEach((trial, i) => {
      const count = counts.get(trial.components[0]!)!.get(trial.by)!;
      count.tried++;
      runs++;
      if (breaks(on, effects[i]!, tolerance)) count.broken++;
    });
  };
  const going = (): boolean => stopped === undefined;
  for (let draw = 0; draw < draws && going(); draw++)
    for (const way of space.by)
      for (const part of parts) {
        waiting.push(space.of([part], way, stream.below(0x7fffffff)));
        if (waiting.length >= batch) await run();
      }
  await run();
  return {
    parts: parts.map((component) => ({ component, effects: [...counts.get(component)!].map(([way, count]) => ({ by: way, ...count })) })),
    inputs: examples.inputs.length,
    runs,
    passes: meter.passes,
    stopped,
  };
}
