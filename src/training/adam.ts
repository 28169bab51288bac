/** Adam (Kingma and Ba 2014) on the host, with clipping by the norm of all gradients. Its state is plain numbers, so that a checkpoint holds all of it: tfjs's own loses bits on the way. */
import type { Weights } from '../model/formats/transformer/file/weights.js';

const [BETA1, BETA2] = [0.9, 0.99];
/** The largest norm of the gradient; a longer one is shortened to it. */
const LONGEST = 1;
/** In so many steps the learning rate grows to its largest. */
const WARM_UP = 100;
/** While at least this share of the rows of some kind is wrong the learning rate is at its largest; below, it falls with that share, to no less than `LEAST` of the largest. */
const HARD = 0.1;
const LEAST = 0.05;

/**
 * The learning rate of a step of training. A rate that stays large throws a model that is nearly right to and fro; one that falls by the clock falls before the model is there.
 * @param step from 1
 * @param largest after the warm-up
 * @param wrong the largest share of rows of one kind that lately came out wrong
 */
export const rateAt = (step: number, largest: number, wrong: number): number =>
  largest * Math.min(1, step / WARM_UP) * Math.min(1, Math.max(LEAST, wrong / HARD));

/** How much of an average stays in a step. */
const KEPT = 0.99;

/** Moments, by the names of weights. */
export interface Moments {
  readonly first: ReadonlyMap<string, Float32Array>;
  readonly second: ReadonlyMap<string, Float32Array>;
}

export const noMoments = (weights: Weights): Moments => {
  const zeros = (): Map<string, Float32Array> =>
    new Map([...weights].map(([name, { data }]) => [name, new Float32Array(data.length)]));
  return { first: zeros(), second: zeros() };
};

/** Length of all gradients as one vector. */
export function normOf(gradients: ReadonlyMap<string, Float32Array>): number {
  let sum = 0;
  for (const data of gradients.values()) for (const value of data) sum += value * value;
  return Math.sqrt(sum);
}

/**
 * One step, in place.
 * @param step from 1
 * @param norm of the gradients
 * @param learningRate of this step
 */
export function adamStep(
  weights: Weights,
  { first, second }: Moments,
  gradients: ReadonlyMap<string, Float32Array>,
  step: number,
  norm: number,
  learningRate: number,
): void {
  const factor = norm > LONGEST ? LONGEST / norm : 1;
  const rate = (learningRate * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step);
  for (const [name, { data }] of weights) {
    const [gradient, m, v] = [gradients.get(name)!, first.get(name)!, second.get(name)!];
    for (let i = 0; i < data.length; i++) {
      const g = factor * gradient[i]!;
      m[i] = BETA1 * m[i]! + (1 - BETA1) * g;
      v[i] = BETA2 * v[i]! + (1 - BETA2) * g * g;
      data[i] = data[i]! - (rate * m[i]!) / (Math.sqrt(v[i]!) + 1e-8);
    }
  }
}

/**
 * Moves an average of the weights, of about the last hundred steps, in place. It does the task better than the weights that are trained, which every batch throws to and fro.
 * @param step from 1
 */
export function averageStep(average: Weights, weights: Weights, step: number): void {
  const kept = Math.min(KEPT, step / (step + 10));
  for (const [name, { data }] of average) {
    const now = weights.get(name)!.data;
    for (let i = 0; i < data.length; i++) data[i] = kept * data[i]! + (1 - kept) * now[i]!;
  }
}
