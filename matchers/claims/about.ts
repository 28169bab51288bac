/** What the evidence of every claim holds besides its outcome: which models, where, from which seed, and how long it took. */
import type { Model } from '../../src/model/model.js';
import { clock } from '../../src/signal.js';
import type { ClaimEvidence } from '../../src/claims/claim.js';
import { environmentOf, modelEvidence } from '../../src/model/evidence.js';

/** @returns a function to call at the end: the seconds are those from now until then */
export function about(
  models: readonly Model[],
  seed: number,
): () => Pick<ClaimEvidence, 'models' | 'seed' | 'environment' | 'seconds'> {
  const started = clock();
  return () => ({
    models: models.map(modelEvidence),
    seed,
    environment: environmentOf(models),
    seconds: (clock() - started) / 1000,
  });
}
