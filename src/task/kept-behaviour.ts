/** How a model does a task, which is found once (docs/cache.md). */
import type { Cache } from '../cache/cache.js';
import { json, kept } from '../cache/kept.js';
import type { Model } from '../model/model.js';
import { runKey } from './run-key.js';
import { runExamples, type ExampleRun } from './run.js';
import type { AnyExamples, AnyTask } from './task.js';

export interface KeptBehaviourOptions {
  readonly cache: Cache | undefined;
  readonly signal: AbortSignal | undefined;
  /** told of the run, where there was one */
  readonly ran?: (run: ExampleRun) => void;
}

/** The mean score over examples. @throws whatever the model throws, and CancelledError */
export const behaviourOf = (
  model: Model,
  task: AnyTask,
  examples: AnyExamples,
  { cache, signal, ran }: KeptBehaviourOptions,
): Promise<number> =>
  kept(
    cache,
    {
      kind: 'behaviour',
      about: `${model.name} on ${task.name}`,
      key: () => [runKey(model, task, examples)],
      codec: json<number>(),
      signal,
    },
    async () => {
      const run = await runExamples(model, task, examples, { signal });
      ran?.(run);
      return run.score;
    },
  );
