/** What a fingerprint says, beside its tensors. docs/fingerprint.md states the format for whoever writes one elsewhere. */
import * as z from 'zod';
import { ablationNames } from '../circuit/ablations.js';
import type { SampleSaid } from '../implementations/kept-samples.js';
import { measureNames } from '../measure/index.js';
import { environmentSchema, modelSchema } from '../model/evidence.js';
import { pools } from '../representation/capture.js';
import { replacements } from '../response/runner.js';
import { strings, type Plain } from '../schema.js';
import { taskSchema } from '../task/evidence.js';

/** Of the format: a file of another one is refused. */
export const FORMAT = 1;
/** What the entry is called (src/cache/entry.ts). */
export const KIND = 'fingerprint';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

const shares = z.strictObject({ sites: z.array(z.number()), together: z.number() });

const sampleSchema = z.strictObject({
  behaviour: z.number(),
  sites: strings.min(1),
  features: count,
  asFirst: strings,
  kept: shares.optional(),
  perSite: z.boolean(),
  looks: z.boolean(),
}) satisfies z.ZodType<Omit<SampleSaid, 'kept'>>;

const recipeSchema = z.strictObject({ components: strings, seed: count });

const drawSchema = z.strictObject({
  description: z.string(),
  recipe: recipeSchema,
  /** of the counterfactual inputs, where there are any */
  counterfactuals: digest.optional(),
  sample: sampleSchema,
  /** how many of its components, the first ones, are patched in Gram matrices beside: what a control is made of */
  controls: z.array(z.int().min(1)),
});

const partSchema = z.strictObject({
  kind: z.string(),
  name: z.string(),
  site: z.string(),
  axis: z.string().optional(),
  count,
});

const responsesSchema = z.union([
  z.strictObject({
    /** inputs that pairs are of, as the model takes them */
    inputs: digest,
    /** columns: the answers, and one more for logits that are no numbers */
    answers: z.int().min(2),
    roles: z
      .array(
        z.strictObject({
          name: z.string(),
          by: z.enum(replacements),
          site: z.string(),
          at: z.record(z.string(), z.array(z.int())).optional(),
        }),
      )
      .min(1),
    /** places of the base among the inputs, and of the source among the base's sources */
    pairs: z.array(z.tuple([count, count])).min(1),
  }),
  z.strictObject({ why: z.string() }),
]);

const orbitsSchema = z.strictObject({ inputs: count, measured: count, orbits: count, pairs: count });

export const fingerprintSchema = z.strictObject({
  format: z.literal(FORMAT),
  writer: z.string(),
  environment: environmentSchema,
  model: modelSchema,
  parts: z.array(partSchema),
  task: taskSchema,
  inputs: z.strictObject({
    /** as the model takes them, those that behaviour is measured on */
    digest,
    /** so many of them */
    count,
    /** so many that Gram matrices are over */
    measured: count,
    undrawn: z.number().min(0).max(1),
    /** the measured ones as they print */
    shown: strings,
  }),
  options: z.strictObject({
    seed: z.int(),
    inputs: z.int().optional(),
    sites: strings.optional(),
    pool: z.enum(pools),
    measure: z.array(z.enum(measureNames)).min(1),
    by: z.enum(ablationNames),
    outside: z.union([z.literal('grow'), strings]),
    fraction: z.number(),
    over: z.string().optional(),
    minAcceptance: z.number(),
  }),
  behaviour: z.number(),
  searched: z.strictObject({ components: count, patchable: count, runs: count }).optional(),
  /** names of the components that draws patch from */
  pool: strings,
  tried: count,
  untouched: strings,
  orbits: orbitsSchema.optional(),
  draws: z.array(drawSchema).min(2),
  /** columns of `outputs`, or why there is none */
  outputs: z.union([count, z.string()]),
  responses: responsesSchema,
});

/** What a fingerprint says, beside its tensors. */
export type FingerprintSaid = Plain<typeof fingerprintSchema>;

/** Names of tensors. */
export const tensorNames = {
  /** of a draw's Gram matrices */
  draw: (index: number): string => `draw.${index}.`,
  /** of a draw with its first few components patched, over all sites together */
  control: (index: number, size: number): string => `draw.${index}.control.${size}`,
  /** logits of the model as it is: [inputs, answers] */
  outputs: 'outputs',
  /** probabilities of the model as it is on each pair's base, and on its source: [pairs, answers] */
  base: 'response.base',
  source: 'response.source',
  /** with a role replaced: [pairs, answers] */
  role: (index: number): string => `response.role.${index}`,
} as const;
