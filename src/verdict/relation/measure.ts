/** What is measured beside distances: twins, where one intervention served both models, and responses, where both sides are models. */
import type { Cache } from '../../cache/cache.js';
import { isCongruityError } from '../../errors.js';
import type { ImplementationSet } from '../../implementations/index.js';
import type { Sampling } from '../../implementations/sampling.js';
import type { Distances } from '../../measure/index.js';
import { isModel } from '../../model/is-model.js';
import type { Model } from '../../model/model.js';
import type { ResponseEvidence } from '../../response/evidence.js';
import { respondSchema } from '../../response/options.js';
import { ResponseTest } from '../../response/respond-alike.js';
import { responding } from '../../response/responding.js';
import { breathe } from '../../signal.js';
import type { AnyExamples, AnyTask } from '../../task/task.js';
import type { Levels } from '../sequential/evidence.js';
import { BLOCK } from '../sequential/running-test.js';
import type { TwinsEvidence } from '../twins/evidence.js';
import type { JudgeTwinsOptions } from '../twins/measured.js';
import { twinsOf } from '../twins/twins-of.js';
import type { Measured } from './related.js';

/** What cannot be measured must not keep the verdict from being given. @throws CancelledError, and what is no error of the library's own */
export async function orWhy<T>(work: () => Promise<T>): Promise<Measured<T>> {
  try {
    return { found: await work() };
  } catch (error) {
    if (!isCongruityError(error) || error.code === 'CANCELLED') throw error;
    return { why: error.what.replace(/\.$/, '') };
  }
}

/**
 * Twins of the draws of a comparison.
 * @param further where it is asked whether one model is derived from the other: the most implementations a side to draw for as long as that is open
 */
export async function measureTwinsOf(
  { sides, common, paired, fill }: Sampling,
  options: JudgeTwinsOptions,
  distances: () => Promise<Distances>,
  further: number | undefined,
): Promise<Measured<TwinsEvidence>> {
  if (!paired) return { why: 'why' in common ? common.why : 'the two sides were drawn apart' };
  const [first, second] = sides;
  if (first.drawn.length < 1 + BLOCK) return { why: `fewer than ${BLOCK} interventions were drawn` };
  const twins = async (known?: Distances): Promise<TwinsEvidence> =>
    twinsOf([first.drawn, second.drawn], first.sites, options, known && { distances: known });
  return orWhy(async () => {
    let found = await twins(await distances());
    while (found.outcome === 'open' && !options.control?.over && first.drawn.length + BLOCK <= (further ?? 0)) {
      await breathe(options.signal);
      if (!(await fill(first.drawn.length + BLOCK))) break;
      found = await twins();
    }
    return found;
  });
}

export const modelOf = (side: Model | ImplementationSet): Model | undefined =>
  isModel(side) ? side : side.interventions && side.original;

/** Inputs, at most, that means are taken over. */
export const INPUTS = 400;

/** What of a task means are taken over, for responses. */
export const responseInputs = (task: AnyTask, inputs: number, seed: number): AnyExamples =>
  task.examples(Math.min(INPUTS, inputs), seed);

/** Responses of two models that are known to do the task: nothing was drawn otherwise. */
export async function measureResponses(
  sides: readonly [Model | ImplementationSet, Model | ImplementationSet],
  options: {
    readonly on: AnyTask;
    readonly seed: number;
    readonly levels: Levels;
    readonly inputs: number;
    readonly cache?: Cache | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Measured<ResponseEvidence>> {
  const [baseline, candidate] = [modelOf(sides[0]), modelOf(sides[1])];
  if (!baseline || !candidate) return { why: 'a side is a set of several models' };
  const { levels, inputs, cache, ...rest } = options;
  return orWhy(async () => {
    const checked = respondSchema.parse({ ...rest, ...levels, inputs: Math.min(INPUTS, inputs) });
    return new ResponseTest(responding(baseline, candidate, checked), checked, cache).run();
  });
}
