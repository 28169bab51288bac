/** A model with interventions that are always there: a planted change. */
import { hash } from 'node:crypto';
import type { ModelInput } from '../model/input.js';
import type { Intervention, Model, RunOptions, RunResult } from '../model/model.js';

export interface Planted {
  /** what was done, in words: `2 heads resampled` */
  readonly description: string;
  /** what to change in a batch of these inputs; the same for the same input, whatever stands beside it */
  readonly interventions: (batch: readonly ModelInput[]) => readonly Intervention[];
}

/**
 * The model with the change in place. Interventions on it are made after those of the change, and take what they put there from the model without the change, as several
 * interventions on one model do. It shares the model's weights: disposing of it does nothing.
 */
export function intervened(model: Model, { description, interventions }: Planted): Model {
  const { kind, backend, sites, parts, representationSites, tokenizer, ragged } = model;
  return {
    name: `${model.name} (${description})`,
    kind,
    fingerprint: hash('sha256', `planted\n${model.fingerprint}\n${description}`),
    backend,
    sites,
    parts,
    representationSites,
    tokenizer,
    ragged,
    run: (batch: readonly ModelInput[], options: RunOptions = {}): Promise<RunResult> =>
      model.run(batch, { ...options, interventions: [...interventions(batch), ...(options.interventions ?? [])] }),
    dispose: () => undefined,
  };
}
