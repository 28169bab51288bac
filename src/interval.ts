/** Estimates with their limits: what every measured number of a verdict is. */
import * as z from 'zod';
import type { Plain } from './schema.js';

/** Stands for "no limit known": too few implementations to say. Finite, so that it survives JSON. */
export const UNBOUNDED = 1e6;

export const intervalSchema = z
  .strictObject({ estimate: z.number(), low: z.number(), high: z.number() })
  .describe(`An estimate with its lower and upper confidence limit; ${UNBOUNDED} stands for no limit.`);

/** An estimate with its two-sided confidence limits. */
export type Interval = Plain<typeof intervalSchema>;
