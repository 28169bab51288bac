/** Every kind of symmetry, those that keep sizes first. */
import type { TransformerConfig } from '../../../../src/model/formats/transformer/graph/config.js';
import { moveValueBias, shiftKeys, type MoveValueBias, type ShiftKeys } from './constants.js';
import { remapKeys, remapValues, type RemapKeys, type RemapValues } from './coordinates.js';
import { addHeads, addNeurons, type AddHeads, type AddNeurons } from './grow.js';
import { permuteGroups, permuteHeads, type PermuteGroups, type PermuteHeads } from './heads.js';
import type { SymmetryKind } from './kind.js';
import { permuteNeurons, rescaleNeurons, type PermuteNeurons, type RescaleNeurons } from './neurons.js';
import { removeHeads, removeNeurons, type RemoveHeads, type RemoveNeurons } from './reduce.js';
import {
  flipResidual,
  permuteResidual,
  rescaleNorm,
  rotateResidual,
  type FlipResidual,
  type PermuteResidual,
  type RescaleNorm,
  type RotateResidual,
} from './residual.js';

/** An elementary symmetry as plain data. */
export type SymmetryStep =
  | PermuteNeurons
  | RescaleNeurons
  | PermuteHeads
  | PermuteGroups
  | RemapValues
  | RemapKeys
  | ShiftKeys
  | MoveValueBias
  | PermuteResidual
  | FlipResidual
  | RotateResidual
  | RescaleNorm
  | AddHeads
  | AddNeurons
  | RemoveHeads
  | RemoveNeurons;
/** The kind of an elementary change. */
export type SymmetryName = SymmetryStep['kind'];

/** Sizes stay, so that they can follow each other in any order. */
export const maps = [
  permuteNeurons,
  permuteHeads,
  permuteGroups,
  rescaleNeurons,
  remapValues,
  remapKeys,
  shiftKeys,
  moveValueBias,
  permuteResidual,
  flipResidual,
  rotateResidual,
  rescaleNorm,
] as unknown as readonly SymmetryKind<SymmetryStep>[];
export const growths = [addHeads, addNeurons] as unknown as readonly SymmetryKind<SymmetryStep>[];
export const reductions = [removeHeads, removeNeurons] as unknown as readonly SymmetryKind<SymmetryStep>[];

/** The kinds of elementary change. */
export const symmetryNames: readonly SymmetryName[] = [...maps, ...growths, ...reductions].map(({ kind }) => kind);
const byName = new Map([...maps, ...growths, ...reductions].map((kind) => [kind.kind as string, kind]));

export const kindOf = (name: string): SymmetryKind<SymmetryStep> | undefined => byName.get(name);

/** Those that change how many components there are, and in the names of which. */
const resizing: Readonly<Partial<Record<SymmetryName, string>>> = {
  'add heads': '.attn.head.',
  'remove heads': '.attn.head.',
  'add neurons': '.mlp.neuron.',
  'remove neurons': '.mlp.neuron.',
};

/**
 * What a component of the changed model was called before the steps, by the name that it has; undefined for all of a kind of which some step changed how many there are.
 * @param config of the model that was changed
 */
export function originsOf(
  steps: readonly SymmetryStep[],
  config: TransformerConfig,
): (name: string) => string | undefined {
  const resized = steps.flatMap(({ kind }) => resizing[kind] ?? []);
  const was = new Map<string, string>();
  const before = (name: string): string => was.get(name) ?? name;
  for (const step of steps) {
    const moved = kindOf(step.kind)!.moves?.(step, config);
    for (const [a, b] of moved?.swaps ?? []) {
      const names = [`${moved!.family}.${a}`, `${moved!.family}.${b}`] as const;
      const [left, right] = [before(names[0]), before(names[1])];
      was.set(names[0], right).set(names[1], left);
    }
  }
  return (name) => (resized.some((part) => name.includes(part)) ? undefined : before(name));
}

/** After these the residual stream has other coordinates; after all others it is the same. */
export const turning: readonly SymmetryName[] = ['permute residual', 'flip residual', 'rotate residual'];
