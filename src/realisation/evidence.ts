/** How well a model realises a program, as plain JSON. */
import * as z from 'zod';
import { stages } from './find/options.js';
import { intervalSchema } from '../interval.js';
import { strings, type Plain } from '../schema.js';

const is = z
  .enum(['within', 'beyond', 'open'])
  .describe(
    'within: the rate of disagreement is at most the threshold, wrong at most at rate beta; beyond: it is above, wrong at most at rate alpha over all strata together; open: neither is certain.',
  );

const stratumSchema = z
  .strictObject({
    tried: z.int().describe('Interchanges.'),
    agree: z.int().describe('Those that the model answered as the program.'),
    accuracy: intervalSchema.describe(
      'Interchange accuracy: the share that agrees. The limits are one-sided, valid whenever drawing ended, and at the levels that decide; low = high where every interchange was run.',
    ),
    exhaustive: z.boolean().describe('true: these are all interchanges there are.'),
    is,
  })
  .describe('Interchanges of a kind.');
export type StratumEvidence = Plain<typeof stratumSchema>;

const groupSchema = z.strictObject({
  variables: strings.describe('One, or those of which random sets of two and more are replaced at once.'),
  positions: z
    .enum(['all', 'some'])
    .describe('Where they are replaced: at all positions that the alignment has, or one or more at some of them.'),
  matters: stratumSchema
    .optional()
    .describe('Interchanges that change the output of the program; absent if there are none.'),
  rest: stratumSchema.optional().describe('Those that do not.'),
});
export type GroupEvidence = Plain<typeof groupSchema>;

const foundVariableSchema = z.strictObject({
  variable: z.string(),
  stage: z.enum(stages).describe('The kind of parts that it was found in.'),
  parts: strings.describe('Where it was found, in words.'),
  searched: z.number().describe('Mean accuracy over the kinds of interchange that the search tried.'),
  heldOut: z.number().describe('Interchange accuracy where it matters, alone, on inputs that were held out.'),
  untrained: z.number().optional().describe('The same of the untrained network, at what was found in that.'),
});

const foundSchema = z
  .strictObject({
    searched: z.int().describe('Inputs that were searched on.'),
    judged: z.int().describe('Inputs that were held out: all interchanges are between these.'),
    variables: z.array(foundVariableSchema).min(1),
    missing: strings.describe('Variables that matter, and of which nothing was found: no part was free.'),
    untrained: z
      .strictObject({
        name: z.string(),
        accuracy: z.number().describe('Its held-out accuracy of the variable that it carries best.'),
      })
      .optional()
      .describe('A network that learned nothing, under the same search.'),
    allowed: z.number().describe('The largest accuracy of the untrained network with which a verdict is given.'),
  })
  .describe('An alignment that was not given, but searched for.');
export type FoundEvidence = Plain<typeof foundSchema>;

export const realisationSchema = z
  .strictObject({
    program: z.string(),
    outcome: z.enum(['realised', 'not realised', 'undecided']),
    threshold: z.number().describe('The largest rate of disagreement that counts as realised.'),
    levels: z.strictObject({ alpha: z.number(), beta: z.number() }),
    position: z.int().optional().describe('Of the output that is compared; absent: every position.'),
    groups: z
      .array(groupSchema)
      .min(1)
      .describe('Each variable alone, then several at once, if there are several: at all positions, then at some.'),
    found: foundSchema.optional().describe('Absent if the alignment was given.'),
    draws: z.int().describe('Interchanges run.'),
    rows: z.int().describe('Forward rows.'),
    stopped: z.enum(['certain', 'draws', 'seconds']).describe('Why it ended.'),
  })
  .describe('How often a model answers as a program, while parts of it hold what they held on other inputs.')
  .meta({ id: 'realisation' });

/** How well a model realises a program. */
export type RealisationEvidence = Plain<typeof realisationSchema>;
