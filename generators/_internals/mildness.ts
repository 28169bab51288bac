/** The order in which shrinking makes an intervention milder. */
import { ablationNames, type Ablation } from '../../src/circuit/ablations.js';

/** What replaces an activation, the mildest first (src/circuit/ablations.ts says why). */
export const mildness: readonly Ablation[] = ablationNames;
