/** The order in which shrinking makes an intervention milder. */
import type { Ablation } from '../../src/circuit/ablation.js';

/**
 * What replaces an activation, the mildest first. The mean over the examples moves an activation the least, by its variance on average. Another input's moves it twice
 * as far, but to where the model has been. Zero is nowhere in particular: as far as the mean is from it, and often off the beaten track.
 */
export const mildness: readonly Ablation[] = ['mean', 'resample', 'zero'];
