/** Measures, for each part of a circuit, how often intervening on it breaks the behaviour: until that is certain enough. */
import type { Ablation } from '../src/circuit/ablations.js';
import type { Component } from '../src/circuit/component.js';
import type { Interval } from '../src/interval.js';
import type { Model } from '../src/model/model.js';
import type { Task } from '../src/task/task.js';
import { trials, type Trial } from '../generators/trials.js';
import { NecessityArm } from './necessity-arm.js';
import { breaks } from './breaks.js';
import { Meter, type SearchLimits } from './budget.js';
import { examine } from './verified-model.js';

export interface NecessityOptions<I> extends SearchLimits {
  readonly on: Task<I>;
  readonly by: readonly Ablation[];
  /** share of inputs, in (0, 1): a part is necessary where some way of replacing it breaks more of them */
  readonly effect: number;
  /** that everything said of all parts is right, in (0, 1) */
  readonly confidence: number;
  /** inputs and counterfactuals for each part and way of replacing it, at most */
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
  /** share of inputs broken, with limits that hold for all parts and ways at once; low = high where every input was run with every counterfactual */
  readonly share: Interval;
}

export type PartStatus = 'necessary' | 'could be dropped' | 'undecided';

export interface CircuitPart {
  readonly component: Component;
  readonly status: PartStatus;
  readonly effects: readonly Broken[];
}

export interface Necessity {
  readonly parts: readonly CircuitPart[];
  readonly inputs: number;
  /** inputs that were left out and why, in sentences */
  readonly notes: readonly string[];
  /** trials that count, and all that were judged: those beyond a decision do not count */
  readonly runs: number;
  readonly evaluated: number;
  readonly passes: number;
  /** the limit that was reached */
  readonly stopped: string | undefined;
}

/** Rounds of the first batch; the next are half as many as have been drawn, so that at most a third of what is judged is not needed. */
const FIRST_ROUNDS = 4;

const statusOf = <I>(arms: readonly NecessityArm<I>[]): PartStatus =>
  arms.some(({ side }) => side === 'above')
    ? 'necessary'
    : arms.every(({ side }) => side === 'below')
      ? 'could be dropped'
      : 'undecided';

/**
 * Every part and way of replacing it with inputs and counterfactuals drawn independently, with replacement, until the part is decided: a part is necessary where some way breaks more than
 * `effect` of the inputs, and could be dropped where every way breaks at most that. Where there are few inputs and counterfactuals all of them are run, once, and the share is known.
 *
 * One looks after every round: the limits hold at all times at once (`binomialSequence`), and for all parts and ways at once, the error being split evenly over those that are drawn.
 * Rounds go over all that is undecided, so that where a limit ends it all have been tried alike. What is drawn, and when it ends, depend on the seed and not on `batch`.
 * @throws BehaviourError where the model does not do the task; OptionError, InterventionError, CancelledError
 */
export async function measureNecessity<I>(
  model: Model,
  parts: readonly Component[],
  options: NecessityOptions<I>,
): Promise<Necessity> {
  const { on, by, effect, confidence, draws, tolerance, inputs, seed, batch = 256, ...limits } = options;
  const meter = new Meter({ batch, ...limits });
  const examples = on.examples(inputs, seed);
  const space = trials(model, { on, outside: parts, by, seed, examples });
  const examined = await examine(model, on, space, examples, false, limits.signal);
  const { runner } = examined;

  const byPart = parts.map((component) => space.by.map((way) => new NecessityArm(component, way, space, draws, seed)));
  const arms = byPart.flat();
  const alpha = (1 - confidence) / Math.max(1, arms.filter(({ exact }) => !exact).length);
  let stopped: string | undefined;
  let runs = 0;

  /** Runs trials in their order as far as the limits allow; which of them broke something. */
  const run = async (list: readonly Trial<I>[]): Promise<boolean[]> => {
    const broken: boolean[] = [];
    while (broken.length < list.length && (stopped ??= meter.exhausted()) === undefined) {
      const now = list.slice(broken.length, broken.length + batch);
      meter.evaluated += now.length;
      for (const one of await runner.effects(now, meter)) broken.push(breaks(on, one, tolerance));
    }
    return broken;
  };
  const count = (arm: NecessityArm<I>, broken: boolean): void => {
    runs++;
    arm.tried++;
    if (broken) arm.broken++;
  };
  const openOf = (): NecessityArm<I>[] =>
    byPart.flatMap((ways) => (statusOf(ways) === 'undecided' ? ways.filter(({ side }) => side === undefined) : []));
  const decide = (list: readonly NecessityArm<I>[]): void => {
    for (const arm of list) arm.decide(effect, alpha);
  };

  const few = arms.filter(({ exact }) => exact);
  const planned = few.flatMap((arm) => Array.from({ length: arm.left }, () => ({ arm, trial: arm.draw() })));
  for (const [i, broken] of (await run(planned.map(({ trial }) => trial))).entries()) count(planned[i]!.arm, broken);
  decide(few);

  const going = (): boolean => stopped === undefined;
  let open = openOf().filter(({ exact }) => !exact);
  for (let round = 0; round < draws && open.length > 0 && going();) {
    const rounds = Math.min(
      Math.max(FIRST_ROUNDS, Math.ceil(round / 2)),
      Math.max(1, Math.floor(batch / open.length)),
      draws - round,
    );
    const drawn = Array.from({ length: rounds }, () => open.map((arm) => ({ arm, trial: arm.draw() })));
    const broken = await run(drawn.flat().map(({ trial }) => trial));
    for (const [at, together] of drawn.entries()) {
      // those decided in an earlier round do not count any more
      const still = new Set(open);
      for (const [i, { arm }] of together.entries()) {
        const one = broken[at * together.length + i];
        if (one !== undefined && still.has(arm)) count(arm, one);
      }
      decide(open);
      open = openOf().filter(({ exact }) => !exact);
    }
    round += rounds;
  }
  return {
    parts: byPart.map((ways, at) => ({
      component: parts[at]!,
      status: statusOf(ways),
      effects: ways.map((arm) => ({ by: arm.by, tried: arm.tried, broken: arm.broken, share: arm.share(alpha) })),
    })),
    inputs: examined.inputs,
    notes: examined.notes,
    runs,
    evaluated: meter.evaluated,
    passes: meter.passes,
    stopped,
  };
}
