/** The claim that each part of a circuit is necessary. */
import type { Component } from '../../src/circuit/component.js';
import { percent } from '../../src/format.js';
import type { Model } from '../../src/model/model.js';
import type { AnyTask } from '../../src/task/task.js';
import type { ClaimEvidence, PartEvidence, SearchEvidence } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import type { ClaimFinding } from '../../src/claims/findings.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { measureNecessity, type Necessity, type NecessityOptions } from '../../search/necessity.js';
import { about } from './about.js';

// oxlint-disable-next-line typescript/no-explicit-any
export interface NecessityQuestion extends NecessityOptions<any> {
  readonly on: AnyTask;
}

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
): { readonly outcome: ClaimEvidence['outcome']; readonly finding: ClaimFinding } {
  const those = (status: PartEvidence['status']): string[] =>
    parts.filter((part) => part.status === status).map(({ component }) => component);
  const [droppable, open] = [those('could be dropped'), those('undecided')];
  if (droppable.length > 0)
    return { outcome: 'fails', finding: { code: 'parts-droppable', components: droppable, numbers: {} } };
  if (open.length > 0)
    return { outcome: 'undecided', finding: { code: 'parts-undecided', components: open, numbers: { effect } } };
  return { outcome: 'holds', finding: { code: 'parts-necessary', numbers: { parts: parts.length } } };
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
  const { outcome, finding } = partsVerdict(parts, effect);
  return {
    ...concluded(outcome, [
      finding,
      ...(stopped === undefined
        ? []
        : [{ code: 'search-stopped', what: 'part', stopped, numbers: { tried: runs } } as const]),
    ]),
    claim: `each part breaks more than ${percent(effect)} of inputs when it is replaced, at ${percent(confidence)} confidence`,
    task: taskEvidence(on, measured.inputs, measured.notes),
    parts,
    search: partsSearch(measured),
    ...end(),
  };
}
