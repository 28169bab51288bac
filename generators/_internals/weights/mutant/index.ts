/** Every kind of mutant that is a change of weights. */
import { blind, zeroDirection, type Blind, type ZeroDirection } from './directions.js';
import {
  meanHead,
  scaleHead,
  severHead,
  shiftHead,
  swapHeads,
  uniformAttention,
  type MeanHead,
  type ScaleHead,
  type SeverHead,
  type ShiftHead,
  type SwapHeads,
  type UniformAttention,
} from './heads.js';
import type { MutantKind } from './kind.js';
import {
  meanLayer,
  meanNeuron,
  negateNeuron,
  severLayer,
  type MeanLayer,
  type MeanNeuron,
  type NegateNeuron,
  type SeverLayer,
} from './mlps.js';

export type WeightMutation =
  | SwapHeads
  | SeverHead
  | ScaleHead
  | ShiftHead
  | UniformAttention
  | MeanHead
  | NegateNeuron
  | MeanNeuron
  | SeverLayer
  | MeanLayer
  | ZeroDirection
  | Blind;

export const kinds = [
  swapHeads,
  severHead,
  scaleHead,
  shiftHead,
  uniformAttention,
  meanHead,
  negateNeuron,
  meanNeuron,
  severLayer,
  meanLayer,
  zeroDirection,
  blind,
] as unknown as readonly MutantKind<WeightMutation>[];

const byName = new Map(kinds.map((kind) => [kind.kind as string, kind]));
export const kindOf = (name: string): MutantKind<WeightMutation> | undefined => byName.get(name);
