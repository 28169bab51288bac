/** What the two matchers about bounds share. */
import { type z } from 'zod';
import { boundClaim } from '../../src/claims/bound-claim.js';
import { boundSchema } from '../../src/claims/bound-options.js';
import type { Condition } from '../../src/bounds/evidence.js';
import type { ImplementationSet } from '../../src/implementations/index.js';
import type { Model } from '../../src/model/model.js';
import type { Call } from '../define.js';
import { claimShape } from '../options.js';

export const boundsSchema = boundSchema.extend({ seed: claimShape.seed });

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
