/** Sizes of tensors. */

/** How many entries a tensor of these sizes has. */
export const entriesOf = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
