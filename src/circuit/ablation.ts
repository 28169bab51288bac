/** Ways to take a component's contribution away. */
import type { ModelInput } from '../model/input.js';
import type { Activation, Model, Replacement } from '../model/model.js';
import { captureInputs } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';

/** `resample`: from a counterfactual input; `mean`: over the examples; `zero`. */
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
 */
export async function ablation<I>(model: Model, task: Task<I>, examples: Examples<I>, sites: readonly string[], options: AblationOptions): Promise<Replacements> {
  const { by, seed, signal } = options;
  if (by === 'zero') return () => () => ({ kind: 'zero' });
  if (by === 'mean') {
    // one array per batch, because models cache means by it
    const { inputs, groups } = task.encode(examples, model);
    const over = new Map<readonly number[], readonly ModelInput[]>(groups.map((rows) => [rows, rows.map((row) => inputs[row]!)]));
    return (rows) => () => ({ kind: 'mean', over: over.get(rows)! });
  }
  const inputs = task.counterfactuals(examples, seed, model);
  const batches = await captureInputs(model, task, examples, inputs, sites, signal);
  const activations = new Map<readonly number[], ReadonlyMap<string, Activation>>(batches.map((batch) => [batch.rows, batch.activations]));
  return (rows) => (site) => ({ kind: 'value', value: activations.get(rows)!.get(site)! });
}
