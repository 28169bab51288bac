/** A transformer's tokens relabelled: what it did with token u(a) it now does with a, and it answers c where it answered u(c). */
import type { StoredTensor } from '../../src/io/safetensors.js';

/** Rows of the embedding, columns and bias of the unembedding (TransformerLens's names and shapes); the other tensors as they are. */
export function relabelTokens(
  tensors: ReadonlyMap<string, StoredTensor>,
  u: (token: number) => number,
): Map<string, StoredTensor> {
  const moved = new Map(tensors);
  const along = (name: string, axis: 0 | 1): void => {
    const { shape, data } = tensors.get(name)!;
    const [rows, columns] = [shape.length === 2 ? shape[0]! : 1, shape.at(-1)!];
    const to = new Float32Array(data.length);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        to[i * columns + j] = data[axis === 0 ? u(i) * columns + j : i * columns + u(j)]!;
    moved.set(name, { shape, data: to });
  };
  along('embed.W_E', 0);
  along('unembed.W_U', 1);
  along('unembed.b_U', 1);
  return moved;
}
