/** What each component does to the answers, by patching it alone: estimates are held against it. */
import type { Replacements } from '../../src/circuit/ablation.js';
import { intervene, type Component } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { klDivergence } from '../../src/task/behaviour.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';

/** The mean KL divergence of the patched answers from the clean ones, of each component. */
export async function exactEffects<I>(
  model: Model,
  on: Task<I>,
  examples: Examples<I>,
  all: readonly Component[],
  put: Replacements,
): Promise<number[]> {
  const { logits: clean } = await runExamples(model, on, examples);
  const exact: number[] = [];
  for (const one of all) {
    const { logits } = await runExamples(model, on, examples, { patch: (rows) => intervene([one], put(rows)) });
    exact.push(logits.reduce((sum, row, i) => sum + klDivergence(clean[i]!, row), 0) / logits.length);
  }
  return exact;
}
