/** What a model does on reference inputs: means and spreads over inputs and positions. */
import type { Reference } from './kind.js';

export interface Moments {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Of every feature of a site [position, ...features], over all positions of all inputs. */
export async function momentsAt({ batches, model }: Reference, site: string): Promise<Moments> {
  let width = 0;
  let count = 0;
  let sums = new Float64Array(0);
  let squares = new Float64Array(0);
  for (const batch of batches) {
    const { activations } = await model.run(batch, { capture: [site], logits: false });
    const { shape, data } = activations.get(site)!;
    if (width === 0) {
      width = data.length / (shape[0]! * shape[1]!);
      sums = new Float64Array(width);
      squares = new Float64Array(width);
    }
    for (let at = 0; at < data.length; at++) {
      const x = data[at]!;
      sums[at % width]! += x;
      squares[at % width]! += x * x;
    }
    count += data.length / width;
  }
  const mean = sums.map((x) => x / count);
  return { mean, deviation: squares.map((x, i) => Math.sqrt(Math.max(0, x / count - mean[i]! ** 2))) };
}
