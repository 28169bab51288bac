/** Everything one comparison found: plain JSON, one entry of report.json. Distances are unitless; matrices are rows of numbers. */
import * as z from 'zod';
import { pools } from '../representation/capture.js';
import { scopeSchema } from '../circuit/scope.js';
import { intervalSchema } from '../interval.js';
import { commonSchema } from '../implementations/sampling.js';
import { measureNames } from '../measure/index.js';
import { environmentSchema, modelSchema } from '../model/evidence.js';
import { pair, strings, type Plain } from '../schema.js';
import { taskSchema } from '../task/evidence.js';
import { bankSchema } from '../bank/evidence.js';
import { inputGroupsSchema } from './input-groups-evidence.js';
import { orbitsSchema } from './orbits.js';
import { fingerprintsSchema } from '../fingerprint/evidence.js';
import { powerSchema } from '../power/evidence.js';
import { findingSchema } from './rule/findings.js';
import { judgementSchema } from './rule/judgement.js';
import { outcomeSchema } from './rule/outcome.js';
import { responseSchema } from '../response/evidence.js';
import { relationSchema } from './relation/evidence.js';
import { twinsSchema } from './twins/evidence.js';
import { marginSchema, sequentialSchema } from './sequential/evidence.js';

const searchedSchema = z.strictObject({
  components: z.int().describe('How many components were searched.'),
  scope: scopeSchema.optional().describe('What these were, and why, where they were searched for.'),
  patchable: z
    .int()
    .describe(
      'Those that implementations patch from: the others break the behaviour alone, or are the claimed circuit.',
    ),
  runs: z.int().describe('Runs over the examples used.'),
  alone: z.int().describe('Components that were patched alone: whether they break the behaviour is certain.'),
  held: z
    .int()
    .describe(
      'Components that were patched only in groups, none of which broke the behaviour: taken to break nothing.',
    ),
  untold: z
    .int()
    .describe('Components that the budget did not allow to tell from others that break the behaviour: not patched.'),
  how: z
    .enum(['gradients', 'groups', 'one by one'])
    .describe(
      'What said which components to patch alone: gradients, or groups that broke the behaviour and were halved; or all were.',
    ),
  top: z
    .array(
      z.strictObject({
        component: z.string(),
        effect: z.number(),
        estimate: z.number().optional().describe('What gradients said that it would be.'),
      }),
    )
    .describe(
      'Of the components that were patched alone, those that matter most, with the effect of that (KL to the clean output, nats).',
    ),
});

export const sideSchema = z.strictObject({
  model: modelSchema,
  set: z.string().describe('The implementation set in words.'),
  behaviour: z.number().describe("Behaviour of the model itself over all inputs, in the behaviour's unit."),
  implementations: z
    .array(z.strictObject({ description: z.string(), behaviour: z.number() }))
    .describe('Implementations drawn, with their behaviour; the order is that of the distance matrix.'),
  acceptance: z
    .strictObject({ tried: z.int(), accepted: z.int(), rate: intervalSchema })
    .describe('Draws tried, those kept because they preserve behaviour, and the rate with its Wilson interval.'),
  searched: searchedSchema.optional().describe('The search for components that matter, if the set needed one.'),
});

/** All that came out about one side. */
export type SideEvidence = Plain<typeof sideSchema>;

const matrix = z.array(z.array(z.number()));
const matricesSchema = z.strictObject({ within1: matrix, within2: matrix, across: matrix });

/** The distances of a comparison: within each side, and across. */
export type Matrices = Plain<typeof matricesSchema>;

const smallestSchema = z.strictObject({
  sites: strings,
  inputs: z.int().describe('How many inputs.'),
  shown: strings.describe('The first of the inputs, as they print.'),
  implementations: pair(z.string())
    .optional()
    .describe(
      'Two implementations, one of each side, that are farther apart there than any two of one side, by more than the tolerance; absent if no two are.',
    ),
  distance: z.number().optional(),
  siblings: z.number().optional().describe('The largest distance between two implementations of one side, there.'),
  complete: z.boolean().describe('false: time ran out first.'),
});

/** The least that still shows a difference; each part was found by asking the same rule again. */
export type SmallestDifference = Plain<typeof smallestSchema>;

const singleSiteSchema = z.strictObject({
  site: z.string(),
  looked: strings.describe('Sites that were looked at, which share alpha.'),
  allSites: z
    .strictObject({ findings: z.array(findingSchema), reasons: strings })
    .describe('Why all sites together left it undecided.'),
});

/** Given for a verdict of one site alone. */
export type SingleSite = Plain<typeof singleSiteSchema>;

const stillSchema = z.strictObject({ site: z.string(), siblings: pair(z.number()), strangers: z.number() });
const siteSchema = stillSchema.extend({
  excess: z.number().describe("The smaller of the two sides' excess."),
});

export const evidenceSchema = z.strictObject({
  outcome: outcomeSchema,
  judgement: judgementSchema,
  task: taskSchema,
  baseline: sideSchema.describe('Side 1.'),
  candidate: sideSchema.describe('Side 2.'),
  common: commonSchema.optional(),
  relation: relationSchema
    .optional()
    .describe('How the two models are related; absent where representations were given and not models.'),
  response: responseSchema
    .optional()
    .describe('How alike the two models answer with the same part replaced in both, if both sides are models.'),
  twins: twinsSchema.optional(),
  fingerprints: fingerprintsSchema.optional(),
  representation: z.strictObject({ sites: strings, pool: z.enum(pools), features: z.int() }),
  measure: z
    .enum(measureNames)
    .describe('The measure that decided: of several, one that found a difference, or else one that was undecided.'),
  distances: matricesSchema.describe('Between implementations, even if the judgement is about runs.'),
  alsoReport: z
    .array(
      z.strictObject({
        measure: z.string(),
        decides: z.boolean().describe('false: reported only, of no influence on the outcome.'),
        outcome: outcomeSchema,
        siblings: pair(z.number()),
        strangers: z.number(),
        excess: pair(intervalSchema),
        congruity: z.number(),
      }),
    )
    .describe('What other measures say under the same rule.'),
  refused: z
    .array(z.strictObject({ measure: z.string(), why: z.string() }))
    .optional()
    .describe('Measures that were to be reported and could not be taken of these representations, and why.'),
  bounds: z
    .strictObject({
      measure: z.string(),
      necessary: z.number().describe('Necessary: the Hausdorff distance is at least this.'),
      hausdorff: z.number(),
      sufficient: z.number().describe('Sufficient: it is at most this.'),
      diameters: pair(z.number()),
    })
    .describe("Hausdorff distance between the two sampled sets under a metric: what the paper's two conditions bound."),
  runs: pair(z.int())
    .optional()
    .describe(
      'Trained runs a side, if they and not implementations are what the judgement counts as independent draws; a side of one run counts implementations.',
    ),
  inputGroups: inputGroupsSchema.optional(),
  orbits: orbitsSchema
    .optional()
    .describe('Of a task with symmetries: what averaging over them leaves of the representations.'),
  singleSite: singleSiteSchema
    .optional()
    .describe(
      'All of this is of one site alone: all sites together left it undecided, and at this one the sets are different.',
    ),
  sequential: sequentialSchema.describe('How many were drawn, and why no more.'),
  smallestMargin: marginSchema.describe(
    'The smallest tolerance at which the same draws would have come out equivalent.',
  ),
  largestMargin: marginSchema
    .optional()
    .describe('The largest at which they would have come out different, if there is one.'),
  bySite: z
    .array(siteSchema)
    .describe(
      'The same distance at each site alone, the site at which the models part most first; without those of `still`.',
    ),
  still: z
    .array(stillSchema)
    .optional()
    .describe(
      'Sites at which implementations of a side are copies of each other, most often because no intervention reaches them: the within-model distance says nothing there, and they are left out of looks at single sites.',
    ),
  bySplit: z
    .array(pair(z.number()))
    .describe('Excess of each side with only one train/test split of the inputs, for measures that have splits.'),
  smallest: smallestSchema
    .optional()
    .describe('Of a verdict of "different", if it was asked for and there is something smaller.'),
  bank: bankSchema
    .optional()
    .describe(
      'What a bank says of the candidate, if one was given: it decides the outcome, and `judgement` is what interventions say.',
    ),
  power: powerSchema.optional().describe('What share of planted changes such a comparison stops, if it was asked for.'),
  rows: z
    .strictObject({
      computed: z
        .int()
        .describe('Rows that went through the models; comparisons with planted changes have rows of their own.'),
      kept: z.int().describe('Rows besides of which what came out was known from before.'),
      why: z.string().optional().describe('Why not all of it can be kept for the next run, if a cache was asked for.'),
    })
    .describe('What was computed, and what came from the cache.'),
  seed: z.int(),
  environment: environmentSchema,
  seconds: z.number(),
});

/** All that came out of a comparison, as plain JSON. */
export type Evidence = Plain<typeof evidenceSchema>;
