/** The claim that a circuit suffices: no intervention outside it breaks the behaviour. */
import type { Model } from '../../src/model/model.js';
import { runExamples } from '../../src/task/run.js';
import { requireBehaviour, type AnyTask } from '../../src/task/task.js';
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { namesOf } from '../../generators/_internals/component-set.js';
import type { TrialDescription } from '../../generators/trials.js';
import { searchSufficiency, type SufficiencyOptions } from '../../search/sufficiency.js';
import type { TestPlace } from '../context.js';
import { Failures } from '../failures.js';
import { about } from './about.js';
import type { Claimed } from './circuit.js';
import { outcomeOf } from './outcome.js';
import { searchEvidence, trialCounterexample } from './trial-evidence.js';

/** Of a search, but for what lies outside, which the circuit says. */
// oxlint-disable-next-line typescript/no-explicit-any
export interface SufficiencyQuestion extends Omit<SufficiencyOptions<any>, 'circuit' | 'outside' | 'over'> {
  readonly on: AnyTask;
  readonly inputs: number;
  readonly seed: number;
}

/** What is said of a circuit that names every component: it suffices if the model does the task. @throws BehaviourError where it does not */
export async function nothingOutside(
  model: Model,
  { on, inputs, seed, signal }: Pick<SufficiencyQuestion, 'on' | 'inputs' | 'seed' | 'signal'>,
): Promise<ReturnType<typeof concluded> & Pick<ClaimEvidence, 'task'>> {
  const examples = on.examples(inputs, seed);
  requireBehaviour(on, model.name, (await runExamples(model, on, examples, { signal })).score);
  return {
    ...concluded('holds', [{ code: 'nothing-outside', numbers: {} }]),
    task: taskEvidence(on, examples.inputs.length, examples.notes),
  };
}

export async function sufficiencyClaim(
  model: Model,
  { inside, outside }: Claimed,
  question: SufficiencyQuestion,
  place: TestPlace,
): Promise<ClaimEvidence> {
  const { on, seed, check } = question;
  const names = namesOf(model, inside);
  const end = about([model], seed);
  const common = {
    claim: `interventions outside the circuit leave ${on.behaviour.name} as it is`,
    circuit: { components: names, outside: outside.length },
  };
  if (outside.length === 0) return { ...common, ...(await nothingOutside(model, question)), ...end() };
  const failures = new Failures(place, `${model.name}: ${names.join(', ')}`);
  const found = await searchSufficiency(model, {
    ...question,
    outside,
    remembered: failures.entries().map(({ value }) => value as TrialDescription),
  });
  const { broken, again, search } = found;
  const { stopped, details } = search;
  if (broken)
    failures.settle({
      description: broken.trial.description,
      seed: details.seed,
      path: again ? undefined : (details.counterexamplePath ?? undefined),
      value: broken.trial.toJSON(),
    });
  else if (stopped === undefined && check?.path === undefined) failures.settle(undefined);
  const n = broken?.trial.components.length ?? 0;
  const outcome = outcomeOf({
    found: broken && { code: 'broken-outside', numbers: { components: n } },
    nothing: { code: 'nothing-broke-it', numbers: { tried: details.numRuns } },
    stopped,
    what: 'intervention',
    details,
    more: n > 1 ? [{ code: 'all-of-them-needed', numbers: {} }] : [],
  });
  return {
    ...common,
    ...outcome,
    task: taskEvidence(on, found.inputs, found.notes),
    ...(broken && { counterexample: trialCounterexample(broken, on) }),
    search: searchEvidence(search, again),
    ...end(),
  };
}
