/** What a run will come to, as far as it can be told before. */
import { components } from '../../src/circuit/component.js';
import { RANK_ON } from '../../src/circuit/rank.js';
import type { Model } from '../../src/model/model.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { judgingSeconds, likelyDrawRows, likelySearchRows } from '../../src/verdict/workload.js';
import type { SuiteEstimate } from '../suite.js';
import { timed } from '../stopwatch.js';
import type { Prompt } from './prompts.js';

/** Passes of the draws that say where to begin, on as many prompts as the search has: three, of six passes each. */
const PILOT = 18;
/** Blocks of pairs of prompts that a part takes until the verdict is certain; each pair is run as it is, its source as well, and with the part replaced. */
const BLOCKS = 3;
const BLOCK = 14;
const RUNS = 3;
/** Layers whose parts are replaced, and parts of each. */
const LAYERS = 6;
const PARTS = 4;
/** Of a comparison: splits, and measures reported beside. */
const MEASURED = { splits: 3, measures: 3 };

export interface Speed {
  readonly heads: number;
  readonly components: number;
  readonly layers: number;
  /** seconds of processor time of a row among many, and of a few rows, which take longer each */
  readonly row: number;
  readonly block: number;
}

export async function speedOf(model: Model, task: Task<Prompt>, examples: Examples<Prompt>): Promise<Speed> {
  const seconds = async (some: Examples<Prompt>): Promise<number> => {
    // once for the compiler
    await runExamples(model, task, some);
    return (await timed(() => runExamples(model, task, some)))[1];
  };
  return {
    heads: components(model, 'heads').length,
    components: components(model).length,
    layers: model.representationSites.length - 1,
    row: (await seconds(examples)) / examples.inputs.length,
    block: await seconds({ inputs: examples.inputs.slice(0, BLOCK) }),
  };
}

/**
 * Rows, and seconds of processor time.
 * @param speeds of the models, in the order in which they are compared
 * @param headPrompts prompts that heads are tried on
 */
export function estimateOf(
  speeds: readonly Speed[],
  { inputs, draws, headPrompts }: { readonly inputs: number; readonly draws: number; readonly headPrompts: number },
): SuiteEstimate {
  const last = speeds.length - 1;
  const few = Math.min(RANK_ON, inputs);
  let rows = 0;
  let seconds = 0;
  for (const [i, { heads, components: parts, layers, row, block }] of speeds.entries()) {
    const alone = inputs + 2 * (heads + 2) * headPrompts;
    const search = likelySearchRows({ inputs, search: {} }, parts);
    // drawn once as the row's model and once as the column's, and kept for other comparisons; the last is no row's, the first no column's
    const sides = Number(i < last) + Number(i > 0);
    const side = inputs + PILOT * few + draws * likelyDrawRows(inputs, parts);
    // opened once as the row's, and for every row before it
    const untouched = inputs * (i + Number(i < last));
    const blocks = last * RUNS * BLOCKS * (PARTS * Math.min(LAYERS, layers) - 1);
    const own = alone + search + sides * side + untouched;
    rows += own + blocks * BLOCK;
    seconds += own * row + blocks * block;
  }
  const pairs = (speeds.length * last) / 2;
  return { rows: Math.round(rows), seconds: seconds + pairs * judgingSeconds({ inputs, draws, ...MEASURED }) };
}
