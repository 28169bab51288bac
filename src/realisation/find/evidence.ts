/** An alignment that was searched for, as evidence. */
import type { Part } from '../../program/alignment.js';
import type { FoundEvidence } from '../evidence.js';
import type { AlignmentFound, FoundVariable } from './find.js';

/** Indices in a message. */
const LISTED = 8;

/** `blocks.0.mlp.hook_post (feature 3, 4)`, `blocks.1.hook_resid_post (2 directions)` */
function partInWords({ site, at = {}, directions }: Part): string {
  const slices = Object.entries(at).map(
    ([axis, indices]) =>
      `${axis} ${indices.slice(0, LISTED).join(', ')}${indices.length > LISTED ? ` and ${indices.length - LISTED} more` : ''}`,
  );
  const all = [...slices, ...(directions ? [`${directions.length} directions`] : [])];
  return all.length === 0 ? site : `${site} (${all.join('; ')})`;
}

/** Of the variable that it carries best: of that one the search says nothing about the model. */
const largest = (list: readonly FoundVariable[]): number => Math.max(0, ...list.map(({ heldOut }) => heldOut.accuracy));

/** The untrained network must disagree, where it matters, at least four times as often as the model may, and in a fifth of the interchanges. */
const allowedOf = (threshold: number): number => 1 - Math.min(0.9, Math.max(0.2, 4 * threshold));

/** @param inputs searched on, judged on */
export function foundEvidence(
  { variables, missing, untrained }: AlignmentFound,
  [searched, judged]: readonly [number, number],
  threshold: number,
): FoundEvidence {
  const other = new Map(untrained?.variables.map((one) => [one.name, one]));
  return {
    searched,
    judged,
    variables: variables.map(({ name, parts, stage, searched: score, heldOut }) => ({
      variable: name,
      stage,
      parts: parts.map(partInWords),
      searched: score,
      heldOut: heldOut.accuracy,
      ...(other.has(name) && { untrained: other.get(name)!.heldOut.accuracy }),
    })),
    missing: [...missing],
    ...(untrained && { untrained: { name: untrained.name, accuracy: largest(untrained.variables) } }),
    allowed: allowedOf(threshold),
  };
}
