/** Ways to take a component's contribution away. */
import type { Activation, Model, Replacement } from '../model/model.js';
import { captureInputs } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import { alone, namedSites, referencesOf } from './references.js';

/** `resample`: from a counterfactual input; `mean`: over the distinct examples (and those that were left out of them), of each entry over those that have it; `zero`. */
export type Ablation = 'resample' | 'mean' | 'zero';

export interface AblationOptions {
  readonly by: Ablation;
  /** of the counterfactuals */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** The replacement at a site, for the batch of these rows of the examples. */
export type Replacements = (rows: readonly number[]) => (site: string) => Replacement;

/**
 * Prepares the ablation of components at some sites. The counterfactuals' activations are captured here, once, and given
 * as values, so that each patched run costs one pass instead of two.
 * @throws TaskError for an example that has no counterfactual, or of which a mean would leave a part as it is
 */
export async function ablation<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  sites: readonly string[],
  options: AblationOptions,
): Promise<Replacements> {
  const { by, seed, signal } = options;
  if (by === 'zero') return () => () => ({ kind: 'zero' });
  if (by === 'mean') {
    const { inputs } = task.encode(examples, model);
    const references = referencesOf(model, task, examples);
    const where = namedSites(model, sites);
    const at = inputs.findIndex((input) => references.alone(input, where));
    if (at >= 0) throw alone(task, at, inputs[at]!, references);
    const replacement: Replacement = { kind: 'mean', over: references.inputs };
    return () => () => replacement;
  }
  const inputs = task.counterfactuals(examples, seed, model);
  const batches = await captureInputs(model, task, examples, inputs, sites, signal);
  const activations = new Map<readonly number[], ReadonlyMap<string, Activation>>(
    batches.map((batch) => [batch.rows, batch.activations]),
  );
  return (rows) => (site) => ({ kind: 'value', value: activations.get(rows)!.get(site)! });
}
