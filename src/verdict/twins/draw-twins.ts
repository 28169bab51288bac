/** Draws twins of two models until it is certain whether one is derived from the other, or the budget is spent. */
import type { ComponentMap } from '../../circuit/correspondence.js';
import { correspondence } from '../../circuit/correspondence.js';
import { ofKinds } from '../../circuit/component.js';
import { ImplementationError } from '../../errors.js';
import type { CommonSampler } from '../../implementations/common.js';
import { comparedInputs, type ComparedInputs } from '../../implementations/inputs.js';
import { byIntervention, type ByInterventionOptions } from '../../implementations/index.js';
import { PER_SITE, startSampling } from '../../implementations/sampling.js';
import type { MeasureName } from '../../measure/index.js';
import type { Model } from '../../model/model.js';
import type { Pool } from '../../representation/capture.js';
import { clock } from '../../signal.js';
import { fewestFor } from '../../statistics/e-process.js';
import { PAIRS, type TwinBlock } from '../../statistics/twins.js';
import type { AnyTask } from '../../task/task.js';
import type { Budget, Levels } from '../sequential/evidence.js';
import { Control } from './control.js';
import type { TwinsEvidence } from './evidence.js';
import type { TwinFinding } from './findings.js';
import { measureTwins, type JudgeTwinsOptions, type TwinSides } from './measured.js';
import { RunningTwins } from './running.js';
import { twinsOf } from './twins-of.js';

export interface DrawTwinsOptions {
  readonly on: AnyTask;
  readonly seed: number;
  readonly budget: Budget;
  readonly levels: Levels;
  /** default: all of a task of at most 1000, 400 of a larger one */
  readonly inputs?: number | undefined;
  readonly sites?: readonly string[] | undefined;
  readonly pool: Pool;
  readonly measure: MeasureName;
  readonly resolution?: number | undefined;
  readonly splits: number;
  readonly set?: ByInterventionOptions | undefined;
  /** which component of the baseline is which of the candidate's. Default: by names and shapes */
  readonly map?: ComponentMap | undefined;
  readonly minAcceptance: number;
  readonly signal?: AbortSignal | undefined;
  readonly say: (doing: string) => void;
}

/** How many times as many pairs there must be before the means, having disagreed with tests that are certain, are asked again. */
const AGAIN = 1.25;

/** Two models opened for common interventions; nothing is drawn yet. */
export interface OpenTwins {
  readonly compared: ComparedInputs;
  readonly sampler: CommonSampler;
}

/** Why there is nothing to draw. */
export interface NoTwins {
  readonly compared: ComparedInputs;
  readonly sampler: undefined;
  readonly finding: TwinFinding;
}

/**
 * Opens two models for common interventions, or says why there are none.
 * @param models the baseline, and the candidate
 * @throws OptionError for a map of components that cannot be; TaskError, BehaviourError, ImplementationError, CancelledError
 */
export async function openTwins(
  models: readonly [Model, Model],
  options: DrawTwinsOptions,
): Promise<OpenTwins | NoTwins> {
  const { on: task, seed, inputs, set = {}, map, sites, pool, minAcceptance, signal, say } = options;
  const sets = [byIntervention(models[0], set), byIntervention(models[1], set)] as const;
  const compared = await comparedInputs(task, sets, inputs, seed, signal);
  const no = (finding: TwinFinding): NoTwins => ({ compared, sampler: undefined, finding });
  if (set.outside === undefined || set.outside === 'grow') {
    // before a search that would be for nothing
    const over = set.search?.over;
    const found = correspondence(models[0], models[1], { over, map });
    if (!found.pairs) return no({ code: 'no-common-interventions', why: found.why, numbers: {} });
    const [baseline, candidate] = models.map((model) => ofKinds(model, over).length) as [number, number];
    if (found.pairs.length < Math.max(baseline, candidate))
      return no({ code: 'components-in-part', numbers: { pairs: found.pairs.length, baseline, candidate } });
  }
  const looking = (whose: string) => (): void => say(`looking for components that the ${whose} can do without`);
  const { together, common } = await startSampling(sets, {
    task,
    examples: compared.examples,
    rows: compared.rows,
    averaging: compared.averaging,
    seed,
    common: map ?? 'auto',
    minAcceptance,
    sites,
    pool,
    perSite: PER_SITE,
    keepSites: false,
    signal,
    progress: [looking('baseline'), looking('candidate')],
    opened: () => undefined,
  });
  return together
    ? { compared, sampler: together }
    : no({
        code: 'no-common-interventions',
        why: 'why' in common ? common.why : 'no components correspond',
        numbers: {},
      });
}

/** What came of drawing. */
export interface DrawnTwins {
  readonly twins: TwinsEvidence;
  readonly stopped: 'certain' | 'draws' | 'time' | 'exhausted';
}

/**
 * Draws two pairs of twins at a time until the outcome is certain. Limits hold whenever one looks, so that looking costs nothing. Of inputs that were not drawn the last look speaks, not the running test.
 * @throws ImplementationError where too few draws still do the task; RepresentationError, CancelledError
 */
export async function drawTwins({ sampler, compared }: OpenTwins, options: DrawTwinsOptions): Promise<DrawnTwins> {
  const { budget, levels, measure, seed, splits, signal, say } = options;
  const started = clock();
  const late = (): boolean => budget.seconds !== undefined && (clock() - started) / 1000 >= budget.seconds;
  const control = new Control(sampler, { levels, late, signal, say });
  const twinOptions: JudgeTwinsOptions = {
    measure,
    resolution: options.resolution,
    levels,
    seed,
    splits,
    control,
    undrawn: compared.undrawn,
    signal,
  };
  const sides = (): TwinSides => [sampler.sides[0].drawn, sampler.sides[1].drawn];
  const blocks: TwinBlock[] = [];
  const evidence = (): Promise<TwinsEvidence> => twinsOf(sides(), sampler.sides[0].sites, twinOptions, { blocks });
  const running = new RunningTwins(twinOptions);
  const fewest = fewestFor(Math.max(levels.alpha, levels.beta));
  let stopped: DrawnTwins['stopped'] = 'draws';
  let askedAt = 0;
  for (let count = 1 + PAIRS; count <= budget.draws + 1 && stopped === 'draws'; count += PAIRS) {
    if (late()) {
      stopped = 'time';
      break;
    }
    say(`drawing twins, ${count - 1} of at most ${budget.draws}`);
    if (!(await sampler.fill(count))) {
      stopped = 'exhausted';
      break;
    }
    blocks.push(await measureTwins(sides(), count - PAIRS, twinOptions));
    running.observe(blocks.at(-1)!, sides());
    if (running.pairs / PAIRS < fewest || count < AGAIN * askedAt || running.decision.outcome === 'open') continue;
    askedAt = count;
    const twins = await evidence();
    if (twins.outcome !== 'open' || control.over) return { twins, stopped: 'certain' };
  }
  if (sampler.interventions.length < 1 + PAIRS)
    throw new ImplementationError(
      stopped === 'time'
        ? {
            what: `${budget.seconds} s were over before two pairs of twins were drawn`,
            where: 'options.budget.seconds',
            hint: 'give it more time',
          }
        : {
            what: `${sampler.interventions.length - 1} of ${sampler.sides[0].tried - 1} interventions leave both models doing the task; at least two pairs of twins are needed`,
            where: 'implementations',
            hint: 'patch fewer components (a smaller `set.fraction`), or lower the threshold of the task',
          },
    );
  return { twins: await evidence(), stopped };
}
