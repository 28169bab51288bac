/** Compares two implementation sets on a task, from inputs to evidence. */
import type * as z from 'zod';
import { bankOf } from '../bank/options.js';
import { setsOf } from '../bank/run.js';
import { json, kept } from '../cache/kept.js';
import { cacheOf } from '../cache/options.js';
import { OptionError } from '../errors.js';
import { checkFits, settled } from '../fingerprint/asked.js';
import { recordedOf } from '../fingerprint/recorded.js';
import { asSet, isSet, type ImplementationSet } from '../implementations/index.js';
import { comparedInputs } from '../implementations/inputs.js';
import type { Searched } from '../implementations/set.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { powerOf } from '../power/options.js';
import { clock, linkedTo } from '../signal.js';
import { compareSchema, type CompareOptions } from './compare-options.js';
import type { Evidence } from './evidence.js';
import { judgeComparison } from './judge-comparison.js';
import type { Verdict } from './judge-sampling.js';
import { unkept, verdictKey } from './kept-verdict.js';
import { policyOf, resolvePolicy } from './rule/policy.js';
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
    return await comparing(baseline, candidate, { ...options, signal, progress }, workload);
  } finally {
    limit.end();
    unlink();
  }
}

/** Options as a baseline that is a fingerprint settles them. @throws FingerprintError, OptionError where it cannot serve */
function withFingerprint(baseline: unknown, candidate: unknown, given: CompareOptions): CompareOptions {
  const [first, second] = [baseline, candidate].map((side) => (isSet(side) ? recordedOf(side) : undefined));
  if (second)
    throw new OptionError({
      what: 'the candidate is a fingerprint',
      where: 'candidate',
      hint: 'a fingerprint serves as the baseline of a model; two of them are compared by compareFingerprints',
    });
  if (!first || typeof given !== 'object' || given === null) return given;
  const needy = (['bank', 'power'] as const).find((name) => given[name]);
  if (needy !== undefined)
    throw new OptionError({
      what: `"${needy}" runs the baseline, which is a fingerprint`,
      where: `options.${needy}`,
      hint: 'leave it out, or load the model itself',
    });
  if (typeof given.common === 'object')
    throw new OptionError({
      what: 'components correspond to those of a fingerprint by their names only',
      where: 'options.common',
      hint: 'leave it out, or load the model itself',
    });
  return { ...given, ...settled(first, given), budget: { draws: first.said.draws.length - 1, ...given.budget } };
}

async function comparing(
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  given: z.infer<typeof compareSchema>,
  workload: Workload,
): Promise<Evidence> {
  const started = clock();
  const { on: task, inputs, set = {}, bank: bankGiven, signal, progress } = given;
  // before anything is drawn
  resolvePolicy(policyOf(given), 'options');
  const sets = [asSet(baseline, set, 'baseline'), asSet(candidate, set, 'candidate')] as const;
  const bank = bankGiven && bankOf(bankGiven);
  const banked = bank ? setsOf(bank) : [];
  const recorded = recordedOf(sets[0]);
  // inputs are those of the fingerprint, where there is one
  const compared = await comparedInputs(
    task,
    [...(recorded ? [sets[1]] : sets), ...banked],
    inputs,
    recorded?.said.options.seed ?? given.seed,
    signal,
  );
  if (recorded) checkFits(recorded, task, sets[1].original, compared);
  const cache = cacheOf(given.cache);
  const comparison = { sides: [baseline, candidate], sets, given, bank, compared, recorded, cache, workload } as const;
  let searched: Searched | undefined;
  const verdict = await kept(
    cache,
    {
      kind: 'verdict',
      about: `${sets.map(({ original }) => original.name).join(' and ')} on ${task.name}`,
      key: () => verdictKey({ ...comparison, banked }),
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
  const why = cache && (unkept({ ...comparison, banked }) ?? cache.fault);
  return {
    ...verdict,
    ...(power && { power }),
    rows: { computed: workload.computed, kept: workload.kept, ...(why !== undefined && { why }) },
    seconds: (clock() - started) / 1000,
  };
}
