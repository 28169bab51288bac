/** What a run will come to, as far as it can be told before. */
import { components } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { judgingSeconds, likelyDrawRows, likelySearchRows } from '../../src/verdict/workload.js';
import { timed } from '../stopwatch.js';
import type { SuiteEstimate } from '../suite.js';
import type { Reading } from './readings.js';
import { vectorRows } from './vectors.js';

/** Readings that a model's speed is measured on. */
const PROBE = 64;
/** Of a comparison: splits, and measures that decide or are reported. */
const MEASURED = { splits: 3, measures: 3 };

export interface Speed {
  readonly components: number;
  /** seconds of processor time */
  readonly row: number;
}

export async function speedOf(model: Model, task: Task<Reading>, examples: Examples<Reading>): Promise<Speed> {
  const some = { inputs: examples.inputs.slice(0, PROBE) };
  await runExamples(model, task, some);
  const [, seconds] = await timed(() => runExamples(model, task, some));
  return { components: components(model).length, row: seconds / some.inputs.length };
}

/** The language model's implementations of a slice are kept, and serve for all taggers. */
export function estimateOf(
  [language, ...taggers]: readonly Speed[],
  { slices, inputs, draws }: { readonly slices: number; readonly inputs: number; readonly draws: number },
): SuiteEstimate {
  const side = ({ components: parts }: Speed): number =>
    inputs + likelySearchRows({ inputs, search: {} }, parts) + draws * likelyDrawRows(inputs, parts);
  const own = [language!, ...taggers].map((one) => ({ rows: slices * side(one), row: one.row }));
  const vectors = { rows: slices * taggers.length * vectorRows(inputs), row: language!.row };
  const all = [...own, vectors];
  return {
    rows: Math.round(all.reduce((sum, { rows }) => sum + rows, 0)),
    seconds:
      all.reduce((sum, { rows, row }) => sum + rows * row, 0) +
      slices * taggers.length * judgingSeconds({ inputs, draws, ...MEASURED }),
  };
}
