/** One tagger on one slice: are the implementations of what it does those of what the language model does there? */
import type { CacheOption } from '../../src/cache/options.js';
import type { Model } from '../../src/model/model.js';
import { clock } from '../../src/signal.js';
import type { Examples, Task } from '../../src/task/task.js';
import { compare } from '../../src/verdict/compare.js';
import { eValueOf } from '../../src/verdict/sequential/e-value.js';
import type { Reading } from './readings.js';
import type { ComparisonResult } from './result.js';
import { movedVectors, vectorRows } from './vectors.js';

export interface CompareSliceOptions {
  readonly task: Task<Reading>;
  readonly examples: Examples<Reading>;
  readonly inputs: number;
  readonly draws: number;
  readonly seed: number;
  /** of each of the two errors: the family's rate, shared out among slices */
  readonly level: number;
  readonly cache: CacheOption;
  readonly signal: AbortSignal | undefined;
  /** called with the share done */
  readonly progress: (done: number) => void;
}

/** Share of the components that a model can do without one by one. */
const share = (searched: { readonly patchable: number; readonly components: number } | undefined): number =>
  searched === undefined ? 0 : searched.patchable / searched.components;

export async function comparedSlice(
  [language, tagger]: readonly [Model, Model],
  { task, examples, inputs, draws, seed, level, cache, signal, progress }: CompareSliceOptions,
): Promise<Pick<ComparisonResult, 'verdict' | 'rows' | 'seconds'>> {
  const started = clock();
  const evidence = await compare(language, tagger, {
    on: task,
    inputs,
    seed,
    budget: { draws },
    alpha: level,
    beta: level,
    // what a model can do without depends on the task: each side is drawn by its own
    common: false,
    shrink: false,
    cache,
    signal,
    // function vectors are to come
    progress: (done) => progress(0.9 * done),
  });
  const vectors = await movedVectors([language, tagger], task, examples, signal);
  const { judgement, baseline, candidate } = evidence;
  const [first, second] = judgement.sides;
  return {
    verdict: {
      outcome: evidence.outcome,
      reason: judgement.reasons[0] ?? '',
      congruity: judgement.congruity,
      distances: [first.siblings.estimate, second.siblings.estimate, judgement.strangers.estimate],
      excess: [first.excess, second.excess],
      draws: [baseline.implementations.length - 1, candidate.implementations.length - 1],
      patchable: [share(baseline.searched), share(candidate.searched)],
      logE: eValueOf(evidence).log,
      vectors: vectors ? [...vectors] : null,
    },
    rows: evidence.rows.computed + (vectors ? vectorRows(examples.inputs.length) : 0),
    seconds: (clock() - started) / 1000,
  };
}
