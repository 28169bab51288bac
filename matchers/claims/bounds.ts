/** What the two matchers about bounds share. */
import * as z from 'zod';
import { boundClaim } from '../../src/claims/bound-claim.js';
import { boundSchema, type BoundOptions } from '../../src/claims/bound-options.js';
import type { Condition } from '../../src/bounds/evidence.js';
import type { ImplementationSet } from '../../src/implementations/index.js';
import type { Model } from '../../src/model/model.js';
import type { ShapeOf } from '../../src/options.js';
import type { Call } from '../define.js';
import { claimShape } from '../options.js';

/** Those of a bound, but for the seed's default. */
export interface BoundMatcherOptions extends BoundOptions {
  /** everything random follows from it. @defaultValue `CONGRUITY_SEED`, else the seed that fast-check is configured with, else 0 */
  readonly seed?: number | undefined;
}

export const boundsSchema = z.strictObject({
  ...boundSchema.shape,
  seed: claimShape.seed,
} satisfies ShapeOf<BoundMatcherOptions>);

/** What a side is called between the matcher's parentheses. */
export function sideName(side: unknown): string {
  const { name, original } = (side ?? {}) as { name?: unknown; original?: { name?: unknown } };
  const found = typeof name === 'string' ? name : original?.name;
  return typeof found === 'string' ? found : 'baseline';
}

export const judgeBound =
  (condition: Condition) =>
  ({
    received,
    argument,
    options,
    seed,
    signal,
  }: Call<Model | ImplementationSet, z.output<typeof boundsSchema>>): ReturnType<typeof boundClaim> =>
    boundClaim(condition, argument, received as Model | ImplementationSet, { ...options, seed, signal });
