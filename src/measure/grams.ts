/** What every measure asks of its Grams before it trusts them. */
import { RepresentationError } from '../errors.js';
import { atOnce, inTurns, type Pieces } from '../signal.js';
import type { Gram } from './measure.js';

// taken once: a look-up of a global is slow inside Jest's sandbox
const { abs } = Math;

/** relative to the mean diagonal entry: float64 Grams stay far below it, a Gram that was never centred far above */
const TOLERANCE = 1e-6;

/**
 * @param least fewest inputs that the measure can work with
 * @returns the number of inputs
 * @throws RepresentationError for none, for different or too small n, values that are not finite, a constant representation,
 *   and for what is no Gram of centred features (not symmetric, a negative diagonal, rows that do not add up to 0)
 */
export const checkGrams = (grams: readonly Gram[], least: number): number => atOnce(checking(grams, least));

/** The same, with a breath between Grams. @throws CancelledError besides */
export const checkedGrams = (
  grams: readonly Gram[],
  least: number,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<number> => inTurns(checking(grams, least), signal);

function* checking(grams: readonly Gram[], least: number): Pieces<number> {
  const n = grams[0]?.n;
  if (n === undefined) throw new RepresentationError({ what: 'There are no representations to compare.' });
  // one that is given twice is checked once
  for (const gram of new Set(grams)) {
    const fail = (what: string, hint?: string): never => {
      throw new RepresentationError({ what, where: `representation ${grams.indexOf(gram)}`, hint });
    };
    const { data } = gram;
    if (gram.n !== n)
      fail(
        `Representations over ${n} and over ${gram.n} inputs cannot be compared.`,
        'use the same inputs, in the same order, for both',
      );
    if (n < least) fail(`${n} inputs are too few: at least ${least} are needed.`, 'give the task more inputs');
    if (data.length !== n * n) fail(`A Gram of ${n} inputs has ${data.length} values instead of ${n * n}.`);
    let trace = 0;
    for (let i = 0; i < n; i++) {
      const x = data[i * n + i]!;
      if (x < 0) fail(`Input ${i} has a negative squared norm: this is no Gram matrix.`);
      trace += x;
    }
    if (trace === 0)
      fail(
        'The representation is constant over the inputs.',
        'choose a site that sees the inputs, and check that the inputs differ',
      );
    const slack = (TOLERANCE * trace) / n;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) {
        const x = data[i * n + j]!;
        sum += x;
        if (j < i && abs(x - data[j * n + i]!) > slack) fail(`The Gram is not symmetric at (${i}, ${j}).`);
      }
      if (!Number.isFinite(sum))
        fail(`The Gram is not finite at input ${i}.`, 'look for NaN or infinite activations on that input');
      if (abs(sum) > slack * n) fail('The Gram is not centred.', 'use gramOf or centreGram');
    }
    yield;
  }
  return n;
}
