/** The square of all pairs, for measures that look at them one by one. */
import type { MeasureOptions } from './measure.js';
import { breathe } from '../signal.js';
import { pace } from './pace.js';

/** m x m, symmetric, zero diagonal; `distance` is asked for i > j. Between pairs others get a turn, and the signal is looked at. */
export async function allPairs(
  m: number,
  distance: (i: number, j: number) => number | Promise<number>,
  options: Pick<MeasureOptions, 'signal' | 'progress'>,
): Promise<Float64Array> {
  const turn = pace(m, options);
  const data = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < i; j++) {
      const d = await distance(i, j);
      data[i * m + j] = d;
      data[j * m + i] = d;
      await breathe(options.signal);
    }
    await turn();
  }
  return data;
}
