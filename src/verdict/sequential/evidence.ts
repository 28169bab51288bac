/** How drawing went, and the course of the running test: a part of report.json. */
import * as z from 'zod';
import { pair, type Plain } from '../../schema.js';

export const levelsSchema = z
  .strictObject({
    alpha: z
      .number()
      .describe(
        'Of saying "different" when implementations of different sides are farther apart by more than the tolerance in at most half of the triples.',
      ),
    beta: z.number().describe('Of saying "equivalent" when they are in at least half.'),
  })
  .describe('Levels of the two errors.');

export type Levels = Plain<typeof levelsSchema>;

const sideTrajectorySchema = z.strictObject({
  share: z
    .number()
    .describe(
      'Share of triples (an implementation, another of its side, one of the other side that is not its twin) in which the one of the other side is farther by more than the tolerance, over all blocks.',
    ),
  near: z
    .array(z.number())
    .describe('log10 of the evidence (e-value) after each block that this share is below one half.'),
  far: z.array(z.number()).describe('The same, that it is above.'),
});

export type SideTrajectory = Plain<typeof sideTrajectorySchema>;

export const trajectorySchema = z.strictObject({
  levels: levelsSchema,
  blocks: z.int().describe('Blocks of two implementations a side each.'),
  sides: pair(sideTrajectorySchema),
  certain: z.enum(['equivalent', 'different']).optional().describe('What is certain.'),
  needs: z
    .number()
    .optional()
    .describe('More draws a side that it would take at this rate; absent if it is certain, or is not getting there.'),
});

export type Trajectory = Plain<typeof trajectorySchema>;

const budgetSchema = z.strictObject({
  draws: z.int().describe('Implementations drawn of each side at most, besides the model itself.'),
  seconds: z
    .number()
    .optional()
    .describe("Seconds after which nothing more is drawn. The verdict then depends on the machine's speed."),
});

/** How much was drawn of what was allowed. */
export type Budget = Plain<typeof budgetSchema>;

export const sequentialSchema = z.strictObject({
  budget: budgetSchema,
  levels: levelsSchema.describe('Levels of the whole comparison.'),
  stopped: z
    .enum(['certain', 'settled', 'draws', 'time', 'exhausted'])
    .describe(
      'certain: the running test was; settled: twins had settled the verdict; draws, time: the budget was spent; exhausted: a side has no more implementations.',
    ),
  last: z
    .number()
    .describe(
      'Share of both levels that the last look has. The rest is divided evenly among the early looks. 1 if all was drawn before the only look.',
    ),
  earlyLooks: z
    .int()
    .describe(
      'Sample sizes at which drawing may stop early: the running test must be certain at the whole level, and the limits of the rule must hold at the level of one early look. 0 if there is one look only.',
    ),
  running: z
    .array(z.strictObject({ measure: z.string(), trajectory: trajectorySchema }))
    .describe('Per measure that decides.'),
});

/** How drawing went, and why it stopped. */
export type SequentialEvidence = Plain<typeof sequentialSchema>;

export const marginSchema = z.strictObject({
  margin: z.number().optional().describe('The tolerance; absent if there is none.'),
  why: z.string().optional().describe('Why there is none.'),
  level: z
    .number()
    .describe('How often, at most, the true excess is on the other side of this tolerance, whenever drawing stops.'),
  by: z
    .enum(['running test and rule', 'early look', 'last look'])
    .describe(
      'What would have said so: where the running test was certain, it and the rule together; otherwise the rule, at the level of the look at which drawing ended.',
    ),
});

export type MarginEvidence = Plain<typeof marginSchema>;
