/** From a model to the Gram matrix of its residual stream, averaged over positions as in the paper: the stream before the first block and after each. */
import type { Model } from '../../src/model/model.js';
import { featuresOf } from '../../src/representation/capture.js';
import { addGrams, gramPieces, type Gram } from '../../src/representation/gram.js';
import { inTurns } from '../../src/signal.js';
import { runExamples, type BatchInterventions } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import type { Input } from './task.js';

export interface Represented {
  readonly gram: Gram;
  /** on balanced inputs */
  readonly accuracy: number;
}

/** @throws whatever the model throws, RepresentationError, CancelledError */
export async function represented(
  model: Model,
  task: Task<Input>,
  examples: Examples<Input>,
  signal: AbortSignal | undefined,
  patch?: BatchInterventions,
): Promise<Represented> {
  const sites = model.representationSites;
  const run = await runExamples(model, task, examples, { capture: sites, signal, patch });
  const grams: Gram[] = [];
  for (const name of sites) {
    const site = model.sites.find((one) => one.name === name)!;
    const { data, shape } = featuresOf(site, run.batches, 'mean');
    grams.push(await inTurns(gramPieces({ data, shape }, { where: name, constant: 'zero' }), signal));
  }
  return { gram: addGrams(grams), accuracy: run.score };
}
