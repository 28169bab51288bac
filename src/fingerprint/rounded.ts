/** Gram matrices in float32, where that moves no distance. */
import { FingerprintError, isCongruityError } from '../errors.js';
import { gramFrom, packedTensor } from '../implementations/kept-samples.js';
import type { Sample } from '../implementations/samples.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import { measures, type MeasureName } from '../measure/index.js';
import type { Gram } from '../representation/gram.js';
import type { FingerprintSaid } from './format.js';

/** Draws by which it is seen whether rounding moves distances, and the share of a measure's resolution that it may move them by. */
const ROUNDED = 6;
const MOVED = 0.01;
/**
 * Rounds Gram matrices to float32, unless that moves a distance. A measure may ask how large values are (the penalty of ridge regression is a number of its own), and values may be so large that rounding
 * is more than that.
 * @throws FingerprintError where it does, and float32 was asked for
 */
export async function rounded(
  asked: 'float32' | 'float64' | undefined,
  tensors: Map<string, TensorToWrite>,
  drawn: readonly Sample[],
  { measure: which, seed }: FingerprintSaid['options'],
  task: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (asked === 'float64') return;
  const some = drawn.slice(0, ROUNDED).map(({ gram }) => gram);
  for (const name of which) {
    const moved = await movedBy(name, some, seed, signal);
    if (moved <= measures[name].resolution * MOVED) continue;
    if (asked === undefined) return;
    throw new FingerprintError({
      what: `in float32, distances between draws on "${task}" move by ${Number.isFinite(moved) ? moved.toExponential(1) : 'more than can be measured'} under ${name}`,
      where: 'precision',
      hint: "leave precision out, or keep them as float64: precision: 'float64', on the command line --float64",
    });
  }
  for (const [name, { shape, data }] of tensors) tensors.set(name, { shape, data: Float32Array.from(data) });
}

/** How far distances among some Grams move when these are rounded; infinite where they cannot be measured then. */
async function movedBy(
  which: MeasureName,
  grams: readonly Gram[],
  seed: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const narrow = new Map<string, TensorToWrite>();
  grams.forEach((gram, i) => narrow.set(String(i), packedTensor(gram, 'float32')));
  const options = { seed, splits: 1, distinct: true, ...(signal && { signal }) };
  try {
    const exact = await measures[which].distances(grams, options);
    const again = await measures[which].distances(
      grams.map((_, i) => gramFrom(narrow, String(i))!),
      options,
    );
    return again.data.reduce((most, d, i) => Math.max(most, Math.abs(d - exact.data[i]!)), 0);
  } catch (error) {
    if (!isCongruityError(error) || error.code === 'CANCELLED') throw error;
    return Infinity;
  }
}
