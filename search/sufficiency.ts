/** Looks for an intervention outside a claimed circuit that breaks the behaviour. */
import * as fc from 'fast-check';
import { random } from '../src/random.js';
import type { Model } from '../src/model/model.js';
import {
  trials,
  type Trial,
  type TrialDescription,
  type Trials,
  type TrialsConstraints,
} from '../generators/trials.js';
import { breaks } from './breaks.js';
import type { SearchLimits } from './budget.js';
import { checkBatched, type SearchDetails } from './check.js';
import { readable } from './remembered.js';
import { examine } from './verified-model.js';
import type { Effect } from './run-trials.js';

/** Options of `searchSufficiency`. */
export interface SufficiencyOptions<I>
  extends Omit<TrialsConstraints<I>, 'minLength' | 'maxLength' | 'examples'>, SearchLimits {
  /** inputs and counterfactuals that every single component, and all of them at once, are tried with before random sets are. @defaultValue 8 */
  readonly each?: number | undefined;
  /** how much worse the score of an input may become, in the unit of the behaviour. @defaultValue 0 */
  readonly tolerance?: number | undefined;
  /** inputs that the model must do the task on, and that means are taken over. @defaultValue 200 */
  readonly inputs?: number | undefined;
  /** for the random sets: fast-check's parameters. `numRuns` counts them, not what is tried before. With `path` it replays. @defaultValue fast-check's own */
  readonly check?: fc.Parameters<[Trial<I>]> | undefined;
  /** trials that failed before: tried first. @defaultValue none */
  readonly remembered?: readonly TrialDescription[] | undefined;
}

/** What a search found out. */
export interface Sufficiency<I> {
  /** the smallest intervention found that breaks the behaviour; undefined where none did */
  readonly broken: { readonly trial: Trial<I>; readonly effect: Effect } | undefined;
  readonly search: SearchDetails<Trial<I>>;
  /** true where a trial that failed before failed again: `search` is then of those alone */
  readonly again: boolean;
  readonly trials: Trials<I>;
  /** inputs the behaviour was required on, and the score there */
  readonly inputs: number;
  /** inputs that were left out and why, in sentences */
  readonly notes: readonly string[];
  readonly score: number;
}

/**
 * Every single component first, then everything at once, then random sets; the counterexample shrinks to the fewest components, the mildest intervention,
 * the simplest input and counterfactual.
 * @throws BehaviourError where the model does not do the task; OptionError, InterventionError, ImplementationError, CancelledError
 */
export async function searchSufficiency<I>(model: Model, options: SufficiencyOptions<I>): Promise<Sufficiency<I>> {
  const {
    on,
    circuit,
    outside,
    over,
    by,
    pool,
    whole,
    seed = 0,
    each = 8,
    tolerance = 0,
    inputs = 200,
    check = {},
    remembered = [],
    batch,
    maxSeconds,
    maxPasses,
    signal,
  } = options;
  // a trial on all the examples fills its passes by itself
  const limits = { batch: whole ? 1 : batch, maxSeconds, maxPasses, signal };
  const examples = on.examples(inputs, seed);
  const space = trials(model, { on, circuit, outside, over, by, pool, whole, seed, examples });
  const { runner, ...behaviour } = await examine(model, on, space, examples, whole === true, signal);

  const holds = (effect: Effect): boolean => !breaks(on, effect, tolerance);
  const recall = (trial: Trial<I>): boolean | undefined => {
    const effect = runner.recall(trial);
    return effect && holds(effect);
  };
  const search = (parameters: fc.Parameters<[Trial<I>]>, first?: number): Promise<SearchDetails<Trial<I>>> =>
    checkBatched(
      space.arbitrary,
      async (batch, budget) => (await runner.effects(batch, budget)).map(holds),
      parameters,
      { ...limits, first, recall },
    );
  const result = async (found: SearchDetails<Trial<I>>, again: boolean): Promise<Sufficiency<I>> => {
    const trial = found.details.counterexample?.[0];
    // known already: it costs no pass
    const [effect] = trial ? await runner.effects([trial]) : [];
    const { errorInstance } = found.details;
    // what the model threw is no verdict on the circuit
    if (trial && effect && !breaks(on, effect, tolerance) && errorInstance) throw errorInstance;
    return { broken: trial && { trial, effect: effect! }, search: found, again, trials: space, ...behaviour };
  };

  // apart from the others, so that what is remembered changes neither their seeds nor their paths
  if (check.path === undefined && remembered.length > 0) {
    const known = readable(remembered, (description) => {
      const trial = space.parse(description);
      return space.arbitrary.canShrinkWithoutContext(trial) ? trial : undefined;
    });
    if (known.length > 0) {
      const found = await search({ seed, examples: known.map((trial): [Trial<I>] => [trial]), numRuns: known.length });
      const { failed, counterexample } = found.details;
      const again = counterexample?.[0] && runner.recall(counterexample[0]);
      // nothing else comes of it: not what a model throws, and not a limit that was reached
      if (failed && again && !holds(again)) return result(found, true);
    }
  }
  const global = fc.readConfigureGlobal() as fc.Parameters<[Trial<I>]>;
  const first = firstTrials(space, each, seed);
  const own = check.examples ?? global.examples ?? [];
  const given = [...own, ...first.map((trial): [Trial<I>] => [trial])];
  // a single guilty component shows in the first round, as a rule
  const round = own.length + space.free.length;
  return result(
    await search(
      { seed, ...check, examples: given, numRuns: given.length + (check.numRuns ?? global.numRuns ?? 100) },
      round,
    ),
    false,
  );
}

/** Every component by itself, then all at once, each with inputs of its own; round by round, so that the first batch has seen them all. */
function firstTrials<I>({ free, by, of }: Trials<I>, each: number, seed: number): Trial<I>[] {
  const stream = random(seed, 'first trials');
  const draw = (): number => stream.below(0x7fffffff);
  const rounds = Array.from({ length: each }, (_, round) => by[round % by.length]!);
  const singles = rounds.flatMap((how) => free.map((component) => of([component], how, draw())));
  return free.length === 1 ? singles : [...singles, ...rounds.map((how) => of(free, how, draw()))];
}
