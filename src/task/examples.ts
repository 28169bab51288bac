/** Where a task's inputs come from, and those of them that are looked at. */

/** A possibly endless source of inputs. */
export interface InputSource<I> {
  /** n inputs; the same for the same seed */
  sample(n: number, seed: number): readonly I[];
}

/** Inputs fixed by a seed: what representations are taken over. */
export interface Examples<I = unknown> {
  readonly inputs: readonly I[];
  /** those that these are some of: counterfactuals that they have none of among themselves come from there */
  readonly pool?: Examples<I> | undefined;
  /** what was left out and why, in sentences for reports */
  readonly notes?: readonly string[] | undefined;
}

/** Examples of any type of input: what compares models does not look into them. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyExamples = Examples<any>;
