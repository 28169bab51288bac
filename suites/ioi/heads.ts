/** Which attention heads matter, seen from both sides. */
import { ablation } from '../../src/circuit/ablation.js';
import { components, intervene, sitesOf, type Component } from '../../src/circuit/component.js';
import type { Model } from '../../src/model/model.js';
import { mean } from '../../src/statistics/mean.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { flipped, type Prompt } from './prompts.js';
import { differenceOf } from './task.js';

/** What one head does. */
export interface Head {
  readonly head: string;
  /** share of the logit difference that the clean head brings back when it is put into the run on the flipped prompt: the paper's direction */
  readonly restores: number;
  /** share that is lost when the head of the flipped prompt is put into the clean run: ours */
  readonly breaks: number;
}

/** Prompts of one kind, and those of the other kind, which single heads come from. */
interface Direction {
  readonly on: Examples<Prompt>;
  readonly from: Examples<Prompt>;
}

/** Every head, the one that matters most first; none where flipping the prompts changes nothing. */
export async function headsOf(
  model: Model,
  task: Task<Prompt>,
  examples: Examples<Prompt>,
  signal: AbortSignal | undefined,
): Promise<Head[]> {
  const heads = components(model, 'heads');
  const corrupted: Examples<Prompt> = { inputs: examples.inputs.map(flipped) };
  /** Mean logit difference with the clean prompts' answer as the right one: of runs as they are, and with each head put in. */
  const differences = async ({ on, from }: Direction) => {
    const put = await ablation(model, task, on, sitesOf(heads), {
      by: 'resample',
      seed: 0,
      counterfactuals: task.encode(from, model).inputs,
      signal,
    });
    const difference = async (some: readonly Component[]): Promise<number> => {
      const { logits } = await runExamples(model, task, on, {
        signal,
        ...(some.length > 0 && { patch: (rows) => intervene(some, put(rows)) }),
      });
      return mean(logits.map((row, i) => differenceOf(row, examples.inputs[i]!, model.tokenizer)));
    };
    const untouched = await difference([]);
    const changed: number[] = [];
    for (const head of heads) changed.push(await difference([head]));
    return { untouched, changed };
  };
  const clean = await differences({ on: examples, from: corrupted });
  const flippedRuns = await differences({ on: corrupted, from: examples });
  const range = clean.untouched - flippedRuns.untouched;
  if (!(Math.abs(range) > 0)) return [];
  return heads
    .map(({ name }, i): Head => ({
      head: name,
      restores: (flippedRuns.changed[i]! - flippedRuns.untouched) / range,
      breaks: (clean.untouched - clean.changed[i]!) / range,
    }))
    .toSorted((a, b) => b.restores + b.breaks - (a.restores + a.breaks));
}
