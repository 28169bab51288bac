/** Sizes of tensors. */

/** How many entries a tensor of these sizes has. */
export const entriesOf = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Where the entries of a box at the start of every axis lie in a tensor of these sizes: row-major, both. */
export function entriesWithin(box: readonly number[], sizes: readonly number[]): Uint32Array {
  let found = Uint32Array.of(0);
  box.forEach((size, axis) => {
    const grown = new Uint32Array(found.length * size);
    for (let i = 0, at = 0; i < found.length; i++)
      for (let j = 0; j < size; j++) grown[at++] = found[i]! * sizes[axis]! + j;
    found = grown;
  });
  return found;
}
