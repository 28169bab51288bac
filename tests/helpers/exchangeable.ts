/** Models of which any component can stand for any other: a wide layer of random features, which is what is compared. */
import { model as functionModel } from '../../src/model/function.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { task } from '../../generators/task.js';
import { applyPatch } from '../../src/model/replacement.js';

type Input = readonly number[];

const NUMBERS = 8;
const DIMENSIONS = 6;

/** Whatever a model answers is good enough. */
export const anyAnswer = task<Input>({
  name: 'any answer',
  inputs: pairs(range(NUMBERS), range(NUMBERS)),
  behaviour: accuracy(() => 0),
  threshold: { atLeast: 0 },
});

/**
 * @param width units of its one layer
 * @param seed of its weights
 * @param noise of what it says, in units of the features' size: a relative of the model without noise
 * @param order of its units
 */
export function exchangeable(
  name: string,
  { width, seed = 0, noise = 0, order }: { width: number; seed?: number; noise?: number; order?: ArrayLike<number> },
): Model {
  const stream = random(seed, 'exchangeable');
  const own = random(seed, `exchangeable ${name}`);
  const embedding = Array.from({ length: 2 * NUMBERS * DIMENSIONS }, () => stream.normal());
  const weights = Array.from({ length: width }, () =>
    Array.from({ length: DIMENSIONS }, () => stream.normal() + noise * own.normal()),
  );
  const units = (input: Input): number[] => {
    const x = Array.from(
      { length: DIMENSIONS },
      (_, d) => embedding[input[0]! * DIMENSIONS + d]! + embedding[(NUMBERS + input[1]!) * DIMENSIONS + d]!,
    );
    const values = weights.map((row) =>
      Math.max(
        0,
        row.reduce((sum, w, d) => sum + w * x[d]!, 0),
      ),
    );
    return order ? Array.from(order, (at) => values[at]!) : values;
  };
  return functionModel({
    name,
    fingerprint: `${name} ${width} ${seed} ${noise} ${order ? Array.from(order).join() : ''}`,
    sites: [{ name: 'layer', axes: ['feature'], shape: [width], parts: ['feature'] }],
    run({ inputs, capture, patches }) {
      const rows = inputs as readonly Input[];
      const data = Float32Array.from(rows.flatMap(units));
      for (const patch of patches) applyPatch(patch, data);
      return {
        logits: { shape: [rows.length, 2], data: rows.flatMap((_, row) => [1, data[row * width]!]) },
        activations: new Map(capture.map((site) => [site, { shape: [rows.length, width], data }])),
      };
    },
  });
}
