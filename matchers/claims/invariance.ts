/** The claim that no change moves what a model does, or how. */
import * as fc from 'fast-check';
import { number } from '../../src/format.js';
import type { Model } from '../../src/model/model.js';
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { inputInWords } from '../../generators/_internals/printed.js';
import type { SearchLimits } from '../../search/budget.js';
import { checkBatched } from '../../search/index.js';
import { about } from './about.js';
import { agreement, pairLines } from './agreement.js';
import { changesOf, type ModelChange, type ModelChanges } from './changes.js';
import { Unchanged, type Moved, type MovedOptions } from './moved.js';
import { outcomeOf } from './outcome.js';
import { searchEvidence } from './trial-evidence.js';

/** Models to build and run for an arbitrary of changes. */
const DRAWN = 20;

export interface InvarianceOptions extends MovedOptions, Omit<SearchLimits, 'batch' | 'signal'> {
  /** examples */
  readonly inputs: number;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: fc.Parameters<[any]> | undefined;
}

export async function invarianceClaim(
  model: Model,
  changes: ModelChanges,
  options: InvarianceOptions,
): Promise<ClaimEvidence> {
  const { on, agree: what, tolerance, measure, check = {}, maxSeconds, maxPasses, seed, signal } = options;
  const { arbitrary, listed } = changesOf(changes);
  const end = about([model], seed);
  const examples = on.examples(options.inputs, seed);
  const unchanged = await Unchanged.measure(model, examples, options);
  const known = new WeakMap<ModelChange, Moved>();
  // one model at a time: each fills its own batches
  const search = await checkBatched<ModelChange>(
    arbitrary,
    async ([change], { spend }) => {
      const moved = await unchanged.moved(change!, spend);
      known.set(change!, moved);
      return [unchanged.keeps(moved)];
    },
    listed
      ? { seed, ...check, examples: listed.map((change): [ModelChange] => [change]), numRuns: listed.length }
      : { numRuns: fc.readConfigureGlobal()?.numRuns ?? DRAWN, seed, ...check },
    { batch: 1, maxSeconds, maxPasses, signal },
  );
  const { details, stopped } = search;
  const change = details.counterexample?.[0];
  const found = change && known.get(change);
  // the change could not be applied, or the changed model not run: no verdict on the model
  if (change && !found) throw details.errorInstance;
  const allowed = number(unchanged.resolution);
  const measured = !found
    ? []
    : found.behaviour
      ? [`on ${inputInWords(found.behaviour.input)}`, ...pairLines(found.behaviour.pair, on, [model.name, 'changed'])]
      : [`representations ${number(found.distance!)} apart (${measure}), at most ${allowed} allowed`];
  return {
    ...outcomeOf({
      found:
        found &&
        (found.behaviour
          ? { code: 'behaviour-moved', numbers: {} }
          : { code: 'representation-moved', numbers: { distance: found.distance!, allowed: unchanged.resolution } }),
      nothing: { code: 'not-moved', numbers: { changes: details.numRuns } },
      stopped,
      what: 'change',
      details,
    }),
    claim: `${agreement(what, on, tolerance)}${options.representation ? `, and representations at most ${allowed} apart (${measure})` : ''}, whatever the change`,
    task: taskEvidence(on, examples.inputs.length, examples.notes),
    ...(change && { counterexample: { description: change.description, measured } }),
    search: searchEvidence(search),
    ...end(),
  };
}
