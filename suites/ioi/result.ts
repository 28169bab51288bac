/** What the suite found, as plain JSON: the file that a run goes on from. */
import * as z from 'zod';
import { intervalSchema } from '../../src/interval.js';
import { outcomeSchema } from '../../src/verdict/rule/outcome.js';
import { relationNames } from '../../src/verdict/relation/evidence.js';
import { contentsSchema, runsShape } from '../kept-result.js';

const modelSchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  /** what its config calls its architecture: gpt2, gpt_neox, ... */
  family: z.string(),
  /** share of prompts on which the indirect object is likelier than the subject */
  accuracy: z.number(),
  /** mean logit of the indirect object less that of the subject, nats */
  logitDifference: z.number(),
  /** share of prompts on which the indirect object is the likeliest of all tokens */
  first: z.number(),
  /** absent if it is compared */
  leftOut: z.string().optional(),
  /** the one that matters most first */
  heads: z.array(z.strictObject({ head: z.string(), restores: z.number(), breaks: z.number() })),
  /** accuracy by kind of prompt: template or order */
  kinds: z.array(z.strictObject({ kind: z.string(), prompts: z.int(), accuracy: z.number() })),
  seconds: z.number(),
});
/** One model. */
export type ModelResult = z.infer<typeof modelSchema>;

const roleSchema = z.strictObject({
  role: z.string(),
  /** of the mean discrepancy: below the tolerance, above it, or neither is certain */
  outcome: z.enum(['alike', 'unlike', 'open']),
  /** whether replacing it moves a model's answers by more than the tolerance: one that does not tells nothing */
  moves: z.boolean(),
  /** mean total variation between the models' answers with the role replaced in both */
  discrepancy: intervalSchema,
  /** mean total variation that replacing it makes to a model's own answers */
  effect: z.number(),
});

const pairSchema = z.strictObject({
  row: z.string(),
  column: z.string(),
  outcome: outcomeSchema,
  /** the deciding finding, as a sentence */
  reason: z.string(),
  congruity: intervalSchema,
  /** mean distance within the row's implementations, within the column's, and across */
  distances: z.tuple([z.number(), z.number(), z.number()]),
  /** cross-model distance over within-model distance, as a logarithm, seen from either side */
  excess: z.tuple([intervalSchema, intervalSchema]),
  /** drawn a side, besides the model itself */
  draws: z.tuple([z.int(), z.int()]),
  relation: z.enum(relationNames),
  /** with one part after another taken from crossed prompts in both */
  response: z.strictObject({
    /** unlike: of some part; alike: of all, some of which move the answers */
    outcome: z.enum(['alike', 'unlike', 'undecided']),
    /** mean total variation between the models' answers as they are */
    untouched: z.number(),
    roles: z.array(roleSchema),
  }),
  /** the published code's: square root of R2 between the untouched models, the worse direction, one split of seed 0 */
  code: z.number(),
  /** linear CKA of the untouched models, all layers together */
  cka: z.number(),
  /** ridge distance of the untouched models at layers of one relative depth */
  sites: z.array(z.strictObject({ row: z.string(), column: z.string(), distance: z.number() })),
  /** debiased CKA of the untouched models on prompts of one kind */
  kinds: z.array(z.strictObject({ kind: z.string(), prompts: z.int(), cka: z.number() })),
  rows: z.int(),
  seconds: z.number(),
});
/** One comparison. */
export type PairResult = z.infer<typeof pairSchema>;

const settingsSchema = z.strictObject({
  models: z.array(z.string()),
  inputs: z.int(),
  draws: z.int(),
  seed: z.int(),
});
export type Settings = z.infer<typeof settingsSchema>;

export const resultSchema = z.strictObject({
  suite: z.literal('ioi'),
  settings: settingsSchema,
  prompts: z.strictObject({
    count: z.int(),
    names: z.array(z.string()),
    places: z.int(),
    objects: z.int(),
    templates: z.array(z.string()),
    leftOut: z.array(
      z.strictObject({ what: z.enum(['name', 'place', 'object', 'template']), word: z.string(), why: z.string() }),
    ),
    /** prompts in which a name is not one token in its place, or that are longer than a model takes */
    refused: z.array(z.strictObject({ model: z.string(), why: z.string(), prompts: z.int() })),
  }),
  models: z.array(modelSchema),
  /** of each model that was found: its weights, and the prompts as it reads them */
  contents: contentsSchema,
  /** models that were not found */
  skipped: z.array(z.strictObject({ path: z.string(), why: z.string() })),
  pairs: z.array(pairSchema),
  ...runsShape,
});
/** All that the suite found so far. */
export type Result = z.infer<typeof resultSchema>;

/** The largest mean discrepancy over parts. */
export const worstOf = ({ response }: PairResult): number =>
  Math.max(0, ...response.roles.map(({ discrepancy }) => discrepancy.estimate));

/** Parts that move the answers of either model. */
export const movingOf = ({ response }: PairResult): PairResult['response']['roles'] =>
  response.roles.filter(({ moves }) => moves);

export const pairOf = ({ pairs }: Result, row: string, column: string): PairResult | undefined =>
  pairs.find((pair) => pair.row === row && pair.column === column);
