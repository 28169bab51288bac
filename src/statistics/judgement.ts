/** What the statistics say of one matrix of distances, and what they are asked by. Plain data. */
import * as z from 'zod';
import { intervalSchema, type Interval } from '../interval.js';
import type { Plain } from '../schema.js';
import type { InputGroups } from './input-groups.js';

export type { Interval };

export const policySchema = z.strictObject({
  margin: z
    .number()
    .describe(
      'The tolerance: the cross-model distance may be at most this much larger than the within-model distance; 0.25 is 25 %.',
    ),
  alpha: z
    .number()
    .describe('Rate of saying "different" of what is within the tolerance: every lower limit is wrong no more often.'),
  beta: z
    .number()
    .describe('Rate of saying "equivalent" of what is beyond the tolerance: every upper limit is wrong no more often.'),
  resolution: z
    .number()
    .describe('A mean within-model distance below this counts as this: the implementations are copies of each other.'),
  bootstrap: z.int().describe('Bootstrap replicates.'),
  permutations: z.int().describe('Permutations of the test of exchangeability.'),
});

/** The numbers a verdict is judged by. */
export type Policy = Plain<typeof policySchema>;

/** Distances in three blocks, row-major. `within` blocks are symmetric with a zero diagonal. */
export interface Blocks {
  readonly m1: number;
  readonly m2: number;
  /** m1 x m1 */
  readonly within1: Float64Array;
  /** m2 x m2 */
  readonly within2: Float64Array;
  /** m1 x m2 */
  readonly across: Float64Array;
  /** true: implementation i of side 1 and implementation i of side 2 are twins, made by one intervention; then m1 = m2 */
  readonly paired?: boolean | undefined;
  /** mean distances on groups of the inputs, where these are a sample */
  readonly inputs?: InputGroups | undefined;
  /** m1 x c1 and m2 x c2: distances to controls that are unrelated by construction (inputs shuffled) */
  readonly control1?: { readonly columns: number; readonly data: Float64Array };
  readonly control2?: { readonly columns: number; readonly data: Float64Array };
  /** m1 and m2: how far each member is from a copy of itself; left out where that is zero */
  readonly copies1?: Float64Array;
  readonly copies2?: Float64Array;
}

export const sideJudgementSchema = z.strictObject({
  siblings: intervalSchema.describe(
    "The within-model distance: the mean distance between two of this side's implementations.",
  ),
  copies: z
    .number()
    .describe(
      'Implementations nearer than this on average are copies of each other: the resolution, and more if the measure finds even a copy at a distance.',
    ),
  excess: intervalSchema.describe(
    'Cross-model distance / max(within-model distance, resolution) - 1, seen from this side.',
  ),
  T: intervalSchema.describe(
    'Share of triples in which the implementation of this side is nearer than that of the other, ties one half.',
  ),
  beyond: z
    .number()
    .describe(
      'Share of triples in which the implementation of the other side is farther by more than the tolerance, ties one half.',
    ),
  self: z
    .strictObject({
      congruity: z.number(),
      strictScore: z.number(),
      noise: z
        .number()
        .describe('The 95 % quantile, over random halves, of how much farther the other half is than the own half.'),
      splits: z.int(),
    })
    .describe('This side split in random halves.'),
  control: intervalSchema
    .optional()
    .describe('How much farther the shuffled controls are than the within-model distance; absent without controls.'),
  checks: z.strictObject({
    selfCongruent: z
      .boolean()
      .describe('noise <= margin: the set agrees with itself finely enough for this tolerance.'),
    powered: z.boolean().describe('control.low > margin: the rule could have told something unrelated apart.'),
    varied: z.boolean().describe('siblings.estimate >= copies: implementations of this side are not mere copies.'),
  }),
});

/** What the distances say as one side sees them. */
export type SideJudgement = Plain<typeof sideJudgementSchema>;
