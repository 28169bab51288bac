/** A user's own network in two halves. */
import type { ModelInput } from 'congruity';

const weight = (i: number, j: number): number => Math.sin(1 + i + 7 * j);
export const firstHalf = async (inputs: readonly ModelInput[]): Promise<Float32Array> =>
  Float32Array.from(
    (inputs as readonly (readonly number[])[]).flatMap((input) =>
      Array.from({ length: 512 }, (_, unit) =>
        Math.max(
          0,
          input.reduce((sum, token, i) => sum + token * weight(unit, i), 0),
        ),
      ),
    ),
  );
export const secondHalf = async (hidden: Float32Array): Promise<Float32Array> =>
  Float32Array.from({ length: (hidden.length / 512) * 10 }, (_, i) =>
    hidden
      .subarray(512 * Math.floor(i / 10), 512 * (Math.floor(i / 10) + 1))
      .reduce((sum, value, unit) => sum + value * weight(i % 10, unit), 0),
  );
