/** The two tasks: at a place of a text, which word comes next, and which part of speech is the word read. Each model is held to its own answers. */
import type { Behaviour } from '../../src/task/behaviour.js';
import { defineTask, type Task } from '../../src/task/task.js';
import { totalVariation } from '../../src/response/answers.js';
import { groupBy } from '../../src/group-by.js';
import type { Reading, Slice } from './readings.js';

/** How much of its probability a model may move to other answers, on average, with a part replaced. */
const MOVED = 0.2;

/** Total variation from the model's own answers: a number between 0 and 1 whatever the answers are, words or parts of speech. */
const ownAnswers: Behaviour<Reading> = {
  name: 'total variation from its own answers',
  better: 'lower',
  relative: true,
  best: 0,
  position: -1,
  identity: () => [],
  score: (logits, _reading, clean) => totalVariation(probabilities(clean), probabilities(logits)),
};

/** Of all answers that a model gives. */
export function probabilities(logits: Float32Array): Float64Array {
  let top = -Infinity;
  for (const value of logits) if (value > top) top = value;
  const out = Float64Array.from(logits, (value) => Math.exp(value - top));
  let sum = 0;
  for (const one of out) sum += one;
  return out.map((one) => one / sum);
}

/** Readings by length and group, from which counterfactuals are drawn. */
export class Others {
  private readonly byLength: ReadonlyMap<number, readonly Reading[]>;
  private readonly known = new Map<string, readonly Reading[]>();

  constructor(readings: readonly Reading[]) {
    this.byLength = groupBy(readings, ({ tokens }) => tokens.length);
  }

  /** Those of one length whose word is of another group. */
  of({ tokens, group }: Reading): readonly Reading[] {
    const key = `${tokens.length} ${group}`;
    const found = this.known.get(key) ?? (this.byLength.get(tokens.length) ?? []).filter((one) => one.group !== group);
    this.known.set(key, found);
    return found;
  }
}

/**
 * The task of a slice. Counterfactuals come from all slices, and their words are of other groups: among articles alone nothing that says "article" would matter.
 */
export function sliceTask({ name, readings }: Slice, others: Others): Task<Reading> {
  return defineTask<Reading>({
    name: `reading: ${name}`,
    inputs: readings,
    encode: ({ tokens }) => [...tokens],
    counterfactual(reading, random) {
      const some = others.of(reading);
      return some.length === 0 ? reading : some[random.below(some.length)]!;
    },
    behaviour: ownAnswers,
    threshold: { atMost: MOVED },
  });
}
