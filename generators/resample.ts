import { intervene, type Component } from '../src/circuit/component.js';
import type { ModelInput } from '../src/model/input.js';
import type { Intervention } from '../src/model/model.js';

/**
 * Interventions on the given components from one counterfactual batch, for `model.run` on a batch of one's own.
 * @param counterfactuals one input per row of the batch
 */
export function resample(components: readonly Component[], counterfactuals: readonly ModelInput[]): Intervention[] {
  return intervene(components, { kind: 'resample', inputs: counterfactuals });
}
