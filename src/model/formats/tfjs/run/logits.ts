/** From a model's output to what softmax makes probabilities of. */
import { entriesOf } from '../../../../shape.js';

/**
 * What the output is: `logits`; `softmax`: probabilities of classes; `sigmoid`: the probability of the second of two classes.
 * A regression's output is passed on as it is, like logits.
 */
export type OutputKind = 'logits' | 'softmax' | 'sigmoid';

/** The logarithm of the smallest positive float32, which stands for the logarithm of 0. */
const lowest = Math.fround(Math.log(2 ** -149));
const { log } = Math;
const logOf = (p: number): number => (p > 0 ? log(p) : p === 0 ? lowest : NaN);

/**
 * Logits of an output [rows, ...]: [rows, classes], or [rows, positions, classes] where it has more axes (all but the last one count as positions).
 * Of probabilities these are their logarithms, at least -103.28: softmax gives the probabilities back.
 */
export function logitsOf(
  kind: OutputKind,
  { shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array },
): { shape: number[]; data: Float32Array } {
  const rows = shape[0]!;
  const classes = shape.length === 1 ? 1 : shape.at(-1)!;
  const ahead = shape.length <= 2 ? [rows] : [rows, entriesOf(shape.slice(1, -1))];
  if (kind === 'sigmoid') {
    const pairs = new Float32Array(2 * data.length);
    data.forEach((p, i) => {
      pairs[2 * i] = logOf(1 - p);
      pairs[2 * i + 1] = logOf(p);
    });
    return { shape: [...ahead, 2], data: pairs };
  }
  return { shape: [...ahead, classes], data: kind === 'softmax' ? data.map(logOf) : data };
}
