/** Compares two implementation sets on a task, from inputs to evidence. */
import type * as z from 'zod';
import { json, kept } from '../cache/kept.js';
import type { ImplementationSet } from '../implementations/index.js';
import type { Searched } from '../implementations/set.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { powerOf } from '../power/options.js';
import { clock, linkedTo } from '../signal.js';
import { withWorkers } from '../workers/current.js';
import { compareSchema, type CompareOptions } from './compare-options.js';
import type { Evidence } from './evidence.js';
import { judgeComparison } from './judge-comparison.js';
import type { Verdict } from './judge-sampling.js';
import { unkept, verdictKey } from './kept-verdict.js';
import { prepared, withFingerprint } from './prepared.js';
import { powerOfComparison } from './with-power.js';
import { TimeLimit, Workload } from './workload.js';

/** Milliseconds without a report after which a pass makes one. */
const PASSED = 500;

/**
 * Are two implementation sets interchangeable on a task? The rule is in docs/verdict.md.
 *
 * Side 1 is the baseline, side 2 the candidate; a side that is a model becomes its implementations by intervention. Where the
 * components of two models correspond, each intervention is made on both of them; otherwise both sides are drawn independently.
 * @throws OptionError, TaskError, BehaviourError, ImplementationError, RepresentationError, CancelledError: nothing was judged
 */
export async function compare(
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  given: CompareOptions,
): Promise<Evidence> {
  const options = checkOptions(compareSchema, withFingerprint(baseline, candidate, given), 'options');
  const { controller, unlink } = linkedTo(options.signal);
  const { signal } = controller;
  const limit = new TimeLimit(options.maxSeconds, controller);
  let said: { readonly done: number; readonly doing: string; readonly at: number } | undefined;
  const progress = (done: number, doing: string): void => {
    const { work } = workload;
    said = { done, doing, at: clock() };
    limit.follow(doing, work);
    options.progress?.(done, doing, work);
  };
  // rows are computed for a long time between two steps
  const workload = new Workload(signal, () => said && clock() - said.at > PASSED && progress(said.done, said.doing));
  try {
    return await withWorkers(options.workers, () =>
      comparing(baseline, candidate, { ...options, signal, progress }, workload),
    );
  } finally {
    limit.end();
    unlink();
  }
}

async function comparing(
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  given: z.infer<typeof compareSchema>,
  workload: Workload,
): Promise<Evidence> {
  const started = clock();
  const comparison = { ...(await prepared(baseline, candidate, given)), workload };
  const { sets, compared, cache } = comparison;
  const { on: task, signal, progress } = given;
  let searched: Searched | undefined;
  const verdict = await kept(
    cache,
    {
      kind: 'verdict',
      about: `${sets.map(({ original }) => original.name).join(' and ')} on ${task.name}`,
      key: () => verdictKey(comparison),
      codec: json<Verdict>(),
      signal,
    },
    () => judgeComparison({ ...comparison, searched: (search) => (searched = search) }),
  );
  const settings = powerOf(given.power);
  const power =
    settings &&
    (await powerOfComparison(settings, sets[0].original, compared.examples, searched?.ranking, {
      ...given,
      // the same comparison again says nothing new of its power
      isNew: workload.computed > 0,
      compareWith: (changed, smaller) => compare(baseline, changed, smaller),
    }));
  progress?.(1, 'done');
  const why = cache && (unkept(comparison) ?? cache.fault);
  return {
    ...verdict,
    ...(power && { power }),
    rows: { computed: workload.computed, kept: workload.kept, ...(why !== undefined && { why }) },
    seconds: (clock() - started) / 1000,
  };
}
