import { z } from 'zod';
import type { Component } from '../src/circuit/component.js';
import { percent } from '../src/format.js';
import { clock } from '../src/signal.js';
import type { ClaimEvidence, SearchEvidence } from '../src/claims/claim.js';
import { environmentOf, modelEvidence } from '../src/model/evidence.js';
import { taskEvidence } from '../src/task/evidence.js';
import { namesOf } from '../generators/circuits.js';
import { measureNecessity } from '../search/necessity.js';
import { searchSufficiency, type Sufficiency } from '../search/sufficiency.js';
import { claimedCircuit, requireModel, waysOf, type ClaimedCircuit } from './circuit.js';
import { judged } from './claim.js';
import type { MatcherContext, MatcherResult } from './context.js';
import { partsEvidence } from './parts.js';
import { necessaryShape, partsVerdict, type NecessaryCircuitOptions } from './toHaveNecessaryCircuit.js';
import { nothingOutside, sufficientShape, type SufficientCircuitOptions } from './toHaveSufficientCircuit.js';
import { searchEvidence, together, trialCounterexample } from './trial-evidence.js';

const NAME = 'toHaveMinimalCircuit';

export type MinimalCircuitOptions = SufficientCircuitOptions &
  Pick<NecessaryCircuitOptions, 'effect' | 'confidence' | 'draws'>;

const schema = z.strictObject({ ...sufficientShape, ...necessaryShape });

/**
 * Passes where the circuit is sufficient (as toHaveSufficientCircuit), each part of it necessary (as toHaveNecessaryCircuit), and no smaller circuit that leaving out
 * parts comes to is sufficient. Under `.not` passes where one of these is refuted. Fails both ways where one is undecided and none refuted.
 *
 * The smaller circuits searched: without each part that broke nothing when it was replaced alone, and without as many of those as can be left out one after the other.
 * @param received a Model
 * @param circuit components by name (`*` allowed), or a circuit from `findCircuit`
 * @throws OptionError, InterventionError, ImplementationError, BehaviourError, ... where nothing could be judged
 */
export function toHaveMinimalCircuit(
  this: MatcherContext,
  received: unknown,
  circuit: ClaimedCircuit,
  options: MinimalCircuitOptions,
): Promise<MatcherResult> {
  return judged(this, NAME, schema, options, 'circuit', async ({ options: given, seed, signal }) => {
    const {
      on,
      judge,
      tolerance,
      each,
      inputs,
      check,
      batch,
      maxSeconds = Infinity,
      maxPasses = Infinity,
      effect,
      confidence,
      draws,
    } = given;
    const model = requireModel(received, NAME);
    const { inside, outside } = claimedCircuit(model, circuit, given.over);
    const by = waysOf(given.by, circuit, judge);
    const started = clock();
    const searches: SearchEvidence[] = [];
    const spent = (): number => searches.reduce((sum, one) => sum + one.passes, 0);
    /** What the searches so far have left of the limits; never nothing, so that each says itself that it was stopped. */
    const rest = () => ({
      batch,
      signal,
      ...(Number.isFinite(maxSeconds) && { maxSeconds: Math.max(0.001, maxSeconds - (clock() - started) / 1000) }),
      ...(Number.isFinite(maxPasses) && { maxPasses: Math.max(1, maxPasses - spent()) }),
    });
    const sufficient = async (left: readonly Component[]): Promise<Sufficiency<unknown>> => {
      const found = await searchSufficiency(model, {
        on,
        by,
        tolerance,
        each,
        inputs,
        seed,
        outside: left,
        whole: judge === 'mean',
        check,
        ...rest(),
      });
      searches.push(searchEvidence(found.search));
      return found;
    };
    // where nothing lies outside there is nothing to search
    const whole = outside.length > 0 ? await sufficient(outside) : undefined;
    const onTask = whole
      ? taskEvidence(on, whole.inputs, whole.notes)
      : (await nothingOutside(model, on, inputs, seed, signal)).task;
    const common = {
      claim: `the circuit suffices, each part of it breaks more than ${percent(effect)} of inputs, and nothing smaller suffices`,
      task: onTask,
      models: [modelEvidence(model)],
      circuit: { components: namesOf(model, inside), outside: outside.length },
      seed,
      environment: environmentOf([model]),
    };
    const end = () => ({ search: together(searches), seconds: (clock() - started) / 1000 });
    if (whole?.broken)
      return {
        outcome: 'fails',
        received: 'not sufficient: an intervention outside the circuit breaks it',
        reasons: [],
        counterexample: trialCounterexample(whole.broken, on),
        ...common,
        ...end(),
        search: { ...together(searches), ...searches[0]! },
      } satisfies ClaimEvidence;

    const wouldSettle = 'more time or forward passes (maxSeconds, maxPasses)';
    if (whole?.search.stopped !== undefined)
      return {
        outcome: 'undecided',
        received: `undecided: whether it suffices; the search was stopped, ${whole.search.stopped}`,
        reasons: [],
        wouldSettle,
        ...common,
        ...end(),
      } satisfies ClaimEvidence;

    const measured = await measureNecessity(model, inside, {
      on,
      by,
      effect,
      confidence,
      draws,
      tolerance,
      inputs,
      seed,
      ...rest(),
    });
    searches.push({
      runs: measured.runs,
      shrinks: 0,
      evaluated: measured.evaluated,
      passes: measured.passes,
      ...(measured.stopped !== undefined && { stopped: measured.stopped }),
    });
    const parts = partsEvidence(measured);

    // a part that broke something by itself is missed already: leaving it out is refuted
    const silent = inside.filter((_, at) => measured.parts[at]!.effects.every(({ broken }) => broken === 0));
    const spare: Component[] = [];
    const backed: Component[] = [];
    for (const part of silent) {
      const { broken, search } = await sufficient([...outside, ...spare, part]);
      if (broken) {
        if (broken.trial.components.length > 1) backed.push(part);
      } else if (search.stopped === undefined) spare.push(part);
    }
    const verdict = partsVerdict(parts, effect);
    const stopped = searches.find((one) => one.stopped !== undefined)?.stopped;
    const left = inside.filter((one) => !spare.includes(one));
    const reasons = [
      ...(spare.length > 0
        ? [
            `Without ${spare.map(({ name }) => name).join(' and ')} the rest suffices: ${left.length === 0 ? 'nothing is needed' : namesOf(model, left).join(', ')}.`,
          ]
        : []),
      ...backed.map(
        ({ name }) =>
          `${name} breaks nothing alone, but the rest without it does not suffice: something outside the circuit stands in for it.`,
      ),
    ];
    if (spare.length > 0)
      return {
        ...common,
        parts,
        outcome: 'fails',
        received: `not minimal: ${spare.map(({ name }) => name).join(', ')} could be left out`,
        reasons,
        ...end(),
      } satisfies ClaimEvidence;
    if (verdict.outcome === 'fails')
      return {
        ...common,
        ...verdict,
        received: `not minimal: ${verdict.received}`,
        parts,
        reasons,
        ...end(),
      } satisfies ClaimEvidence;
    if (stopped !== undefined)
      return {
        ...common,
        parts,
        outcome: 'undecided',
        received: `undecided: the search was stopped, ${stopped}`,
        reasons,
        wouldSettle,
        ...end(),
      } satisfies ClaimEvidence;
    return {
      ...common,
      ...verdict,
      ...(verdict.outcome === 'holds' && { received: 'sufficient, every part necessary, nothing smaller suffices' }),
      parts,
      reasons,
      ...end(),
    } satisfies ClaimEvidence;
  });
}
