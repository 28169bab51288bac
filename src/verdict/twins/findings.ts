/** What was found about twins, as codes with their numbers. `explain.ts` turns them into words. */
import { z } from 'zod';
import { intervalSchema } from '../../interval.js';
import type { Plain } from '../../schema.js';

const finding = <C extends string, W extends z.ZodRawShape, N extends z.ZodRawShape>(
  code: C,
  meaning: string,
  numbers: N,
  where: W,
) => z.strictObject({ code: z.literal(code), ...where, numbers: z.strictObject(numbers) }).describe(meaning);

const ratio = { ratio: intervalSchema.describe('The twin ratio.') };
const cosine = { cosine: intervalSchema.describe('The response cosine.') };
const pairing = {
  ratio: intervalSchema.describe('The pairing ratio.'),
  cosine: z.number().describe('The response cosine in the draws of the control, a median.'),
  atRandom: z.number().describe('The same with components paired at random.'),
};
const why = { why: z.string().describe('A sentence without its full stop.') };

/** Options of a discriminated union, in the order of docs/codes.md. */
export const twinFindings = [
  finding('twins-nearer', 'Twins are surely nearer to each other than implementations of one model are.', ratio, {}),
  finding(
    'twins-farther',
    'Twins are surely farther from each other than implementations of one model are.',
    ratio,
    {},
  ),
  finding('twins-open', 'Whether twins are nearer than implementations of one model is not certain.', ratio, {}),
  finding(
    'mean-ratio-open',
    'Most twins are nearer than implementations of one model, but it is not certain that they are on average.',
    { ratio: intervalSchema.describe('The ratio of the mean distances.') },
    {},
  ),
  finding('responses-alike', 'Interventions surely do to one model what they do to the other.', cosine, {}),
  finding('responses-unlike', 'Interventions surely do something else to one model than to the other.', cosine, {}),
  finding('responses-open', 'Whether interventions do the same to both models is not certain.', cosine, {}),
  finding(
    'nothing-responds',
    'No intervention moves either model.',
    { pairs: z.int().describe('Pairs of twins.') },
    {},
  ),
  finding('pairing-matters', 'With components paired at random, models surely respond less alike.', pairing, {}),
  finding('any-pairing', 'With components paired at random, models surely respond nearly as alike.', pairing, {}),
  finding(
    'pairing-open',
    'Whether models respond less alike with components paired at random is not certain.',
    pairing,
    {},
  ),
  finding('no-control', 'Nothing shows how models respond with components paired at random.', {}, why),
  finding('no-common-interventions', 'No intervention can be made on both models.', {}, why),
  finding(
    'components-in-part',
    'Only a part of the components correspond.',
    {
      pairs: z.int().describe('Pairs of components that correspond.'),
      baseline: z.int().describe('Components of the baseline.'),
      candidate: z.int().describe('Components of the candidate.'),
    },
    {},
  ),
  finding(
    'apart-untouched',
    'No intervention parts the two models; they differ without any.',
    {
      distance: z.number().describe('Between the two models without interventions.'),
      siblings: z.number().describe('The smaller of the two within-model distances.'),
    },
    {},
  ),
  finding('not-another-mechanism', 'Models that are not derived may still do the task in the same way.', {}, {}),
] as const;

export const twinFindingSchema = z.discriminatedUnion('code', [...twinFindings]).meta({ id: 'twinFinding' });

/** One thing that was found about twins. */
export type TwinFinding = Plain<typeof twinFindingSchema>;

export type TwinFindingCode = TwinFinding['code'];
