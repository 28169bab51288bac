/** Takes components' contributions away, in one of the ways of `ablations`. */
import type { ModelInput } from '../model/input.js';
import type { Activation, Model, Replacement } from '../model/model.js';
import { activationRows } from '../model/activation-rows.js';
import { captureInputs } from '../task/run.js';
import type { Examples, Task } from '../task/task.js';
import { fixed, needsReferences, resamples, type Ablation } from './ablations.js';
import { alone, aloneInWords, namedSites, referencesOf } from './references.js';
import { fromSource } from './source-activations.js';

export interface AblationOptions {
  readonly by: Ablation;
  /** of the counterfactuals */
  readonly seed: number;
  /** counterfactuals to take instead, one for each example */
  readonly counterfactuals?: readonly ModelInput[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The replacement at a site, for the batch of these rows of the examples, or for some rows of a batch whose inputs are of one size. */
export type Replacements = (rows: readonly number[]) => (site: string) => Replacement;

/**
 * Leaves out the examples that have no counterfactual to be resampled from, or of which a mean at these sites would leave a part as it is: the notes say so.
 * @throws TaskError where none is left
 */
export function ablatable<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  sites: readonly string[],
  by: Ablation,
): Examples<I> {
  if (resamples(by)) return task.withCounterfactuals(examples, [model]);
  if (!needsReferences(by)) return examples;
  const references = referencesOf(model, task, examples);
  const { inputs } = task.encode(examples, model);
  const where = namedSites(model, sites);
  const kept = examples.inputs.filter((_, at) => !references.alone(inputs[at]!, where));
  if (kept.length === 0) throw alone(task, 0, inputs[0]!, references);
  if (kept.length === inputs.length) return examples;
  return {
    inputs: kept,
    pool: examples,
    notes: [...(examples.notes ?? []), ...aloneInWords(inputs.length - kept.length)],
  };
}

/** All that an ablation depends on besides the model and the examples: the counterfactuals that the seed draws, or what the mean is taken over. */
export function ablationKey<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  { by, seed }: Pick<AblationOptions, 'by' | 'seed'>,
): readonly unknown[] {
  if (resamples(by)) return [by, task.counterfactuals(examples, seed, model)];
  return needsReferences(by) ? [by, referencesOf(model, task, examples).inputs] : [by];
}

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
  const method = fixed(by);
  if (method) {
    const references = () => referencesOf(model, task, examples);
    if (needsReferences(by)) {
      const { inputs } = task.encode(examples, model);
      const where = namedSites(model, sites);
      const at = inputs.findIndex((input) => references().alone(input, where));
      if (at >= 0) throw alone(task, at, inputs[at]!, references());
    }
    const replacement = method.replacement(() => references().inputs);
    return () => () => replacement;
  }
  const inputs = options.counterfactuals ?? task.counterfactuals(examples, seed, model);
  const batches =
    (await fromSource(model, task, examples, inputs, sites, signal)) ??
    (await captureInputs(model, task, examples, inputs, sites, signal));
  const activations = new Map<readonly number[], ReadonlyMap<string, Activation>>(
    batches.map((batch) => [batch.rows, batch.activations]),
  );
  return (rows) => {
    const whole = activations.get(rows);
    if (whole) return (site) => ({ kind: 'value', value: whole.get(site)! });
    const batch = batches.find((one) => one.rows.includes(rows[0]!))!;
    const places = rows.map((row) => batch.rows.indexOf(row));
    return (site) => ({ kind: 'value', value: activationRows(batch.activations.get(site)!, places) });
  };
}
