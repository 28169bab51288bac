/** What twins show: a part of report.json. */
import * as z from 'zod';
import { intervalSchema } from '../../interval.js';
import { measureNames } from '../../measure/index.js';
import { pair, strings, type Plain } from '../../schema.js';
import { inputGroupsSchema } from '../input-groups-evidence.js';
import { levelsSchema } from '../sequential/evidence.js';
import { twinFindingSchema } from './findings.js';

const drawSchema = z.strictObject({
  distance: z.number().describe('Between the twins.'),
  siblings: pair(z.number()).describe('Mean distance of each twin to the other implementations of its model.'),
  moved: pair(z.number()).describe(
    'How far the intervention moved each model: the angle between the Grams before and after, over a right angle.',
  ),
  cosine: z
    .number()
    .optional()
    .describe('Between what it did to one model and to the other; absent if it moved neither beyond the resolution.'),
});

const controlSchema = z
  .strictObject({
    pairs: z.int().describe('Draws that were made again with components paired at random, and say something.'),
    skipped: z.int().describe('Draws that say nothing so.'),
    ratio: intervalSchema.describe(
      'The pairing ratio, a median: how unlike twins respond, over how unlike the two models respond with components paired at random (1 - cosine each). The limits hold whenever drawing ends: the upper one is wrong at a rate of at most beta, the lower one of alpha.',
    ),
    cosine: z.number().describe('The response cosine of these draws, a median.'),
    atRandom: z.number().describe('The same with components paired at random.'),
    draws: z
      .array(
        z.strictObject({
          components: z.int().describe('How many were patched: as many as are tolerated in either pairing.'),
          cosine: z.number(),
          atRandom: z.number(),
        }),
      )
      .describe('In the order made.'),
    trajectory: z
      .strictObject({ below: z.array(z.number()), above: z.array(z.number()) })
      .describe(
        'log10 of the evidence (e-value) after each draw, at its largest so far: that the ratio is below one half, and above.',
      ),
  })
  .describe('The control: whether it matters which component is paired with which.');

export type ControlEvidence = Plain<typeof controlSchema>;

export const twinsSchema = z
  .strictObject({
    outcome: z.enum(['derived', 'not derived', 'open']),
    findings: z.array(twinFindingSchema).describe('Why, as codes, the deciding one first: docs/codes.md.'),
    reasons: strings.describe('The findings in full sentences.'),
    pairs: z.int().describe('Pairs of twins; the two models themselves are none.'),
    measure: z.enum(measureNames),
    resolution: z.number().describe('A within-model distance below this counts as this.'),
    levels: levelsSchema,
    ratio: intervalSchema.describe(
      'The twin ratio: the median of the distance of twins over a within-model distance, of the narrower model. The limits hold whenever drawing ends: the upper one is wrong at a rate of at most beta, the lower one of alpha / 2.',
    ),
    meanRatio: intervalSchema.describe(
      'The mean distance of twins over the smaller mean within-model distance, with the limits of a jackknife over pairs, which are approximate.',
    ),
    cosine: intervalSchema
      .optional()
      .describe(
        'The response cosine, a median. The limits hold whenever drawing ends: the lower one is wrong at a rate of at most beta, the upper one of alpha / 2. Absent if no intervention moves either model.',
      ),
    inputGroups: inputGroupsSchema.optional(),
    twins: z.number().describe('Mean distance of twins.'),
    siblings: pair(z.number()).describe('Mean within-model distance of each model.'),
    untouched: z.number().describe('Distance between the two models without interventions.'),
    still: z.int().describe('Pairs that moved neither model beyond the resolution.'),
    draws: z.array(drawSchema).describe('Each pair of twins, in the order drawn.'),
    trajectory: z
      .strictObject({
        near: z.array(z.number()),
        far: z.array(z.number()),
        alike: z.array(z.number()),
        unlike: z.array(z.number()),
      })
      .describe(
        'log10 of the evidence (e-value) after each block of two pairs, at its largest so far: that the ratio is below 1 and above, that the cosine is above one half and below.',
      ),
    control: controlSchema
      .optional()
      .describe('Made only if everything else says "derived", and absent if it cannot be made.'),
    bySite: z
      .array(
        z.strictObject({
          site: z.string(),
          moved: pair(z.number()).describe('Mean over the pairs.'),
          cosine: z.number().optional().describe('Median over the pairs that moved one of the models there.'),
        }),
      )
      .describe('The same at each site alone, of the first few pairs, in the order of the sites.'),
  })
  .describe('Twins: both models under one intervention.');

export type TwinsEvidence = Plain<typeof twinsSchema>;
