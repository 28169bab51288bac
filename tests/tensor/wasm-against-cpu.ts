/** What the tests of repaired wasm kernels share: both backends, and that no tensor stays behind. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { backend, type Backend } from '../../src/tensor/backend.js';

export interface Computed {
  readonly shape: number[];
  readonly data: number[];
}

/** Opens both backends before the tests of a file, and counts tensors after them. `both` computes on wasm, then on the cpu, which has none of its faults. */
export function wasmAgainstCpu(): { wasm(): Backend; both(work: () => tf.Tensor): [Computed, Computed] } {
  let wasm: Backend;
  let cpu: Backend;
  let before = 0;
  beforeAll(async () => {
    wasm = await backend({ backend: 'wasm' });
    cpu = await backend({ backend: 'cpu' });
    before = tf.memory().numTensors;
  });
  afterAll(() => expect(tf.memory().numTensors).toBe(before));
  const read = (on: Backend, work: () => tf.Tensor): Computed =>
    on.within(() => {
      const result = tf.tidy(work);
      try {
        return { shape: result.shape, data: [...result.dataSync()] };
      } finally {
        result.dispose();
      }
    });
  return { wasm: () => wasm, both: (work) => [read(wasm, work), read(cpu, work)] };
}
