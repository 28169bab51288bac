/** The claim that a circuit suffices, that each part of it is necessary, and that nothing smaller suffices. */
import type { Component } from '../../src/circuit/component.js';
import { percent } from '../../src/format.js';
import type { Model } from '../../src/model/model.js';
import { clock } from '../../src/signal.js';
import type { ClaimEvidence, SearchEvidence } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import type { ClaimFinding } from '../../src/claims/findings.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { namesOf } from '../../generators/_internals/component-set.js';
import type { SearchLimits } from '../../search/budget.js';
import { measureNecessity } from '../../search/necessity.js';
import { searchSufficiency, type Sufficiency } from '../../search/sufficiency.js';
import { about } from './about.js';
import type { Claimed } from './circuit.js';
import { partsEvidence, partsSearch, partsVerdict, type NecessityQuestion } from './necessity.js';
import { nothingOutside, type SufficiencyQuestion } from './sufficiency.js';
import { searchEvidence, together, trialCounterexample } from './trial-evidence.js';

export type MinimalityQuestion = Omit<SufficiencyQuestion, 'by'> & NecessityQuestion;

/** One check's searches: each has what those before it have left of the limits. */
class Searches {
  readonly all: SearchEvidence[] = [];
  private readonly started = clock();

  constructor(private readonly question: MinimalityQuestion) {}

  /** Never nothing, so that each says itself that it was stopped. */
  rest(): SearchLimits {
    const { maxSeconds, maxPasses } = this.question;
    const spent = this.all.reduce((sum, one) => sum + one.passes, 0);
    return {
      ...(maxSeconds !== undefined && { maxSeconds: Math.max(0.001, maxSeconds - (clock() - this.started) / 1000) }),
      ...(maxPasses !== undefined && { maxPasses: Math.max(1, maxPasses - spent) }),
    };
  }

  async sufficient(model: Model, outside: readonly Component[]): Promise<Sufficiency<unknown>> {
    const { effect: _1, confidence: _2, draws: _3, ...question } = this.question;
    const found = await searchSufficiency(model, { ...question, outside, ...this.rest() });
    this.all.push(searchEvidence(found.search));
    return found;
  }
}

/** Parts that broke nothing when they were replaced alone, one after the other: those that can be left out, and those that something outside stands in for. */
async function leaveOut(
  model: Model,
  silent: readonly Component[],
  outside: readonly Component[],
  searches: Searches,
): Promise<{ readonly spare: readonly Component[]; readonly backed: readonly Component[] }> {
  const spare: Component[] = [];
  const backed: Component[] = [];
  for (const part of silent) {
    const { broken, search } = await searches.sufficient(model, [...outside, ...spare, part]);
    if (broken) {
      if (broken.trial.components.length > 1) backed.push(part);
    } else if (search.stopped === undefined) spare.push(part);
  }
  return { spare, backed };
}

export async function minimalityClaim(
  model: Model,
  { inside, outside }: Claimed,
  question: MinimalityQuestion,
): Promise<ClaimEvidence> {
  const { on, effect, seed } = question;
  const end = about([model], seed);
  const searches = new Searches(question);
  // where nothing lies outside there is nothing to search
  const whole = outside.length > 0 ? await searches.sufficient(model, outside) : undefined;
  const common = {
    claim: `the circuit suffices, each part of it breaks more than ${percent(effect)} of inputs, and nothing smaller suffices`,
    task: whole ? taskEvidence(on, whole.inputs, whole.notes) : (await nothingOutside(model, question)).task,
    circuit: { components: namesOf(model, inside), outside: outside.length },
  };
  const result = (
    outcome: ClaimEvidence['outcome'],
    findings: readonly [ClaimFinding, ...ClaimFinding[]],
    rest: Partial<ClaimEvidence>,
  ): ClaimEvidence => ({
    ...common,
    ...concluded(outcome, findings),
    search: together(searches.all),
    ...rest,
    ...end(),
  });
  const interrupted = (stopped: string): ClaimFinding => ({
    code: 'search-stopped',
    what: 'part',
    stopped,
    numbers: { tried: together(searches.all).runs },
  });

  if (whole?.broken)
    return result('fails', [{ code: 'not-sufficient', numbers: {} }], {
      counterexample: trialCounterexample(whole.broken, on),
      // with seed and path of that search
      search: searches.all[0],
    });
  if (whole?.search.stopped !== undefined) return result('undecided', [interrupted(whole.search.stopped)], {});

  const { each: _1, check: _2, whole: _3, ...asked } = question;
  const measured = await measureNecessity(model, inside, { ...asked, ...searches.rest() });
  searches.all.push(partsSearch(measured));
  const parts = partsEvidence(measured);
  // a part that broke something by itself is missed already: leaving it out is refuted
  const silent = inside.filter((_, at) => measured.parts[at]!.effects.every(({ broken }) => broken === 0));
  const { spare, backed } = await leaveOut(model, silent, outside, searches);

  const verdict = partsVerdict(parts, effect);
  const stopped = searches.all.find((one) => one.stopped !== undefined)?.stopped;
  const left = inside.filter((one) => !spare.includes(one));
  const backedUp = backed.map(({ name }) => ({ code: 'part-backed-up', component: name, numbers: {} }) as const);
  if (spare.length > 0) {
    const components = spare.map(({ name }) => name);
    const rest = left.length === 0 ? [] : namesOf(model, left);
    return result('fails', [{ code: 'parts-left-out', components, rest, numbers: {} }, ...backedUp], { parts });
  }
  if (verdict.outcome === 'fails') return result('fails', [verdict.finding, ...backedUp], { parts });
  if (stopped !== undefined) return result('undecided', [interrupted(stopped), ...backedUp], { parts });
  if (verdict.outcome === 'undecided') return result('undecided', [verdict.finding, ...backedUp], { parts });
  return result('holds', [{ code: 'minimal', numbers: {} }, ...backedUp], { parts });
}
