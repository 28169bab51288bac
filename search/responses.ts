/** Looks for the simplest intervention on a role that makes two models answer differently. */
import type * as fc from 'fast-check';
import type { Model } from '../src/model/model.js';
import { Answers } from '../src/response/answers.js';
import type { Role } from '../src/response/roles.js';
import { ResponseRunner, type Response } from '../src/response/runner.js';
import type { Target } from '../src/task/behaviour.js';
import type { Task } from '../src/task/task.js';
import { roleInterventions, type RoleTrial, type RoleTrialDescription } from '../generators/role-interventions.js';
import type { ReplacedBy } from '../src/response/runner.js';
import type { SearchLimits } from './budget.js';
import { checkBatched, type SearchDetails } from './check.js';
import { readable } from './remembered.js';

export interface ResponsesOptions<I> extends SearchLimits {
  readonly on: Task<I>;
  readonly role: Role;
  readonly by: ReplacedBy;
  readonly answers?: readonly Target[] | undefined;
  /** answers farther apart than this are different */
  readonly apart: number;
  /** one that is known to do that */
  readonly known: RoleTrialDescription;
  /** examples that means are taken over */
  readonly inputs: number;
  readonly seed: number;
  readonly check?: fc.Parameters<[RoleTrial<I>]> | undefined;
  /** interventions that failed before: tried first */
  readonly remembered?: readonly RoleTrialDescription[] | undefined;
}

/** The simplest intervention that was found, and what both models made of it. */
export interface Parted<I> {
  readonly parted: { readonly trial: RoleTrial<I>; readonly response: Response } | undefined;
  readonly search: SearchDetails<RoleTrial<I>>;
  /** true where one that failed before failed again */
  readonly again: boolean;
}

/**
 * Shrinks an intervention after which the two answer differently to the simplest input and source for which they still do.
 * @throws CancelledError and whatever the models throw
 */
export async function searchResponses<I>(
  models: readonly [Model, Model],
  options: ResponsesOptions<I>,
): Promise<Parted<I>> {
  const { on, role, by, answers, apart, known, inputs, seed, check = {}, remembered = [], ...limits } = options;
  const [{ site, at }, { site: candidate }] = role.places;
  const space = roleInterventions(models, {
    on,
    roles: [{ baseline: site, candidate, at, name: role.name }],
    by,
    inputs,
    seed,
  });
  const runner = new ResponseRunner<I>(
    models,
    on,
    new Answers(models, on, answers),
    on.examples(inputs, seed),
    limits.signal,
  );
  const found = new Map<string, Response>();
  const holds = ({ discrepancy }: Response): boolean => discrepancy <= apart;
  const recall = (trial: RoleTrial<I>): boolean | undefined => {
    const response = found.get(trial.key);
    return response && holds(response);
  };
  const search = (examples: readonly RoleTrial<I>[], parameters: fc.Parameters<[RoleTrial<I>]>) =>
    checkBatched(
      space.arbitrary,
      async (batch, { spend }) => {
        const missing = batch.filter(({ key }) => !found.has(key));
        const before = runner.passes;
        const responses = await runner.responses(missing);
        spend(runner.passes - before);
        missing.forEach(({ key }, i) => found.set(key, responses[i]!));
        return batch.map((trial) => holds(found.get(trial.key)!));
      },
      { seed, ...parameters, examples: examples.map((trial): [RoleTrial<I>] => [trial]), numRuns: examples.length },
      { ...limits, recall },
    );
  const result = (details: SearchDetails<RoleTrial<I>>, again: boolean): Parted<I> => {
    const trial = details.details.counterexample?.[0];
    const response = trial && found.get(trial.key);
    if (trial && (response === undefined || holds(response))) throw details.details.errorInstance;
    return { parted: trial && { trial, response: response! }, search: details, again };
  };
  // apart from the others, so that what is remembered changes neither seed nor path
  if (check.path === undefined && remembered.length > 0) {
    const there = readable(remembered, (description) => space.parse(description));
    if (there.length > 0) {
      const before = await search(there, {});
      const again = before.details.counterexample?.[0];
      if (again && recall(again) === false) return result(before, true);
    }
  }
  return result(await search([space.parse(known)], check), false);
}
