/** The power of a comparison, found by comparisons of the released model with planted changes of itself. */
import type * as z from 'zod';
import type { Ranked } from '../circuit/rank.js';
import type { Model } from '../model/model.js';
import { keyOf, knownChanges } from '../power/cache.js';
import type { PowerEvidence } from '../power/evidence.js';
import type { PowerSettings } from '../power/options.js';
import { statedPower } from '../power/stated.js';
import { random } from '../random.js';
import type { AnyExamples } from '../task/task.js';
import type { CompareOptions, compareSchema } from './compare-options.js';
import type { Evidence } from './evidence.js';

type Given = z.output<typeof compareSchema> & {
  /** false: what was compared is known from before */
  readonly isNew: boolean;
  /** the baseline against another candidate */
  readonly compareWith: (changed: Model, options: CompareOptions) => Promise<Evidence>;
};

/** @throws CancelledError */
export async function powerOfComparison(
  settings: PowerSettings,
  model: Model,
  examples: AnyExamples,
  ranking: readonly Ranked[] | undefined,
  { compareWith, isNew, ...given }: Given,
): Promise<PowerEvidence> {
  const { on: task, seed, progress, budget, inputs, bank: _1, power: _2, maxSeconds: _3, cache: _5, ...rest } = given;
  const draws = Math.min(settings.draws ?? budget.draws, budget.draws);
  const most = Math.min(settings.inputs, inputs ?? Infinity);
  const smaller = { ...rest, on: task, alsoReport: [], shrink: false, budget: { draws }, inputs: most };
  const { on: _4, signal, ...said } = smaller;
  const key = await keyOf(model, task, examples, { ...said, seed }, signal);
  const known = await knownChanges(settings.folder, key);
  // an unchanged comparison says nothing new of its power, but one that was interrupted is gone on with
  const atOnce =
    isNew || settings.atOnce === undefined ? settings.atOnce : Math.max(0, settings.atOnce - known.of.size);
  return statedPower({
    model,
    task,
    examples,
    changes: settings.changes,
    atOnce,
    draws,
    inputs: most,
    seed: random(seed, 'power').below(0x7fffffff),
    ranking,
    judge: async (changed, own) => (await compareWith(changed, { ...smaller, seed: own } as CompareOptions)).outcome,
    known,
    signal,
    progress: (done) => progress?.(0.96 + 0.03 * done, 'judging planted changes'),
  });
}
