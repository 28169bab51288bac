/** Whether a model is nearer to generated implementations of a program than to those of others: plain JSON, and its words. */
import * as z from 'zod';
import { number, percent, percentInterval } from '../format.js';
import { intervalSchema } from '../interval.js';
import { measureNames } from '../measure/index.js';
import type { Plain } from '../schema.js';

const pairs = {
  tried: z.int().describe('Pairs of implementations that were drawn.'),
  nearer: z.int().describe('Those of which the model is nearer to the implementation of the program.'),
  share: intervalSchema.describe('The share of these, with limits that hold whenever drawing ended.'),
};

const amongSchema = z
  .strictObject({
    ...pairs,
    atLeast: z.number().describe('The share from which the model counts as lying among them.'),
    is: z.enum(['among', 'outside', 'open']),
  })
  .describe(
    'Pairs of implementations of a program: how often the first is nearer to the model than to the second. About one half of an implementation like them.',
  );

const rivalSchema = z.strictObject({
  program: z.string(),
  ...pairs,
  distance: z.number().describe("Mean distance of the model from the rival's implementations."),
  is: z
    .enum(['nearer', 'farther', 'open'])
    .describe('nearer: more than half of the pairs, for certain; farther: fewer than half; open: neither is certain.'),
  among: amongSchema,
});

export const nearestSchema = z
  .strictObject({
    program: z.string(),
    outcome: z
      .enum(['nearer', 'farther', 'open'])
      .describe(
        'With rivals: nearer than to each of them, farther than from some, and among the implementations of what it is nearest to; otherwise open. Without: nearer if the model lies among the implementations, farther if it lies outside.',
      ),
    measure: z.enum(measureNames),
    inputs: z.int().describe('Inputs that representations were taken over.'),
    distance: z.number().describe('Mean distance of the model from implementations of the program.'),
    among: amongSchema,
    rivals: z.array(rivalSchema),
    stopped: z.string().optional().describe('The limit that ended drawing.'),
  })
  .describe('Of the claim that a model is nearest to a program (docs/implement.md).');

/** Whether a model is nearer to implementations of a program than to those of its rivals. */
export type NearestEvidence = Plain<typeof nearestSchema>;
/** How the program does beside a rival. */
export type RivalEvidence = NearestEvidence['rivals'][number];

/** Label and value, in the order a reader wants them. */
export function nearestLines({ program, distance, measure, among, rivals }: NearestEvidence): [string, string][] {
  return [
    ...rivals.map(({ program: rival, nearer, tried, share, distance: far, is }): [string, string] => [
      'rival',
      `nearer to ${program} than to ${rival} in ${nearer} of ${tried} pairs, ${percentInterval(share)} (${is}); mean distance ${number(far)}`,
    ]),
    ['distance', `${number(distance)} on average from implementations of ${program} (${measure})`],
    [
      'among them',
      `${percent(among.share.estimate)} of ${among.tried} are nearer to the model than to another, ${percentInterval(among.share)} (${among.is})`,
    ],
  ];
}
