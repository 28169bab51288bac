/** Names for the axes of activations, as far as an operation tells what they are. */
import type { Axis } from '../../../model.js';

const numbered = (rank: number): Axis[] => Array.from({ length: rank }, (_, i) => `axis${i + 1}`);

const spatial: Readonly<Record<number, readonly Axis[]>> = {
  1: ['position'],
  2: ['row', 'column'],
  3: ['depth', 'row', 'column'],
};

/** Axes of an image-like tensor with as many spatial axes, channels last as a rule. */
export function imageAxes(spatialAxes: number, channelsFirst = false): Axis[] {
  const own = spatial[spatialAxes] ?? numbered(spatialAxes);
  return channelsFirst ? ['channel', ...own] : [...own, 'channel'];
}

/** Where nothing tells better: a vector of features, a sequence of them, an image with channels last; numbers beyond. */
export function usualAxes(rank: number): Axis[] {
  if (rank === 1) return ['feature'];
  if (rank === 2) return ['position', 'feature'];
  return rank === 3 || rank === 4 ? imageAxes(rank - 1) : numbered(rank);
}

/** Where axes were rearranged and nobody knows what they now are. */
export const unknownAxes = (rank: number): Axis[] => (rank <= 1 ? usualAxes(rank) : numbered(rank));

/** The same axes but for the last, which is now one of features. */
export const featuresLast = (axes: readonly Axis[]): Axis[] => [...axes.slice(0, -1), 'feature'];
