/** The option `bank` of a comparison. */
import * as z from 'zod';
import { isModel } from '../model/is-model.js';
import type { Model } from '../model/model.js';
import type { ShapeOf } from '../options.js';

const models = z.array(z.custom<Model>(isModel, { error: 'a run of a bank must be a model' })).readonly();
const acceptedSchema = z.union([models, z.literal('copies')], {
  error: "a bank must be a list of models, 'copies', or { accept, stop?, level? }",
});

/** A bank in full. */
export interface BankOptions {
  /** other runs of the baseline’s recipe, 7 or more, or `copies`: changes of the baseline that the tool makes and that are accepted */
  readonly accept: readonly Model[] | 'copies';
  /** runs of what is to be stopped. @defaultValue none */
  readonly stop?: readonly Model[] | undefined;
  /** how often one more run may be called strange. @defaultValue `alpha`, or what the bank can show */
  readonly level?: number | undefined;
}

/** A bank: what is accepted, or all of it. */
export type BankOption = BankOptions['accept'] | BankOptions;

const level = { error: 'bank.level must be above 0 and below 1/2' };

export const bankShape = {
  accept: acceptedSchema,
  stop: models.optional(),
  level: z.number().gt(0, level).lt(0.5, level).optional(),
} satisfies ShapeOf<BankOptions>;

export const bankOptionSchema: z.ZodType<BankOption, BankOption> = z.union(
  [acceptedSchema, z.strictObject(bankShape)],
  { error: "bank must be a list of models, 'copies', or { accept, stop?, level? }" },
);

export interface Bank {
  readonly accept: readonly Model[] | 'copies';
  readonly stop: readonly Model[];
  readonly level: number | undefined;
}

/** All forms of the option as one. */
export function bankOf(option: BankOption): Bank {
  if (option === 'copies' || Array.isArray(option))
    return { accept: option as Bank['accept'], stop: [], level: undefined };
  const { accept, stop = [], level } = option as { accept: Bank['accept']; stop?: readonly Model[]; level?: number };
  return { accept, stop, level };
}
