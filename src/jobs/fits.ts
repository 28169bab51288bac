/** Ridge fits, in a worker. */
import type { FitsDone, FitsJob } from '../measure/ridge-away.js';
import { fitsOf } from '../measure/ridge-fits.js';
import type { Fitted } from '../measure/ridge-predictor.js';

export async function fits({ predictors, targets, splits, alphas, residentBytes, keep }: FitsJob): Promise<FitsDone> {
  const fitted: Fitted[] = [];
  const found = await fitsOf(predictors, targets, splits, {
    alphas,
    ...(residentBytes !== undefined && { residentBytes }),
    ...(keep && { kept: { room: true, get: () => undefined, set: (_, one) => void fitted.push(one) } }),
  });
  return { fits: found.map(({ alpha, r2 }) => ({ alpha, r2 })), fitted };
}
