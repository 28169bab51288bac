/** Which attention heads matter, seen from both sides. */
import { components, intervene, type Component } from '../../src/circuit/component.js';
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

interface Runs {
  readonly model: Model;
  readonly task: Task<Prompt>;
  readonly clean: Examples<Prompt>;
  readonly corrupted: Examples<Prompt>;
  readonly signal: AbortSignal | undefined;
}

/** Mean logit difference, with the clean prompts' answer as the right one, of runs on one kind of prompt in which a head comes from the other. */
async function difference(
  { model, task, clean, corrupted, signal }: Runs,
  on: 'clean' | 'corrupted',
  head?: Component,
) {
  const [examples, from] = on === 'clean' ? [clean, corrupted] : [corrupted, clean];
  const sources = task.encode(from, model).inputs;
  const { logits } = await runExamples(model, task, examples, {
    signal,
    ...(head && {
      patch: (rows) => intervene([head], { kind: 'resample', inputs: rows.map((row) => sources[row]!) }),
    }),
  });
  return mean(logits.map((row, i) => differenceOf(row, clean.inputs[i]!, model.tokenizer)));
}

/** Every head, the one that matters most first; none where flipping the prompts changes nothing. */
export async function headsOf(
  model: Model,
  task: Task<Prompt>,
  examples: Examples<Prompt>,
  signal: AbortSignal | undefined,
): Promise<Head[]> {
  const runs: Runs = { model, task, clean: examples, corrupted: { inputs: examples.inputs.map(flipped) }, signal };
  const [clean, corrupted] = [await difference(runs, 'clean'), await difference(runs, 'corrupted')];
  const range = clean - corrupted;
  if (!(Math.abs(range) > 0)) return [];
  const found: Head[] = [];
  for (const head of components(model, 'heads'))
    found.push({
      head: head.name,
      restores: ((await difference(runs, 'corrupted', head)) - corrupted) / range,
      breaks: (clean - (await difference(runs, 'clean', head))) / range,
    });
  return found.toSorted((a, b) => b.restores + b.breaks - (a.restores + a.breaks));
}
