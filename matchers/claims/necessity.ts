/** The claim that each part of a circuit is necessary. */
import type { Component } from '../../src/circuit/component.js';
import { percent, plural } from '../../src/format.js';
import type { Model } from '../../src/model/model.js';
import type { AnyTask } from '../../src/task/task.js';
import type { ClaimEvidence, PartEvidence, SearchEvidence } from '../../src/claims/claim.js';
import { taskEvidence } from '../../src/verdict/evidence.js';
import { measureNecessity, type Necessity, type NecessityOptions } from '../../search/necessity.js';
import { about } from './about.js';
import { MORE } from './outcome.js';

// oxlint-disable-next-line typescript/no-explicit-any
export interface NecessityQuestion extends NecessityOptions<any> {
  readonly on: AnyTask;
}

/** Names, but not too many. */
const few = (parts: readonly PartEvidence[]): string => {
  const names = parts.map(({ component }) => component);
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
};

export const partsEvidence = ({ parts }: Necessity): PartEvidence[] =>
  parts.map(({ component, status, effects }) => ({ component: component.name, status, effects }));

/** A measurement of parts as a search: it shrinks nothing. */
export const partsSearch = ({ runs, evaluated, passes, stopped }: Necessity): SearchEvidence => ({
  runs,
  shrinks: 0,
  evaluated,
  passes,
  ...(stopped !== undefined && { stopped }),
});

/** What the parts come to. */
export function partsVerdict(
  parts: readonly PartEvidence[],
  effect: number,
): Pick<ClaimEvidence, 'outcome' | 'received' | 'wouldSettle'> {
  const droppable = parts.filter(({ status }) => status === 'could be dropped');
  const open = parts.filter(({ status }) => status === 'undecided');
  if (droppable.length > 0) return { outcome: 'fails', received: `could be dropped: ${few(droppable)}` };
  if (open.length > 0)
    return {
      outcome: 'undecided',
      received: `undecided: whether ${few(open)} ${open.length === 1 ? 'breaks' : 'break'} more than ${percent(effect)} of inputs`,
      wouldSettle: 'more `draws`, or another `effect`',
    };
  return {
    outcome: 'holds',
    received: `${parts.length === 1 ? 'the one part is' : `all ${parts.length} parts are`} necessary`,
  };
}

export async function necessityClaim(
  model: Model,
  inside: readonly Component[],
  question: NecessityQuestion,
): Promise<ClaimEvidence> {
  const { on, effect, confidence, seed } = question;
  const end = about([model], seed);
  const measured = await measureNecessity(model, inside, question);
  const parts = partsEvidence(measured);
  const { stopped, runs } = measured;
  const verdict = partsVerdict(parts, effect);
  return {
    ...verdict,
    ...(stopped !== undefined && verdict.outcome === 'undecided' && { wouldSettle: MORE }),
    claim: `each part breaks more than ${percent(effect)} of inputs when it is replaced, at ${percent(confidence)} confidence`,
    reasons:
      stopped === undefined ? [] : [`The search was stopped, ${stopped}, after ${plural(runs, 'intervention')}.`],
    task: taskEvidence(on, measured.inputs, measured.notes),
    parts,
    search: partsSearch(measured),
    ...end(),
  };
}
