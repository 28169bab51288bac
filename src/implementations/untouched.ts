/** A model as it is, before anything is drawn. */
import { kept, type Codec } from '../cache/kept.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import { runExamples } from '../task/run.js';
import { runKey } from '../task/run-key.js';
import { readSample, samplingKey, writeSample } from './kept-samples.js';
import { Samples, type DrawOptions, type MadeSample } from './samples.js';
import type { ImplementationSet } from './set.js';

interface Itself {
  readonly score: number;
  /** undefined where the model is below the task's threshold */
  readonly itself: MadeSample | undefined;
}

const codec: Codec<Itself> = {
  write({ score, itself }) {
    const tensors = new Map<string, TensorToWrite>();
    return { value: { score, itself: itself && writeSample(itself, '', tensors) }, tensors };
  },
  read({ value, tensors }) {
    const said = value as { readonly score: number; readonly itself?: ReturnType<typeof writeSample> };
    return { score: said.score, itself: said.itself && readSample(said.itself, '', tensors) };
  },
};

/**
 * The behaviour of a set's original and what is kept of it, which are found once, and its clean logits for whoever asks.
 * @throws RepresentationError for NaN, infinite or constant activations
 */
export async function untouched(
  set: ImplementationSet,
  options: DrawOptions,
): Promise<Itself & { readonly logits: () => Promise<readonly Float32Array[]> }> {
  const { task, examples, cache, signal } = options;
  const model = set.original;
  const words = `${model.name} itself`;
  let logits: readonly Float32Array[] | undefined;
  const found = await kept(
    cache,
    {
      kind: 'model',
      about: `${words} on ${task.name}`,
      key: () => [runKey(model, task, examples), samplingKey(options, task, examples)],
      codec,
      signal,
    },
    async () => {
      const probe = new Samples(set, undefined, 0, options);
      const run = await runExamples(model, task, examples, { capture: probe.capturing.sitesOf(model), signal });
      logits = run.logits;
      const { score } = run;
      return {
        score,
        itself: task.meets(score)
          ? await probe.made(words, await probe.capturing.captured(words, model, run), probe.place)
          : undefined,
      };
    },
  );
  return { ...found, logits: async () => logits ?? (await runExamples(model, task, examples, { signal })).logits };
}
