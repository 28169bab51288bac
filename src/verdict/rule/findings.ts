/** What the rule found, as codes with their numbers. `explain.ts` turns them into sentences; docs/codes.md lists them. */
import * as z from 'zod';
import { intervalSchema } from '../../interval.js';
import { pair, strings, type Plain } from '../../schema.js';
import { type outcomeSchema } from './outcome.js';

const sideName = z.enum(['baseline', 'candidate']);

const where = {
  site: z.string().optional().describe('The one site that it was found at; absent for all sites together.'),
  without: strings.optional().describe('Sites that were left out when it was found.'),
};

/** Of both sides, or of neither. */
const finding = <C extends string, N extends z.ZodRawShape>(code: C, meaning: string, numbers: N) =>
  z.strictObject({ code: z.literal(code), ...where, numbers: z.strictObject(numbers) }).describe(meaning);

/** Of one side. */
const ofSide = <C extends string, N extends z.ZodRawShape>(code: C, meaning: string, numbers: N) =>
  z
    .strictObject({ code: z.literal(code), side: sideName, ...where, numbers: z.strictObject(numbers) })
    .describe(meaning);

/** About sites that no implementation changes. */
const ofSites = <C extends string>(code: C, meaning: string) =>
  z.strictObject({ code: z.literal(code), sites: strings, numbers: z.strictObject({}) }).describe(meaning);

/** About how the models are related, beyond distances. */
const relation = <C extends string, N extends z.ZodRawShape, W extends z.ZodRawShape = Record<never, never>>(
  code: C,
  meaning: string,
  numbers: N,
  more?: W,
) => z.strictObject({ code: z.literal(code), ...(more as W), numbers: z.strictObject(numbers) }).describe(meaning);

const twins = {
  ratio: intervalSchema.describe('The twin ratio.'),
  cosine: intervalSchema.optional().describe('The response cosine; absent if nothing responds.'),
};
const why = z.string().describe('A sentence without its full stop.');
const discrepancy = z.number().describe('The largest mean discrepancy that counts as alike.');
const tolerance = z.number().describe('The tolerance: 0.25 is 25 %.');
const excess = intervalSchema.describe('How much larger the cross-model distance is than the within-model distance.');
const counts = { counts: pair(z.int()).describe('Implementations, or trained runs, of each side.') };
const needed = z.int().describe('How many a side would do.');
const p = z.number().describe('p-value of the test of exchangeability.');

export const findingSchema = z
  .discriminatedUnion('code', [
    ofSide('within-tolerance', 'The cross-model distance is surely within the tolerance, as this side sees it.', {
      tolerance,
      excess,
    }),
    finding('no-control', 'No unrelated control was given, so it was not checked that a difference could be seen.', {}),
    ofSide('beyond-tolerance', 'The cross-model distance is surely beyond the tolerance, as this side sees it.', {
      tolerance,
      excess,
    }),
    ofSide(
      'not-beyond-tolerance',
      'The cross-model distance is not surely beyond the tolerance as this side sees it, and the other side is enough to show a difference.',
      { tolerance, excess },
    ),
    finding('not-exchangeable', 'The two sets are not exchangeable.', { p }),
    finding('too-few-to-decide', 'There are too few implementations to decide anything.', { ...counts, needed }),
    finding('too-few-to-equate', 'There are too few implementations to say that the sets are equivalent.', {
      ...counts,
      needed,
    }),
    ofSide('not-self-congruent', 'The set does not agree with itself finely enough for the tolerance.', {
      tolerance,
      noise: z.number().describe('How much farther one random half of the set can look than the other.'),
      needed: z.int().describe('How many in this set would do.'),
    }),
    ofSide('control-not-beyond', 'An unrelated control is not surely beyond the tolerance: being near shows nothing.', {
      tolerance,
      excess: intervalSchema
        .optional()
        .describe('How much farther the control is than the within-model distance; absent if no control was given.'),
    }),
    finding(
      'maybe-exchangeable',
      'The cross-model distance is beyond the tolerance, but the sets could be exchangeable.',
      {
        p,
        needed,
      },
    ),
    ofSide('copies', 'Implementations of this side are copies of each other: any second model looks different.', {
      distance: z.number().describe('The within-model distance.'),
      copies: z.number().describe('Below this, implementations are copies of each other.'),
      resolution: z.number().describe('The resolution of the measure.'),
    }),
    ofSide(
      'sides-disagree',
      'The sides disagree: this one is tight and lies inside or beside the other, broader one.',
      {
        tolerance,
        excess: intervalSchema.describe('As this side sees it.'),
        other: intervalSchema.describe('As the other side sees it.'),
      },
    ),
    ofSide('too-uncertain', 'The cross-model distance is neither surely within nor surely beyond the tolerance.', {
      tolerance,
      excess,
      needed,
    }),
    ofSide(
      'averaged-away',
      "The task's symmetries leave nothing of this side's representation: averaged over them, all inputs are equally far apart.",
      {
        kept: z.number().describe("The share of the Gram's structure that the average keeps."),
        pairs: z.int().describe('Orbits of ordered pairs of inputs.'),
        inputs: z.int().describe('Inputs that are averaged over.'),
      },
    ),
    finding(
      'all-sites-undecided',
      'All sites together were undecided, so single sites were judged; the other findings are about one of them.',
      {
        sites: z.int().describe('Sites that were looked at.'),
        alpha: z.number().describe("Each one's share of alpha."),
      },
    ),
    ofSites(
      'untouched-difference',
      'All sites together look different, but the difference may be only at these sites, at which implementations do not vary.',
    ),
    ofSites(
      'untouched-likeness',
      'All sites together look equivalent, but next to these sites, at which implementations do not vary, everything looks like a copy.',
    ),
    z
      .strictObject({
        code: z.literal('rest-not-judged'),
        without: strings,
        why: z.string(),
        numbers: z.strictObject({}),
      })
      .describe('Without these sites nothing could be judged.'),
    relation('derived', 'Interventions do the same to both models: the candidate is derived from the baseline.', twins),
    relation('derived-open', 'Whether interventions do the same to both models is not certain.', twins),
    relation(
      'not-derived',
      'Interventions do something else to the candidate than to the baseline. This is no evidence of another mechanism.',
      twins,
    ),
    relation('no-twins', 'No intervention could be made on both models.', {}, { why }),
    relation('responses-within-tolerance', 'Whatever role is replaced, the answers stay within the tolerance.', {
      tolerance: discrepancy,
      high: z.number().describe('The largest upper limit.'),
      roles: z.int(),
    }),
    relation(
      'response-beyond-tolerance',
      'With this role replaced in both models their answers are beyond the tolerance; without a role, as they are.',
      { tolerance: discrepancy, low: z.number().describe('The lower limit.') },
      { role: z.string().optional() },
    ),
    relation('response-not-shown', 'Whether the models respond alike is not established.', { tolerance: discrepancy }),
    relation('no-responses', 'No role could be replaced in both models.', {}, { why }),
    finding('running-test-open', 'The running test is not certain yet.', {
      draws: z.number().describe('More draws a side after which it would be certain at this rate.'),
    }),
  ])
  .meta({ id: 'finding' });

/** One thing that the rule found. */
export type Finding = Plain<typeof findingSchema>;

/** The code of a finding. */
export type FindingCode = Finding['code'];

/** What the rule decides: no prose. */
export interface Decision {
  readonly outcome: z.infer<typeof outcomeSchema>;
  readonly failed?: 'necessity violated' | 'sufficiency not established' | undefined;
  /** the deciding one first */
  readonly findings: readonly Finding[];
}
