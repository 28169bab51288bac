/** The claim that two models behave the same on every input. */
import type { Model } from '../../src/model/model.js';
import type { AnyTask } from '../../src/task/task.js';
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { inputInWords } from '../../generators/_internals/printed.js';
import { searchDifferences, type DifferencesOptions } from '../../search/differences.js';
import type { TestPlace } from '../context.js';
import { Failures } from '../failures.js';
import { about } from './about.js';
import { agreement, pairLines } from './agreement.js';
import { outcomeOf } from './outcome.js';
import { searchEvidence } from './trial-evidence.js';

export async function behaviourClaim(
  models: readonly [Model, Model],
  // oxlint-disable-next-line typescript/no-explicit-any
  options: Omit<DifferencesOptions<any>, 'remembered'> & { readonly on: AnyTask },
  place: TestPlace,
): Promise<ClaimEvidence> {
  const [model, second] = models;
  const { on, what, tolerance, seed, check } = options;
  const end = about(models, seed);
  const failures = new Failures(place, `${model.name} like ${second.name}: ${on.name}`);
  const found = await searchDifferences(models, { ...options, remembered: failures.entries() });
  const { different, search, again, all, inputs } = found;
  const { stopped, details } = search;
  const shown = different && inputInWords(different.input.input);
  if (different)
    failures.settle({
      description: shown!,
      seed: details.seed,
      path: again ? undefined : (details.counterexamplePath ?? undefined),
      value: shown,
    });
  else if (stopped === undefined && check?.path === undefined) failures.settle(undefined);
  const notes =
    inputs < details.numRuns
      ? [`${details.numRuns} were drawn`]
      : all
        ? on.examples(details.numRuns, seed).notes
        : undefined;
  return {
    ...outcomeOf({
      found: different && { code: 'differs-on-input', numbers: {} },
      nothing: { code: 'same-on-inputs', all, numbers: { inputs: all ? details.numRuns : inputs } },
      stopped,
      what: 'input',
      details,
    }),
    claim: `${agreement(what, on, tolerance)}, on every input`,
    task: taskEvidence(on, inputs, notes),
    ...(different && {
      counterexample: {
        description: `on ${shown!}`,
        input: shown,
        measured: pairLines(different.pair, on, [model.name, second.name]),
      },
    }),
    search: searchEvidence(search, again),
    ...end(),
  };
}
