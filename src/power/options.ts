/** The option `power` of a comparison. */
import { join } from 'node:path';
import * as z from 'zod';
import type { ShapeOf } from '../options.js';

/** How changes are planted and judged. */
export interface PowerOptions {
  /** planted changes of each kind and dose. @defaultValue 6 */
  readonly changes?: number | undefined;
  /** the most changes that are judged in one run; the next runs go on. @defaultValue all; of a gate 2 */
  readonly atOnce?: number | undefined;
  /** the most draws a side that each is judged with. @defaultValue those of the candidate */
  readonly draws?: number | undefined;
  /** inputs that each is judged on. @defaultValue 128 */
  readonly inputs?: number | undefined;
  /** where what was found is kept for the next run. @defaultValue `.congruity/power` beside the test; without Jest, nowhere */
  readonly folder?: string | undefined;
}

export type PowerOption = boolean | PowerOptions;

const settings = z.strictObject({
  changes: z.int().min(1).max(1000).default(6),
  atOnce: z.int().min(1).optional(),
  draws: z.int().min(8).optional(),
  inputs: z.int().min(20).default(128),
  folder: z.string().min(1).optional(),
} satisfies ShapeOf<PowerOptions>);

export const powerOptionSchema = z
  .union([z.boolean(), settings], {
    error: 'power must be true, false or { changes?, atOnce?, draws?, inputs?, folder? }',
  })
  .default(false);

export type PowerSettings = z.output<typeof settings>;

/** Undefined where it was not asked for. */
export const powerOf = (option: PowerOption | undefined): PowerSettings | undefined =>
  option === false || option === undefined ? undefined : settings.parse(option === true ? {} : option);

/** The option with a place to keep what is found: `.congruity/power` of a folder, if no other is named. */
export function keptUnder(folder: string | undefined, option: PowerOption | undefined): PowerOption | undefined {
  const asked = powerOf(option);
  if (asked === undefined || folder === undefined) return option;
  return { ...asked, folder: asked.folder ?? join(folder, '.congruity', 'power') };
}
