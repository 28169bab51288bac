/** Every kind of symmetry, those that keep sizes first. */
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

/** After these the residual stream has other coordinates; after all others it is the same. */
export const turning: readonly SymmetryName[] = ['permute residual', 'flip residual', 'rotate residual'];
