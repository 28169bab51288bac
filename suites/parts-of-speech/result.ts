/** What the suite found, as plain JSON: the file that a run goes on from. */
import * as z from 'zod';
import { intervalSchema } from '../../src/interval.js';
import { outcomeSchema } from '../../src/verdict/rule/outcome.js';
import { contentsSchema, runsShape } from '../kept-result.js';
import { groups } from './groups.js';
import { ALL, sliceBy } from './readings.js';

const exclusions = z.array(z.strictObject({ why: z.string(), count: z.int() }));
const sliceName = z.enum([ALL, ...groups]);

/** One tagger. */
const taggerSchema = z.strictObject({
  name: z.string(),
  /** folder, as it was given; absent for the language model on prompts */
  path: z.string().optional(),
  /** judged whether or not it identifies parts of speech */
  control: z.boolean(),
  /** share of words whose group it names */
  accuracy: z.number(),
  /** what speaks against it; a control is judged all the same */
  fault: z.string().optional(),
});

/** One slice, as the language model predicts on it. */
const sliceSchema = z.strictObject({
  name: sliceName,
  /** places of the text, drawn from where there are many */
  readings: z.int(),
  /** of those compared: loss in nats, and accuracy of the next token */
  loss: z.number().optional(),
  accuracy: z.number().optional(),
  /** absent if it is judged */
  leftOut: z.string().optional(),
});

const movedSchema = z.strictObject({ own: z.number(), moved: z.number() });

const comparisonSchema = z.strictObject({
  tagger: z.string(),
  slice: sliceName,
  /** share of the slice's words whose group the tagger names */
  accuracy: z.number(),
  /** why it was not judged, if it was not; the rest is absent then */
  leftOut: z.string().optional(),
  verdict: z
    .strictObject({
      outcome: outcomeSchema,
      /** the deciding finding, as a sentence */
      reason: z.string(),
      congruity: intervalSchema,
      /** mean distance within the implementations of the language model, within those of the tagger, and across */
      distances: z.tuple([z.number(), z.number(), z.number()]),
      /** cross-model distance over within-model distance less 1, seen from either side */
      excess: z.tuple([intervalSchema, intervalSchema]),
      /** drawn a side, besides the model itself */
      draws: z.tuple([z.int(), z.int()]),
      /** share of components that a model can do without one by one */
      patchable: z.tuple([z.number(), z.number()]),
      /** natural logarithm of the e-value that they differ */
      logE: z.number(),
      /** function vectors: how far each side's answers move, heads held at their own mean and at the other task's; null where heads are not of one shape */
      vectors: z.tuple([movedSchema, movedSchema]).nullable(),
    })
    .optional(),
  rows: z.int(),
  seconds: z.number(),
});
/** One tagger on one slice, against the language model. */
export type ComparisonResult = z.infer<typeof comparisonSchema>;

const settingsSchema = z.strictObject({
  model: z.string(),
  taggers: z.array(z.string()),
  controls: z.array(z.string()),
  prompts: z.boolean(),
  text: z.array(z.string()),
  slices: z.enum(sliceBy),
  inputs: z.int(),
  draws: z.int(),
  seed: z.int(),
});
export type Settings = z.infer<typeof settingsSchema>;

export const resultSchema = z.strictObject({
  suite: z.literal('parts-of-speech'),
  settings: settingsSchema,
  text: z.strictObject({
    files: z.int(),
    sentences: z.int(),
    /** another for other places */
    places: z.string(),
    /** what was left out of the text, and how much */
    excluded: exclusions,
    /** the beginning, for the page: words and their groups */
    shown: z.array(z.array(z.tuple([z.string(), z.enum(groups)]))),
  }),
  model: z.strictObject({
    name: z.string(),
    loss: z.number(),
    accuracy: z.number(),
    /** loss of predicting words by how often they occur at the other places, nats */
    byFrequency: z.number(),
    commonest: z.number(),
  }),
  /** of the language model and each tagger: weights, and the groups that its answers name */
  contents: contentsSchema,
  taggers: z.array(taggerSchema),
  slices: z.array(sliceSchema),
  /** taggers that were not found, or that cannot be asked */
  skipped: z.array(z.strictObject({ path: z.string(), why: z.string() })),
  comparisons: z.array(comparisonSchema),
  /** of each comparison: the family's rate shared out among the slices judged */
  level: z.number(),
  ...runsShape,
});
/** All that the suite found so far. */
export type Result = z.infer<typeof resultSchema>;

export const comparisonOf = ({ comparisons }: Result, tagger: string, slice: string): ComparisonResult | undefined =>
  comparisons.find((one) => one.tagger === tagger && one.slice === slice);
