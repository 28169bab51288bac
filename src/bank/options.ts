/** The option `bank` of a comparison. */
import { z } from 'zod';
import { isModel } from '../model/is-model.js';
import type { Model } from '../model/model.js';

const models = z.array(z.custom<Model>(isModel, { error: 'a run of a bank must be a model' })).readonly();
const acceptedSchema = z.union([models, z.literal('copies')], {
  error: "a bank must be a list of models, 'copies', or { accept, stop?, level? }",
});

export const bankOptionSchema = z.union(
  [
    acceptedSchema,
    z.strictObject({
      accept: acceptedSchema.describe('other runs of the baseline’s recipe, or `copies`'),
      stop: models.optional().describe('runs of what is to be stopped'),
      level: z
        .number()
        .gt(0, { error: 'bank.level must be above 0 and below 1/2' })
        .lt(0.5, { error: 'bank.level must be above 0 and below 1/2' })
        .optional()
        .describe('how often one more run may be called strange. Default: `alpha`, or what the bank can show'),
    }),
  ],
  { error: "bank must be a list of models, 'copies', or { accept, stop?, level? }" },
);

export type BankOption = z.input<typeof bankOptionSchema>;

export interface Bank {
  readonly accept: readonly Model[] | 'copies';
  readonly stop: readonly Model[];
  readonly level: number | undefined;
}

/** All forms of the option as one. */
export function bankOf(option: z.output<typeof bankOptionSchema>): Bank {
  if (option === 'copies' || Array.isArray(option))
    return { accept: option as Bank['accept'], stop: [], level: undefined };
  const { accept, stop = [], level } = option as { accept: Bank['accept']; stop?: readonly Model[]; level?: number };
  return { accept, stop, level };
}
