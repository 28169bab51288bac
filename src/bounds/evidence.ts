/** What a claim about the two conditions of docs/bounds.md rests on: plain JSON. */
import * as z from 'zod';
import { measureNames } from '../measure/index.js';
import { pair, type Plain } from '../schema.js';

export const conditionSchema = z.enum(['sufficiency', 'necessity']);

/** Which of the two conditions of equivalence. */
export type Condition = z.infer<typeof conditionSchema>;

const limitsSchema = z
  .strictObject({ low: z.number(), high: z.number().optional() })
  .describe('Lower and upper confidence limit; no `high` if there are too few draws to give one.');

/** Lower and upper confidence limit, each wrong with probability alpha at most; no `high` if there are too few draws to give one. */
export type Limits = Plain<typeof limitsSchema>;

const boundSideSchema = z.strictObject({
  name: z.string(),
  set: z.string(),
  tried: z.int(),
  kept: z.int(),
  random: z.int().describe('Of those kept, the ones that count as random draws.'),
  complete: z.boolean().describe('true: the set has no other members.'),
  radius: limitsSchema.describe("Largest distance in the core from the side's first implementation, the model itself."),
  diameter: limitsSchema.describe(
    'Largest distance between two implementations in the core: the compression, kappa, of the interpretation.',
  ),
  behaviour: z.number().describe('Largest difference of behaviour from the model itself, in units of behaviour.'),
});

/** One side in a claim's evidence. */
export type BoundSide = Plain<typeof boundSideSchema>;

const pairApart = z.strictObject({ description: pair(z.string()), distance: z.number() });

export const boundsSchema = z
  .strictObject({
    condition: conditionSchema,
    measure: z.enum(measureNames),
    tolerance: z.number(),
    share: z.number(),
    alpha: z.number(),
    distance: limitsSchema.describe('The partial Hausdorff distance of the two sets.'),
    necessary: limitsSchema.describe('max d - min k of the cores.'),
    sufficient: z.number().optional().describe('min d + max k of the cores.'),
    originals: z.number().describe('Between the two models themselves, without error terms.'),
    sides: pair(boundSideSchema),
    nearest: pairApart,
    farthest: pairApart,
    errors: z
      .strictObject({
        numerical: z.number().describe('How far distances are certified to be off at most, rounding included.'),
        representation: z
          .number()
          .describe('How much distances were seen to change on other inputs of the task; 0 if all were used.'),
        behaviour: z
          .number()
          .describe("behaviourWeight times each implementation's difference of behaviour: the largest of a pair."),
        abstraction: z
          .number()
          .describe(
            'How far implementations may be from exact ones, as it was given: the two sides of a pair together.',
          ),
      })
      .describe('What is added to and taken from every distance.'),
    control: z
      .strictObject({ distance: z.number(), necessary: z.number() })
      .describe(
        "Unrelated by construction: how far off it is, and the necessary condition with it in the other side's place.",
      ),
  })
  .describe('How far apart two sets of implementations are, with confidence limits: docs/bounds.md.');

/** What a claim about bounds rests on. */
export type BoundEvidence = Plain<typeof boundsSchema>;
