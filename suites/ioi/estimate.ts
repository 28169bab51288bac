/** What a run will come to, as far as it can be told before. */
import { components } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { clock } from '../../src/signal.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { drawRows, judgingSeconds, searchRows } from '../../src/verdict/workload.js';
import type { SuiteEstimate } from '../suite.js';
import type { Prompt } from './prompts.js';
import { RESPONSES } from './pair.js';

/** Prompts that a model's speed is measured on. */
const PROBE = 16;
/** Roles of two transformers that are replaced at most: four kinds at six layers. */
const ROLES = 24;
/** Of a comparison: splits, and measures reported beside. */
const MEASURED = { splits: 3, measures: 3 };

export interface Speed {
  readonly heads: number;
  readonly components: number;
  readonly layers: number;
  /** seconds */
  readonly row: number;
}

export async function speedOf(model: Model, task: Task<Prompt>, examples: Examples<Prompt>): Promise<Speed> {
  const some = { inputs: examples.inputs.slice(0, PROBE) };
  await runExamples(model, task, some);
  const started = clock();
  await runExamples(model, task, some);
  return {
    heads: components(model, 'heads').length,
    components: components(model).length,
    layers: model.representationSites.length - 1,
    row: (clock() - started) / 1000 / some.inputs.length,
  };
}

/** @param headPrompts prompts that heads are tried on */
export function estimateOf(
  speeds: readonly Speed[],
  { inputs, draws, headPrompts }: { readonly inputs: number; readonly draws: number; readonly headPrompts: number },
): SuiteEstimate {
  const others = speeds.length - 1;
  let rows = 0;
  let seconds = 0;
  for (const { heads, components: parts, layers, row } of speeds) {
    // what is drawn of a model is kept for its other comparisons
    const own =
      2 * inputs +
      2 * (heads + 1) * headPrompts +
      searchRows({ inputs, search: {} }, parts) +
      draws * drawRows(inputs, parts) +
      others * RESPONSES * Math.min(ROLES, 4 * layers);
    rows += own;
    seconds += own * row;
  }
  const pairs = (speeds.length * others) / 2;
  return { rows: Math.round(rows), seconds: seconds + pairs * judgingSeconds({ inputs, draws, ...MEASURED }) };
}
