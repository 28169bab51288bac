/** What a claim about the two conditions of docs/bounds.md rests on: plain JSON. */
import type { MeasureName } from '../measure/index.js';
import type { Limits } from './core-bounds.js';

export type Condition = 'sufficiency' | 'necessity';

/** One side in a claim's evidence. */
export interface BoundSide {
  readonly name: string;
  readonly set: string;
  readonly tried: number;
  readonly kept: number;
  /** of those kept, the ones that count as random draws */
  readonly random: number;
  /** true where the set has no other members */
  readonly complete: boolean;
  /** largest distance in the core from the side's first implementation, the model itself */
  readonly radius: Limits;
  /** largest difference of behaviour from the model itself, in units of behaviour */
  readonly behaviour: number;
}

/** What a claim about bounds rests on. */
export interface BoundEvidence {
  readonly condition: Condition;
  readonly measure: MeasureName;
  readonly tolerance: number;
  readonly share: number;
  readonly alpha: number;
  /** the partial Hausdorff distance of the two sets */
  readonly distance: Limits;
  /** max d - min k of the cores */
  readonly necessary: Limits;
  /** min d + max k of the cores */
  readonly sufficient?: number | undefined;
  /** between the two models themselves, without error terms */
  readonly originals: number;
  readonly sides: readonly [BoundSide, BoundSide];
  readonly nearest: { readonly description: readonly [string, string]; readonly distance: number };
  readonly farthest: { readonly description: readonly [string, string]; readonly distance: number };
  /** what is added to and taken from every distance */
  readonly errors: {
    /** how far distances are certified to be off at most, rounding included */
    readonly numerical: number;
    /** how much distances were seen to change on other inputs of the task; 0 where all were used */
    readonly representation: number;
    /** behaviourWeight times each implementation's difference of behaviour: the largest of a pair */
    readonly behaviour: number;
  };
  /** unrelated by construction: how far off it is, and the necessary condition with it in the other side's place */
  readonly control: { readonly distance: number; readonly necessary: number };
}
