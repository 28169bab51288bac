/** The option `bank` of a comparison. */
import * as z from 'zod';
import { recordedOf } from '../fingerprint/recorded.js';
import { isSet, type ImplementationSet } from '../implementations/index.js';
import { isModel } from '../model/is-model.js';
import type { Model } from '../model/model.js';
import type { ShapeOf } from '../options.js';

/** A run of a bank: a model, or a fingerprint that stands for one, as `recorded` gives it. */
export type BankRun = Model | ImplementationSet;

const isRecorded = (value: unknown): boolean => isSet(value) && recordedOf(value) !== undefined;

const runs = z
  .array(
    z.custom<BankRun>((v) => isModel(v) || isRecorded(v), {
      error: 'a run of a bank must be a model, or recorded(fingerprint)',
    }),
  )
  .readonly();
const forms = "a bank must be a list of models or recorded fingerprints, 'copies', or { accept, stop?, level? }";
const acceptedSchema = z.union([runs, z.literal('copies')], { error: forms });

/** A bank in full. */
export interface BankOptions {
  /** other runs of the baseline’s recipe, 7 or more, or `copies`: changes of the baseline that the tool makes and that are accepted */
  readonly accept: readonly BankRun[] | 'copies';
  /** runs of what is to be stopped. @defaultValue none */
  readonly stop?: readonly BankRun[] | undefined;
  /** how often one more run may be called strange. @defaultValue `alpha`, or what the bank can show */
  readonly level?: number | undefined;
}

/** A bank: what is accepted, or all of it. */
export type BankOption = BankOptions['accept'] | BankOptions;

const level = { error: 'bank.level must be above 0 and below 1/2' };

export const bankShape = {
  accept: acceptedSchema,
  stop: runs.optional(),
  level: z.number().gt(0, level).lt(0.5, level).optional(),
} satisfies ShapeOf<BankOptions>;

export const bankOptionSchema: z.ZodType<BankOption, BankOption> = z.union(
  [acceptedSchema, z.strictObject(bankShape)],
  { error: forms },
);

/** As the models that they are, or that stand in for them (`fingerprintOf`). */
const modelsOf = (list: readonly BankRun[]): readonly Model[] => list.map((run) => (isSet(run) ? run.original : run));

export interface Bank {
  readonly accept: readonly Model[] | 'copies';
  readonly stop: readonly Model[];
  readonly level: number | undefined;
}

/** All forms of the option as one. */
export function bankOf(option: BankOption): Bank {
  const {
    accept,
    stop = [],
    level,
  } = option === 'copies' || Array.isArray(option)
    ? { accept: option as BankOptions['accept'] }
    : (option as BankOptions);
  return { accept: accept === 'copies' ? accept : modelsOf(accept), stop: modelsOf(stop), level };
}
