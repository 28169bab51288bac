import { expect } from '@jest/globals';
import type { Fingerprint } from '../../src/fingerprint/fingerprint.js';

/** How far apart the tensors of two fingerprints are, as a share of the norm of the first. They have the same ones. */
export function apart(one: Fingerprint, other: Fingerprint): Map<string, number> {
  expect([...other.tensors.keys()].toSorted()).toEqual([...one.tensors.keys()].toSorted());
  return new Map(
    [...one.tensors].map(([name, { shape, data }]) => {
      const { shape: its, data: theirs } = other.tensors.get(name)!;
      expect(its).toEqual(shape);
      let [difference, whole] = [0, 0];
      for (const [i, x] of data.entries()) {
        difference += (x - theirs[i]!) ** 2;
        whole += x * x;
      }
      return [name, Math.sqrt(difference / whole)];
    }),
  );
}
