/** Which parts of a model hold the variables of a program. */
import * as z from 'zod';
import type { Intervention } from '../model/model.js';

/** A part of a model whose activation holds a variable: a site, slices of it, or a subspace of those; what an intervention replaces. */
export interface Part extends Pick<Intervention, 'site' | 'at'> {
  /**
   * unit vectors at right angles to each other, over what `at` selects at one position, row-major: only what the activation has along them is replaced.
   * Left out: all of it
   */
  readonly directions?: readonly (readonly number[])[] | undefined;
}

/**
 * For each variable of a program, by name, the parts that hold it. The token at position i of an input stands at position i + 1 of the model: the first is the beginning. Parts hold the variable
 * at every position, or at those that `at.position` names.
 */
export type Alignment = Readonly<Record<string, readonly Part[]>>;

/** An alignment as a person writes it: a part may be a component's name, `blocks.0.attn.head.1`. */
export type ClaimedAlignment = Readonly<Record<string, readonly (Part | string)[]>>;

export const alignmentSchema = z.custom<ClaimedAlignment>((v) => typeof v === 'object' && v !== null, {
  error: 'alignment must be an object: for each variable the parts that hold it',
});
