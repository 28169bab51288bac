/** A Gram as its lower triangle. */
import type { Gram } from './gram.js';
import { pack, packedLength, unpack } from './packed.js';

/** A Gram as its lower triangle: half the memory, for as long as it is only kept. */
export interface PackedGram {
  readonly n: number;
  readonly data: Float64Array;
  readonly control?: PackedGram | undefined;
}

export function packGram({ n, data, control }: Gram): PackedGram {
  const packed = new Float64Array(packedLength(n));
  pack(data, n, packed, 1);
  return { n, data: packed, ...(control && { control: packGram(control) }) };
}

export const unpackGram = ({ n, data, control }: PackedGram): Gram => ({
  n,
  data: unpack(data, n),
  ...(control && { control: unpackGram(control) }),
});
