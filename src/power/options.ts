/** The option `power` of a comparison. */
import { join } from 'node:path';
import { z } from 'zod';

const settings = z.strictObject({
  changes: z.int().min(1).max(1000).default(6).describe('planted changes of each kind and dose'),
  draws: z
    .int()
    .min(8)
    .optional()
    .describe('the most draws a side that each is judged with. Default: those of the candidate'),
  inputs: z.int().min(20).default(128).describe('inputs that each is judged on'),
  folder: z
    .string()
    .min(1)
    .optional()
    .describe(
      'where what was found is kept for the next run. Default: `.congruity/power` beside the test; without Jest, nowhere',
    ),
});

export const powerOptionSchema = z
  .union([z.boolean(), settings], { error: 'power must be true, false or { changes?, draws?, inputs?, folder? }' })
  .default(false);

export type PowerSettings = z.output<typeof settings>;

/** Undefined where it was not asked for. */
export const powerOf = (option: z.input<typeof powerOptionSchema>): PowerSettings | undefined =>
  option === false || option === undefined ? undefined : settings.parse(option === true ? {} : option);

/** The option with a place to keep what is found: `.congruity/power` of a folder, if no other is named. */
export function keptUnder(
  folder: string | undefined,
  option: z.input<typeof powerOptionSchema>,
): z.input<typeof powerOptionSchema> {
  const asked = powerOf(option);
  if (asked === undefined || folder === undefined) return option;
  return { ...asked, folder: asked.folder ?? join(folder, '.congruity', 'power') };
}
