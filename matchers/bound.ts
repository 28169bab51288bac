/** What the two matchers about bounds share. */
import { z } from 'zod';
import type { Model } from '../src/model/model.js';
import { boundClaim, boundShape, type BoundOptions } from '../src/claims/bound-claim.js';
import type { Condition } from '../src/bounds/evidence.js';
import type { ImplementationSet } from '../src/implementations/index.js';
import { judged } from './claim.js';
import type { MatcherContext, MatcherResult } from './context.js';

const schema = z.strictObject({ ...boundShape, seed: z.int().optional() });

/** What a side is called between the matcher's parentheses. */
function sideName(side: unknown): string {
  const { name, original } = (side ?? {}) as { name?: unknown; original?: { name?: unknown } };
  const found = typeof name === 'string' ? name : original?.name;
  return typeof found === 'string' ? found : 'baseline';
}

/** Runs either matcher. @throws as the matchers say */
export const judgeBound = (
  context: MatcherContext,
  matcher: string,
  condition: Condition,
  candidate: unknown,
  baseline: unknown,
  options: BoundOptions,
): Promise<MatcherResult> =>
  judged(context, matcher, schema, options, sideName(baseline), ({ options: checked, seed, signal }) =>
    boundClaim(condition, baseline as Model | ImplementationSet, candidate as Model | ImplementationSet, {
      ...checked,
      seed,
      signal,
    }),
  );
