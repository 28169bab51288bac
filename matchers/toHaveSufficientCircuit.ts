import type * as fc from 'fast-check';
import { z } from 'zod';
import type { Ablation } from '../src/circuit/ablations.js';
import { plural } from '../src/format.js';
import type { Model } from '../src/model/model.js';
import { clock } from '../src/signal.js';
import { runExamples } from '../src/task/run.js';
import { requireBehaviour, type AnyTask } from '../src/task/task.js';
import { environmentOf, modelEvidence, type ClaimEvidence } from '../src/claims/claim.js';
import { taskEvidence } from '../src/verdict/evidence.js';
import { namesOf } from '../generators/circuits.js';
import { searchSufficiency } from '../search/sufficiency.js';
import type { Trial, TrialDescription } from '../generators/trials.js';
import { byShape, claimedCircuit, requireModel, waysOf, type ClaimedCircuit } from './circuit.js';
import { checkSchema, claimShape, judged, type ClaimOptions } from './claim.js';
import type { MatcherContext, MatcherResult } from './context.js';
import { Failures } from './failures.js';
import { searchEvidence, trialCounterexample } from './trial-evidence.js';

const NAME = 'toHaveSufficientCircuit';

export interface SufficientCircuitOptions extends ClaimOptions {
  /** with what components are replaced. Default `['mean', 'resample']`; with `judge: 'mean'`, of a circuit from `findCircuit`, what it was found with. `zero` is no place an activation ever is, and breaks models that do not use the component */
  readonly by?: Ablation | readonly Ablation[] | undefined;
  /** kinds of component to intervene on: `heads`, `heads+neurons`. Default: all the model has but whole layers */
  readonly over?: string | undefined;
  /**
   * `input` (default): no input that the model gets right by itself may be broken. `mean`: over the examples the mean score must go on meeting the task's threshold,
   * whatever becomes of single inputs; each of them has a counterfactual of its own, drawn by seed, as when `findCircuit` judges
   */
  readonly judge?: 'input' | 'mean' | undefined;
  /** how much worse a score may become, in the unit of the behaviour, even where it does not meet the threshold any more. Default 0 */
  readonly tolerance?: number | undefined;
  /** inputs and counterfactuals that every single component, and all at once, are tried with before random sets are. Default 8 */
  readonly each?: number | undefined;
  /** examples that the model must do the task on, that means are taken over, and that `judge: 'mean'` is about. Default 200 */
  readonly inputs?: number | undefined;
  /** fast-check's parameters for the random sets, unchanged; `numRuns` (default 100) counts those sets. `{ seed, path, endOnFailure: true }` replays a counterexample */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: fc.Parameters<[Trial<any>]> | undefined;
}

export const sufficientShape = {
  ...claimShape,
  by: byShape,
  over: z.string().min(1).optional(),
  judge: z.enum(['input', 'mean']).default('input'),
  tolerance: z.number().min(0).default(0),
  each: z.int().min(1).default(8),
  inputs: z.int().min(1).default(200),
  check: checkSchema,
};
const schema = z.strictObject(sufficientShape);

/** What is said of a circuit that names every component: it suffices if the model does the task. @throws BehaviourError where it does not */
export async function nothingOutside(
  model: Model,
  on: AnyTask,
  inputs: number,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Pick<ClaimEvidence, 'outcome' | 'received' | 'task'>> {
  const examples = on.examples(inputs, seed);
  requireBehaviour(on, model.name, (await runExamples(model, on, examples, { signal })).score);
  return {
    outcome: 'holds',
    received: 'it names every component, so that nothing lies outside it',
    task: taskEvidence(on, examples.inputs.length, examples.notes),
  };
}

/**
 * Passes where no intervention outside the circuit breaks the behaviour: none on a single component outside it, none on all of them, none on random sets. Under
 * `.not` passes where one does. A circuit that names every component passes: nothing lies outside it. A search that reached a limit without a counterexample is undecided and fails both ways.
 *
 * Fails with the fewest outside components, the mildest intervention, and the simplest input and counterfactual that break it.
 * @param received a Model
 * @param circuit components by name (`*` allowed), or a circuit from `findCircuit`
 * @throws OptionError, InterventionError, ImplementationError, BehaviourError, ... where nothing could be judged
 */
export function toHaveSufficientCircuit(
  this: MatcherContext,
  received: unknown,
  circuit: ClaimedCircuit,
  options: SufficientCircuitOptions,
): Promise<MatcherResult> {
  return judged(this, NAME, schema, options, 'circuit', async ({ options: given, seed, signal, place }) => {
    const model = requireModel(received, NAME);
    const claimed = claimedCircuit(model, circuit, given.over);
    const names = namesOf(model, claimed.inside);
    const claim = `interventions outside the circuit leave ${given.on.behaviour.name} as it is`;
    const failures = new Failures(place, `${model.name}: ${names.join(', ')}`);
    const { on, judge, tolerance, each, inputs, check, batch, maxSeconds, maxPasses } = given;
    const started = clock();
    const by = waysOf(given.by, circuit, judge);
    const common = {
      claim,
      models: [modelEvidence(model)],
      circuit: { components: names, outside: claimed.outside.length },
      seed,
      environment: environmentOf([model]),
    };
    if (claimed.outside.length === 0)
      return {
        ...common,
        ...(await nothingOutside(model, on, inputs, seed, signal)),
        reasons: ['There is nothing to intervene on, so that no intervention was tried.'],
        seconds: (clock() - started) / 1000,
      } satisfies ClaimEvidence;
    const found = await searchSufficiency(model, {
      on,
      by,
      tolerance,
      each,
      inputs,
      seed,
      batch,
      maxSeconds,
      maxPasses,
      signal,
      outside: claimed.outside,
      whole: judge === 'mean',
      check,
      remembered: failures.entries().map(({ value }) => value as TrialDescription),
    });
    const { broken, search, again } = found;
    const { stopped } = search;
    if (broken)
      failures.settle({
        description: broken.trial.description,
        seed: search.details.seed,
        path: again ? undefined : (search.details.counterexamplePath ?? undefined),
        value: broken.trial.toJSON(),
      });
    else if (stopped === undefined && check?.path === undefined) failures.settle(undefined);
    const n = broken?.trial.components.length ?? 0;
    return {
      outcome: broken ? 'fails' : stopped === undefined ? 'holds' : 'undecided',
      ...common,
      received: broken
        ? `broken by ${n === 1 ? 'one component' : `${n} components together`} outside the circuit`
        : stopped === undefined
          ? `nothing found that breaks it: ${plural(search.details.numRuns, 'intervention')} tried`
          : `undecided: the search was stopped, ${stopped}`,
      reasons: [
        ...(broken && n > 1 && stopped === undefined
          ? ['With any one of them left alone the behaviour stays as it is there.']
          : []),
        ...(broken && stopped !== undefined ? [`Not shrunk to the end: ${stopped}.`] : []),
        ...(broken
          ? []
          : stopped !== undefined
            ? [
                `${plural(search.details.numRuns, 'intervention')} of ${search.details.runConfiguration.numRuns} were tried, and none broke it.`,
              ]
            : []),
      ],
      ...(stopped !== undefined &&
        !broken && {
          wouldSettle:
            'more time or forward passes (maxSeconds, maxPasses), or fewer interventions (each, check.numRuns)',
        }),
      task: taskEvidence(on, found.inputs, found.notes),
      ...(broken && { counterexample: trialCounterexample(broken, on) }),
      search: searchEvidence(search, again),
      seconds: (clock() - started) / 1000,
    } satisfies ClaimEvidence;
  });
}
